import { afterAll, describe, expect, it } from 'vitest';
import { isRelierError } from '../../../src/index.ts';
import { rows } from '../../support/hostile-provider/index.ts';
import { type Case, inWords, type Table } from './case.ts';
import { closeProviders, providerOf } from './providers.ts';
import { leaks } from './secrets.ts';

/** What the report says about one case. */
export interface Conformance {
  row: string;
  /** The row with its variant, and what the client did. */
  situation: string;
  expected: string;
  got: string;
}

declare module 'vitest' {
  interface TaskMeta {
    conformance?: Conformance;
  }
}

/** Runs every case of a table as a test of its own. */
export function conform(topic: string, table: Table): void {
  describe(topic, () => {
    afterAll(closeProviders);
    for (const one of table) {
      const expected = one.error ? inWords(one.error) : 'accept';
      it(`${one.fault} · ${one.act}: ${expected}`, async ({ task }) => {
        const { row, fault, act } = one;
        const verdict = { row, situation: `${fault} · ${act}`, expected, got: 'nothing' };
        task.meta.conformance = verdict;
        await judge(one, (got) => {
          verdict.got = got;
        });
      });
    }
  });
}

/** Runs one case and throws where anything about it is not as it has to be. */
export async function judge(one: Case, tell: (got: string) => void = () => {}): Promise<void> {
  const op = await providerOf(one.provider);
  const { variant, value } = parse(one.fault);
  const hasSwitch = rows.find(({ id }) => id === one.row)?.kind === 'fault';
  let result: unknown;
  let error: unknown;
  try {
    result = await one.run({
      op,
      inject: () => {
        op.reset();
        if (hasSwitch) op.fault(one.row, variant, value);
      },
    });
    tell('accept');
  } catch (thrown) {
    error = thrown;
    tell(isRelierError(thrown) ? inWords(thrown) : String(thrown));
  }

  if (one.error) {
    if (error === undefined) expect.fail(`Nothing failed; the result is ${typeof result}.`);
    if (!isRelierError(error)) throw error;
    expect(error).toMatchObject({ retryable: false, ...one.error });
    expect(leaks(error, op)).toEqual([]);
  } else if (error !== undefined) throw error;
  expect(op.requests.map(({ endpoint }) => endpoint)).toEqual(one.requests);
  expect(op.elsewhere.requests.map(({ endpoint }) => endpoint)).toEqual(one.elsewhere);
  const broken = [...op.violations, ...op.warnings];
  expect(
    broken.map(({ row }) => row),
    JSON.stringify(broken),
  ).toEqual(one.violations);
  if (!one.error) await one.holds?.(result, op);
}

function parse(fault: string): { variant: string | undefined; value: string | undefined } {
  const [, variant, value] = /^[^/=]+(?:\/([^=]+))?(?:=(.*))?$/.exec(fault) ?? [];
  return { variant, value };
}
