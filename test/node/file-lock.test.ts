import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, utimesSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileStore, type LockOptions, type SessionStore } from '../../src/node/index.ts';
import { describeOwner, isDead } from '../../src/node/lock-owner.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  killProcessesAfterwards,
  pause,
  type StoreProcess,
  startProcess,
  timed,
} from './processes.ts';
import { everyFile, removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

const leaseMs = 400;
const options: LockOptions = { leaseMs, patienceMs: 5_000 };
/** An owner keeps this lock for as long as it is not known to be dead. */
const endless: LockOptions = { leaseMs: 60_000, patienceMs: 61_000 };

let directory: string;
let store: SessionStore;

killProcessesAfterwards();
removeFoldersAfterwards();

beforeEach(() => {
  directory = temporaryFolder();
  store = fileStore({ directory });
});

const nothing = async () => {};

function lockFile(): string {
  return everyFile(directory).find((file) => /\.lock\/\d/.test(file)) as string;
}

/** Makes it so that somebody else holds the lock. */
async function plant(owner: string): Promise<string> {
  await store.withLock('session', nothing, options);
  const file = lockFile().replace(/free$/, `held.${owner}`);
  renameSync(lockFile(), file);
  return file;
}

/** This process as the owner of a lock, but for what is given. */
function ownerWith(changes: {
  host?: string;
  boot?: string;
  namespace?: string;
  pid?: string;
  started?: string;
}): string {
  const [host, boot, namespace, pid, started] = describeOwner().split('.');
  return Object.values({ host, boot, namespace, pid, started, ...changes }).join('.');
}

describe('a lock of a process that is gone', () => {
  it('is free at once when the process was killed', async () => {
    const owner = await startProcess(directory);
    await owner.do('lock', 'session', endless);
    await owner.kill();

    expect(await timed(store.withLock('session', nothing, endless))).toBeLessThan(1_000);
  });

  it('goes over to one that waits already', async () => {
    const [owner, waiter] = await Promise.all([startProcess(directory), startProcess(directory)]);
    await owner.do('lock', 'session', endless);
    const waiting = waiter.do('lock', 'session', endless);
    await pause(50);
    await owner.kill();

    expect(await timed(waiting)).toBeLessThan(1_000);
  });

  it.each([
    ['its id was used again', { started: '1' }],
    ['there is no such process', { pid: '4194305' }],
    ['the machine was started since', { boot: '0123456789abcdef' }],
  ])('is free at once: %s', async (_, changes) => {
    await plant(ownerWith(changes));

    expect(await timed(store.withLock('session', nothing, endless))).toBeLessThan(1_000);
  });

  it.each([
    ['on another machine', { host: '0123456789abcdef', boot: '0123456789abcdef' }],
    ['in another container', { namespace: '1', pid: '4194305' }],
    ['of a kind that a later version may know', { pid: 'unknown' }],
  ])('is free after the lease when nobody can tell: %s', async (_, changes) => {
    await plant(ownerWith(changes));

    const waited = await timed(
      store.withLock('session', nothing, { leaseMs: 150, patienceMs: 2_000 }),
    );

    expect(waited).toBeGreaterThanOrEqual(150);
    expect(waited).toBeLessThan(1_500);
  });

  it('counts as gone while its parent has not yet noticed', async () => {
    // The second program never asks for the child of the first.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 10'], { stdio: 'pipe' });
    const [output] = await once(parent.stdout, 'data');
    const pid = String(output).trim();
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8');
    while (!stat().includes(') Z')) await pause(5);

    expect(isDead(ownerWith({ pid, started: stat().split(' ')[21] as string }))).toBe(true);
    parent.kill();
  });
});

describe('a lock of a process that lives', () => {
  it('is kept for longer than a lease', async () => {
    const owner = await startProcess(directory);
    await owner.do('lock', 'session', { leaseMs: 100, patienceMs: 1_000 });

    const work = store.withLock('session', nothing, { leaseMs: 100, patienceMs: 500 });

    expect(await failureOf(work)).toMatchObject({ code: 'lock_timeout', retryable: true });
    await owner.do('unlock', 'session');
    await expect(store.withLock('session', async () => 'done', options)).resolves.toBe('done');
  });

  it('is freed by the end of the work, also when it fails', async () => {
    const failure = new Error('of the work');

    await expect(store.withLock('session', () => Promise.reject(failure), options)).rejects.toBe(
      failure,
    );

    expect(lockFile()).toMatch(/\.free$/);
  });

  it('is waited for in the order of arrival, by one at a time', async () => {
    const order: number[] = [];
    const handles = [store, fileStore({ directory })];
    let inside = 0;
    const works = Array.from({ length: 50 }, (_, number) =>
      (handles[number % 2] as SessionStore).withLock(
        'session',
        async () => {
          inside += 1;
          expect(inside).toBe(1);
          await pause(0);
          order.push(number);
          inside -= 1;
        },
        options,
      ),
    );
    await Promise.all(works);

    expect(order).toEqual([...order.keys()]);
    expect(order).toHaveLength(50);
  });

  it('is not waited for by those who gave up', async () => {
    const owner = await startProcess(directory);
    await owner.do('lock', 'session', endless);
    const first = new AbortController();
    const second = new AbortController();
    const works = [first, second].map(({ signal }) =>
      failureOf(store.withLock('session', nothing, { ...endless, signal })),
    );
    const third = store.withLock('session', async () => 'done', endless);
    second.abort();
    first.abort();

    for (const error of await Promise.all(works)) {
      expect(error).toMatchObject({ code: 'aborted', phase: 'storage' });
    }
    await owner.do('unlock', 'session');
    await expect(third).resolves.toBe('done');
  });

  it('keeps nobody waiting whose signal was aborted before', async () => {
    const signal = AbortSignal.abort();

    const error = await failureOf(store.withLock('session', nothing, { ...options, signal }));

    expect(error.code).toBe('aborted');
    expect(everyFile(directory)).toEqual([]);
  });

  it.each([{ leaseMs: Number.NaN }, { patienceMs: -1 }])('needs times: %o', async (wrong) => {
    const error = await failureOf(store.withLock('session', nothing, { ...options, ...wrong }));

    expect(error.code).toBe('invalid_option');
  });

  it('waits for any time at all', async () => {
    await plant(ownerWith({ host: 'unknown' }));

    const work = store.withLock('session', nothing, { leaseMs: 100, patienceMs: Number.MAX_VALUE });

    await expect(work).resolves.toBeUndefined();
  });
});

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

    const held = lockFile();
    await next.do('write', 'session', 'new', record?.revision as string);
    owner.thaw();
    await owner.do('unlock', 'session');
    await expect(
      owner.do('write', 'session', 'late', record?.revision as string),
    ).resolves.toBeUndefined();
    expect(lockFile()).toBe(held);
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
    const held = lockFile();
    thief.thaw();

    await pause(100);
    expect(lockFile()).toBe(held);
    expect(isRobbed).toBe(false);
  });

  it('is not lost when all stood still: the whole machine slept', async () => {
    const [owner, waiter] = await Promise.all([startProcess(directory), startProcess(directory)]);
    await owner.do('lock', 'session', options);
    const held = lockFile();
    const work = waiter.do('lock', 'session', { leaseMs, patienceMs: leaseMs * 3 });
    const failure = work.then(
      () => undefined,
      (error) => error,
    );
    await pause(leaseMs / 4);
    await Promise.all([owner.freeze(), waiter.freeze()]);
    await pause(leaseMs * 1.5);

    waiter.thaw();
    await pause(leaseMs / 4);
    owner.thaw();

    expect(await failure).toMatchObject({ code: 'lock_timeout' });
    expect(lockFile()).toBe(held);
  });

  it('is lost by the signs it gives, whatever any clock says', async () => {
    const file = await plant(ownerWith({ host: 'unknown' }));
    const times = [9e9, 1, 4e9, 0, 1e9];
    let signs = 0;
    const timer = setInterval(() => {
      const time = times[signs % times.length] as number;
      utimesSync(file, time, time);
      signs += 1;
      if (signs === 12) clearInterval(timer);
    }, 40);

    const waited = await timed(
      store.withLock('session', nothing, { leaseMs: 200, patienceMs: 5_000 }),
    );

    expect(signs).toBe(12);
    expect(waited).toBeGreaterThanOrEqual(12 * 40 + 200 - 20);
  });
});
