import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { observe, observer } from './observe.ts';
import { allParts, type Part, partsOf } from './parts.ts';
import { differences, type Observation } from './probe.ts';

interface Change {
  row: string;
  variant: string | undefined;
  changes: string[];
  /** The first variant of a row is watched from all sides, the others where they should show. */
  first: boolean;
}

/** Lines `ROW variant: change ; change`, where `!ROW` is a violation that a plain request meets. */
export function readChanges(name: string): Change[] {
  const text = readFileSync(new URL(`./changes/${name}.txt`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index, lines) => {
      const colon = line.indexOf(':');
      const [row = '', variant] = line.slice(0, colon).split(' ');
      const rest = line.slice(colon + 1).trim();
      const first = !lines[index - 1]?.startsWith(`${row} `);
      return { row, variant, changes: rest === '' ? [] : rest.split(' ; '), first };
    });
}

/** One test per switch: with it on, the provider differs from the honest one in just these ways. */
export function testChanges(name: string, parts: ReadonlySet<Part> = allParts): void {
  let op: HostileProvider;
  let honest: Observation;
  beforeAll(async () => {
    op = await startHostileProvider({
      logout: true,
      dpop: true,
      pushedAuthorization: true,
      accessTokenLifetime: 3600,
      clients: [observer],
    });
    honest = await observe(op, { parts });
  });
  afterAll(() => op.close());

  it('is honest to begin with', async () => {
    expect(differences(honest, await observe(op, { parts }))).toEqual([]);
    expect(op.violations).toEqual([]);
  });

  it.each(readChanges(name))('$row $variant', async ({ row, variant, changes, first }) => {
    op.clearFaults();
    op.reset();
    op.fault(row, variant);
    const patience = variant === 'no-answer' ? { patience: 250 } : {};
    const part = first || changes.length === 0 ? parts : partsOf(changes);
    const seen = differences(honest, await observe(op, { parts: part, ...patience }));
    const violations = new Set(op.violations.map((violation) => `!${violation.row}`));
    expect([...seen, ...violations]).toEqual(changes);
    expect(op.elsewhere.requests).toEqual([]);
  });
}
