import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { inject } from 'vitest';
import { createEngine } from '../../src/session/engine.ts';
import { anyCase, type Case } from './commands.ts';
import { noStatistics, type Statistics } from './ledger.ts';
import { run } from './run.ts';

/** As many files as this share the runs. */
const SHARES = 2;
const STORY_LINES = 200;
/** After so many a failure can be had again within a minute, and progress is told. */
const ROUND_RUNS = 10_000;
const MOST_FAILURES = 5;

/**
 * Lets random things happen to sessions: 20,000 times, or `MODEL_RUNS`. A failure prints what to set
 * to have it again (`MODEL_SEED`, `MODEL_PATH`), the smallest case that fails, and its story; the
 * rest of the runs follow all the same. Long runs tell how far they are in `MODEL_JSON`.log, with the
 * failures so far.
 */
export async function shareOfRuns(share: number): Promise<void> {
  const path = process.env['MODEL_PATH'];
  if (path !== undefined && share > 0) return;
  const allRuns = Math.ceil(Number(process.env['MODEL_RUNS'] ?? 20_000) / SHARES);
  const total = noStatistics();
  const failures: string[] = [];
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);

  const property = fc.asyncProperty(anyCase, async (anyone) => {
    const statistics = await run(createEngine, anyone);
    // Lets go of the thread now and then, and hears of promises that nobody looked after.
    await new Promise((resolve) => setImmediate(resolve));
    if (unhandled.length > 0) throw new Error('An unhandled rejection', { cause: unhandled.pop() });
    for (const name of Object.keys(total) as (keyof Statistics)[]) total[name] += statistics[name];
  });

  let runs = 0;
  for (let round = 0; runs < allRuns && failures.length < MOST_FAILURES; round++) {
    const seed = inject('modelSeed') + round * SHARES + share;
    const numRuns = Math.min(ROUND_RUNS, allRuns - runs);
    const result = await fc.check(property, { numRuns, seed, ...(path !== undefined && { path }) });
    runs = path === undefined ? runs + result.numRuns : allRuns;
    if (result.failed) {
      total.failures += 1;
      failures.push(await failureOf(result, seed));
      tell(failures.at(-1) as string);
    }
    tell(`share ${share + 1}: ${runs} of ${allRuns} runs, ${failures.length} failures`);
  }

  process.off('unhandledRejection', note);
  writeFileSync(join(inject('modelFolder'), `${share}.json`), JSON.stringify(total));
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}

function tell(line: string): void {
  const file = process.env['MODEL_JSON'];
  if (file) appendFileSync(`${file}.log`, `${line}\n`);
}

async function failureOf(result: fc.RunDetails<[Case]>, seed: number): Promise<string> {
  const [smallest] = result.counterexample as [Case];
  const { cause = result.errorInstance } = Object(result.errorInstance);
  return [
    `After ${result.numRuns} runs. To have it again: MODEL_SEED=${seed} MODEL_PATH=${result.counterexamplePath}`,
    String(cause),
    shown(smallest),
    await storyOf(smallest),
  ].join('\n\n');
}

/** Fit to become a regression test. */
function shown({ commands, seed, settings }: Case): string {
  const lines = commands.map((command) => `  ${JSON.stringify(command)},`);
  return [`aCase([`, ...lines, `], ${JSON.stringify(settings)}, ${seed})`].join('\n');
}

async function storyOf(smallest: Case): Promise<string> {
  const lines: string[] = [];
  await run(createEngine, smallest, (line) => lines.push(line)).catch(() => {});
  return lines.slice(-STORY_LINES).join('\n');
}
