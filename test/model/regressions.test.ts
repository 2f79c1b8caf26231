import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/session/engine.ts';
import { aCase, expire, read, wait } from './cases.ts';
import type { Case } from './commands.ts';
import { run } from './run.ts';

/** What once went wrong, each with the shortest story in which it did. */
const cases: Readonly<Record<string, Case>> = {
  'refreshes once for two contexts': aCase([expire, read(0), read(1), wait(1_000)]),
};

describe('the session engine', () => {
  it.each(Object.entries(cases))('%s', async (_name, story) => {
    await expect(run(createEngine, story)).resolves.toBeDefined();
  });
});
