import { existsSync, renameSync, utimesSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileStore, type SessionStore, type StoreLockOptions } from '../../src/node/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { lockFile, ownerOfLock, ownerWith, plantLock } from './lock-files.ts';
import {
  killProcessesAfterwards,
  pause,
  type StoreProcess,
  startProcess,
  timed,
} from './processes.ts';
import { removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

const leaseMs = 300;
const options: StoreLockOptions = { leaseMs, patienceMs: 5_000 };

let directory: string;
let store: SessionStore;

killProcessesAfterwards();
removeFoldersAfterwards();

beforeEach(() => {
  directory = temporaryFolder();
  store = fileStore({ directory });
});

const nothing = async () => {};

describe('a lock of a process that stands still', () => {
  it('is lost after the lease and not before; what the owner does later harms nobody', async () => {
    const [owner, next] = await Promise.all([startProcess(directory), startProcess(directory)]);
    await owner.do('write', 'session', 'old', null);
    await owner.do('lock', 'session', options);
    const record = await store.read('session');
    await owner.freeze();

    const waited = await timed(next.do('lock', 'session', options));
    expect(waited).toBeGreaterThanOrEqual(leaseMs);
    expect(waited).toBeLessThan(leaseMs + 1_500);

    await next.do('write', 'session', 'new', record?.revision as string);
    owner.thaw();
    await owner.do('unlock', 'session');
    await expect(
      owner.do('write', 'session', 'late', record?.revision as string),
    ).resolves.toBeUndefined();
    expect(ownerOfLock(directory)).toBe(next.pid);
    await expect(store.read('session')).resolves.toMatchObject({ value: 'new' });
    // The new owner is alive, and gives signs of it.
    const work = store.withLock('session', nothing, { leaseMs, patienceMs: leaseMs * 2 });
    expect(await failureOf(work)).toMatchObject({ code: 'lock_timeout' });
  });

  it('is taken by one of two who want it', async () => {
    const [owner, ...thieves] = (await Promise.all(
      [1, 2, 3].map(() => startProcess(directory)),
    )) as [StoreProcess, StoreProcess, StoreProcess];
    await owner.do('lock', 'session', options);
    await owner.freeze();
    const winners: StoreProcess[] = [];

    const works = thieves.map((thief) =>
      thief.do('lock', 'session', options).then(() => winners.push(thief)),
    );
    await Promise.race(works);
    await pause(leaseMs * 1.5);

    expect(winners).toHaveLength(1);
    await winners[0]?.do('unlock', 'session');
    await Promise.all(works);
    expect(winners).toHaveLength(2);
  });

  it('cannot be robbed by a thief who fell asleep over it', async () => {
    const [owner, thief] = await Promise.all([startProcess(directory), startProcess(directory)]);
    await owner.do('lock', 'session', options);
    await thief.do('freezeBefore', 'held');
    await owner.freeze();
    let isRobbed = false;
    const robbery = () => {
      isRobbed = true;
    };
    thief.do('lock', 'session', options).then(robbery, robbery);
    await thief.frozen();

    // The lock goes to somebody else while the thief is about to take it.
    owner.thaw();
    await owner.do('unlock', 'session');
    await owner.do('lock', 'session', options);
    thief.thaw();

    await pause(100);
    expect(ownerOfLock(directory)).toBe(owner.pid);
    expect(isRobbed).toBe(false);
  });

  it('is kept by an owner who wakes up just before it would be robbed', async () => {
    const [owner, thief] = await Promise.all([startProcess(directory), startProcess(directory)]);
    await owner.do('lock', 'session', options);
    await thief.do('freezeBefore', 'held');
    await owner.freeze();
    let isRobbed = false;
    const robbery = () => {
      isRobbed = true;
    };
    thief.do('lock', 'session', options).then(robbery, robbery);
    await thief.frozen();

    const before = lockFile(directory);
    owner.thaw();
    while (lockFile(directory) === before) await pause(5);
    thief.thaw();

    await pause(100);
    expect(ownerOfLock(directory)).toBe(owner.pid);
    expect(isRobbed).toBe(false);
  });

  it('is not lost when all stood still: the whole machine slept', async () => {
    const [owner, waiter] = await Promise.all([startProcess(directory), startProcess(directory)]);
    await owner.do('lock', 'session', options);
    const work = waiter.do('lock', 'session', { leaseMs, patienceMs: leaseMs * 4 });
    const failure = work.then(
      () => undefined,
      (error) => error,
    );
    await pause(leaseMs / 4);
    await owner.freeze();
    // Time enough to see the last sign of the owner.
    await pause(80);
    await waiter.freeze();
    await pause(leaseMs * 1.5);

    waiter.thaw();
    await pause(30);
    owner.thaw();

    expect(await failure).toMatchObject({ code: 'lock_timeout' });
    expect(ownerOfLock(directory)).toBe(owner.pid);
  });

  it('is lost by the signs it gives, whatever any clock says', async () => {
    let file = await plantLock(directory, ownerWith({ host: 'unknown' }));
    const times = [9e9, 1, 4e9, 0, 1e9];
    let signs = 0;
    const timer = setInterval(() => {
      const next = file.replace(/\d+(?=\.\w+\.held)/, String(signs + 100));
      const id = String(signs).padStart(32, '0');
      file = rename(file, next.replace(/\w{32}(?=\.held)/, id));
      const time = times[signs % times.length] as number;
      utimesSync(file, time, time);
      signs += 1;
      if (signs === 12) clearInterval(timer);
    }, 40);
    const ticks = setInterval(() => {
      if (existsSync(file)) utimesSync(file, Date.now(), Date.now());
    }, 10);

    const waited = await timed(
      store.withLock('session', async () => clearInterval(ticks), {
        leaseMs: 200,
        patienceMs: 5_000,
      }),
    );

    expect(signs).toBe(12);
    expect(waited).toBeGreaterThanOrEqual(12 * 40 + 200 - 20);
    expect(waited).toBeLessThan(12 * 40 + 200 + 1_000);
  });
});

function rename(from: string, to: string): string {
  renameSync(from, to);
  return to;
}
