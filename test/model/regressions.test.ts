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
  'renews what is unsaved only while the lock is its own': aCase(
    [
      store('refuses all'),
      signIn(1, 'A'),
      wait(1_000),
      freeze(1, 0),
      expire,
      store('none'),
      thaw(0),
      read(0),
      read(1),
      wait(20_000),
    ],
    {},
    0,
  ),
  'does not go back to whom a refused sign-in has replaced': aCase(
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
  'forgets an unsaved sign-in that the server has refused': aCase(
    [
      signIn(1, 'A'),
      store('refuses writes'),
      expire,
      signIn(0, 'B'),
      wait(60_000),
      read(1),
      expire,
    ],
    { signals: 'notifier' },
    0,
  ),
  'prefers a new sign-in to one that comes from the future': aCase(
    [
      signIn(0, 'A'),
      { do: 'clock', of: 0, jumps: -172_800_000 },
      expire,
      store('refuses reads'),
      signIn(1, 'B'),
      wait(20),
    ],
    { signals: 'none' },
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
};

describe('the session engine', () => {
  it.each(Object.entries(stories))('%s', async (_name, story) => {
    await expect(run(createEngine, story)).resolves.toBeDefined();
  });
});
