import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileStore, type SessionStore, type StoreLockOptions } from '../../src/node/index.ts';
import { isDead } from '../../src/node/lock-owner.ts';
import { failureOf } from '../support/relying-party.ts';
import { lockFile, ownerWith, plantLock } from './lock-files.ts';
import { killProcessesAfterwards, pause, startProcess, timed } from './processes.ts';
import { everyFile, removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

const leaseMs = 300;
const options: StoreLockOptions = { leaseMs, patienceMs: 5_000 };
/** An owner keeps this lock for as long as it is not known to be dead. */
const endless: StoreLockOptions = { leaseMs: 60_000, patienceMs: 61_000 };

let directory: string;
let store: SessionStore;

killProcessesAfterwards();
removeFoldersAfterwards();

beforeEach(() => {
  directory = temporaryFolder();
  store = fileStore({ directory });
});

const nothing = async () => {};

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
    await plantLock(directory, ownerWith(changes));

    expect(await timed(store.withLock('session', nothing, endless))).toBeLessThan(1_000);
  });

  it.each([
    ['on another machine', { host: '0123456789abcdef', boot: '0123456789abcdef' }],
    ['in another container', { namespace: '1', pid: '4194305' }],
    ['of a kind that a later version may know', { pid: 'unknown' }],
  ])('is free after the lease when nobody can tell: %s', async (_, changes) => {
    await plantLock(directory, ownerWith(changes));

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

    expect(everyFile(directory)).toEqual([]);
    await store.write('session', 'value', null);
    await store.withLock('session', nothing, options);
    expect(lockFile(directory)).toMatch(/\.free$/);
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

  it.each([[undefined], [null], [500]])(
    'needs an object for its options, not %j',
    async (wrong) => {
      const work = store.withLock('a', nothing, wrong as never);
      expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'options' });
    },
  );

  it.each([{ leaseMs: Number.NaN }, { patienceMs: -1 }])('needs times: %o', async (wrong) => {
    const error = await failureOf(store.withLock('session', nothing, { ...options, ...wrong }));

    expect(error.code).toBe('invalid_option');
  });

  it('waits for any time at all', async () => {
    await plantLock(directory, ownerWith({ host: 'unknown' }));

    const work = store.withLock('session', nothing, { leaseMs: 100, patienceMs: Number.MAX_VALUE });

    await expect(work).resolves.toBeUndefined();
  });
});
