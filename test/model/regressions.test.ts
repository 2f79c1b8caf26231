import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/session/engine.ts';
import { aCase, burst, expire, freeze, read, signIn, signOut, store, thaw, wait } from './cases.ts';
import type { Case } from './commands.ts';
import { run } from './run.ts';

/** What once went wrong, each in the shortest story in which it did. */
const stories: Readonly<Record<string, Case>> = {
  'adopts a new sign-in of the same person instead of asking for interaction': aCase([
    wait(3_600_000),
    signIn(0, 'A'),
    wait(1),
    read(1),
    wait(1_000),
  ]),
  'keeps its snapshot when a token for another resource comes': aCase([read(0, 'a'), wait(1_000)]),
  'keeps a session ended although the store has refused the sign-out, and a sign-in before': aCase(
    [store('refuses all'), signIn(0, 'B'), wait(3), signOut(0), store('none'), read(0)],
    {},
    0,
  ),
  'signs in after a failed sign-out and a clock that was set back': aCase(
    [
      [signOut(0), signOut(0)],
      store('refuses writes'),
      wait(6),
      { do: 'clock', of: 0, jumps: -3_600_000 },
      wait(60_000),
      store('none'),
      signIn(0, 'A'),
      read(0),
      wait(1_000),
    ],
    {},
    0,
  ),
  'does not overlook news that come while it reads for the first time': aCase(
    [
      { do: 'restart', in: 0, after: 7, lock: 'released' },
      signOut(1),
      signIn(0, 'B'),
      wait(3_000),
      read(2),
    ],
    { contexts: 3, signals: 'watch' },
    1_969_610_456,
  ),
  'reads the store after news before it hands out a token': aCase(
    [signIn(0, 'B'), wait(7), read(3), wait(1_000)],
    { signals: 'notifier' },
    103_151_280,
  ),
  'does not hand out what has expired while it was frozen': aCase(
    [expire, burst(0), freeze(0, 12), expire, thaw(0), wait(1_000)],
    { signals: 'notifier' },
    0,
  ),
  'finds a sign-in elsewhere that nobody told it of': aCase(
    [
      store('refuses reads'),
      freeze(0, 9),
      signIn(0, 'B'),
      wait(3_600_000),
      store('none'),
      burst(0),
      expire,
    ],
    { signals: 'none' },
    0,
  ),
  'lets the later of two sign-ins at once win': aCase(
    [signIn(0, 'A'), signIn(0, 'A'), wait(20)],
    { signals: 'notifier', areGrantsChecked: false },
    0,
  ),
  'forgets a failed sign-out when somebody signs in, whatever the clock says': aCase(
    [
      [signOut(0), signOut(0)],
      store('refuses reads'),
      wait(7),
      { do: 'clock', of: 0, jumps: -3_600_000 },
      store('none'),
      signIn(0, 'A'),
      wait(1_000),
    ],
    { signals: 'notifier' },
    0,
  ),
  'asks for the lock again when it came so late that it may be lost': aCase(
    [
      [read(1), read(0, 'a'), freeze(0, 3), read(3), read(1)],
      { do: 'clock', of: 0, jumps: 172_800_000 },
      wait(20),
      freeze(0, 0),
      expire,
    ],
    { signals: 'notifier', areGrantsChecked: false },
    807_102_453,
  ),
  'does not say that a sign-in has succeeded when the one that overtook it is refused': aCase(
    [store('refuses writes'), signIn(0, 'B'), signIn(0, 'A'), wait(20)],
    { signals: 'notifier', areGrantsChecked: false },
    510_744_440,
  ),
  'has each of two sign-ins at once in the store': aCase(
    [signIn(0, 'A'), signIn(0, 'A')],
    { signals: 'notifier' },
    0,
  ),
  'ends the session when a refresh comes back to a record that nobody can read': aCase(
    [read(0, 'force'), wait(9), { do: 'garble' }, wait(9)],
    { signals: 'notifier' },
    176_732_100,
  ),
  'lets go of the lock when the store refuses what comes after the end of the engine': aCase(
    [read(0, 'b'), { do: 'close', in: 0 }, wait(7), store('refuses writes'), expire],
    { signals: 'notifier', areGrantsChecked: false },
    0,
  ),
  'does not hand out what has expired while it was frozen, after a new sign-in in between': aCase(
    [signIn(0, 'A'), read(0, 'b'), wait(261), freeze(0, 14), expire, wait(52)],
    { signals: 'notifier', latencyMs: 150, areGrantsChecked: false },
    732_340_442,
  ),
  'may answer from memory when the store refused to be read, and news come again meanwhile': aCase(
    [
      [
        read(0, 'force'),
        freeze(0, 0),
        wait(3_000),
        signIn(3, 'A'),
        signOut(3),
        read(1),
        signOut(1),
      ],
      [wait(2), wait(3), store('refuses all'), read(0), read(1), wait(2)],
    ],
    { contexts: 3, signals: 'both', areGrantsChecked: false },
    377_782_326,
  ),
  'may send what a sleeper stores in the very moment in which it wakes up': aCase(
    [
      [wait(3_000), { do: 'sleep', of: 0, ms: 0 }, expire, { do: 'network', fault: 'lossy' }],
      [{ do: 'wake', in: 3 }, wait(3_000), freeze(1, 13), burst(1), burst(0), wait(3_600_000)],
      [burst(0), wait(3_229), read(0), signIn(0, 'A')],
    ],
    { signals: 'notifier', latencyMs: 150, areGrantsChecked: false },
    2_147_483_644,
  ),
};

describe('the session engine', () => {
  it.each(Object.entries(stories))('%s', async (_name, story) => {
    await expect(run(createEngine, story)).resolves.toBeDefined();
  });
});
