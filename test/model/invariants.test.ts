import { describe, expect, it } from 'vitest';
import { aCase, expire, read, signIn, signOut, times, wait } from './cases.ts';
import type { Case, Command } from './commands.ts';
import { type Invariant, invariants, Violation } from './ledger.ts';
import { type Mistake, naiveEngine } from './naive-engine.ts';
import { run } from './run.ts';

const offline: Command = { do: 'network', fault: 'offline' };
const slow: Command = { do: 'network', fault: 'slow' };
const keysDown: Command = { do: 'keys', are: 'down' };

/** What a mistake breaks, and when. */
const rows: readonly (readonly [Mistake, Invariant, Case])[] = [
  ['takes no lock', 'I1', aCase([expire, read(0), read(1)])],
  [
    'does not read again in the lock',
    'I2',
    aCase([expire, read(0), wait(4), read(1)], { signals: 'none' }),
  ],
  ['checks before it keeps', 'I2', aCase([keysDown, expire, read(0), wait(60_000)])],
  ['ends upon any failure', 'I3', aCase([offline, expire, read(0), wait(1_000)])],
  ['revokes what is in use', 'I3', aCase([expire, read(0)])],
  [
    'writes without comparing',
    'I4',
    aCase([slow, expire, read(0), wait(500), signIn(1, 'B'), wait(20_000)]),
  ],
  ['trusts its memory', 'I4', aCase([signIn(1, 'B'), wait(500), read(0)])],
  ['signs out only here', 'I4', aCase([signOut(0)])],
  ['mixes people', 'I4', aCase([signIn(1, 'B')])],
  ['puts the old refresh token back', 'I5', aCase([expire, read(0)])],
  ['revokes nothing', 'I5', aCase([slow, expire, read(0), wait(500), signOut(1), wait(20_000)])],
  ['forgets who waits', 'I6', aCase([expire, { do: 'burst', in: 0 }])],
  ['refreshes at every read', 'I6', aCase([])],
  [
    'gives up after a failure',
    'I6',
    aCase([offline, expire, read(0), wait(1_000)], { contexts: 1 }),
  ],
  ['knows no pause', 'I7', aCase([offline, expire, times(60, read(0), wait(100))])],
  ['makes a snapshot each time', 'I7', aCase([read(0)])],
  ['tells tokens', 'I7', aCase([offline, expire, read(0), wait(1_000)])],
  ['throws anything', 'I7', aCase([read(0), wait(100), read(0, 'rejected')])],
];

describe('the invariants', () => {
  it.each(rows)('see an engine that %s: %s', async (mistake, invariant, story) => {
    const violation = await run(naiveEngine(mistake), story).catch((error: unknown) => error);
    expect(violation).toBeInstanceOf(Violation);
    expect((violation as Violation).invariant).toBe(invariant);
  });

  it.each(rows)(
    'see nothing wrong in the same story without it: %s',
    async (_mistake, _, story) => {
      await expect(run(naiveEngine(), story)).resolves.toBeDefined();
    },
  );

  it('have all been broken', () => {
    const broken = new Set(rows.map(([, invariant]) => invariant));
    expect([...broken].sort()).toEqual(Object.keys(invariants));
  });
});
