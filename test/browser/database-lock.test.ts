import { IDBFactory as FakeFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { indexedDbStore } from '../../src/browser/indexed-db-store.ts';
import type { SessionStore, StoreLockOptions } from '../../src/storage/session-store.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer } from '../support/scripted-web.ts';
import type { TabLocks } from '../support/web-locks.ts';
import {
  abort,
  countChannels,
  delay,
  failWrites,
  hang,
  inDatabase,
  interfere,
  type OriginStorage,
  openOrigin,
} from './storage-globals.ts';

let origin: OriginStorage;
let tab: TabLocks;
let store: SessionStore;

beforeEach(() => {
  origin = openOrigin();
  tab = origin.enterTab();
  store = indexedDbStore();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** An owner keeps this lock for as long as it is not known to be gone. */
const endless: StoreLockOptions = { leaseMs: 60_000, patienceMs: 61_000 };
const short: StoreLockOptions = { leaseMs: 120, patienceMs: 5_000 };
const nothing = async () => {};

/** Takes the lock, and keeps it until told. */
async function hold(options = endless) {
  const [begun, gate] = [defer(), defer()];
  const done = store.withLock(
    'session',
    async () => {
      begun.resolve();
      await gate.promise;
      return 'done';
    },
    options,
  );
  done.catch(() => {});
  await begun.promise;
  return { done, end: gate.resolve };
}

/** A tab that takes the lock and then falls asleep: it hears nothing, and gives nothing back. */
async function holdAsleep() {
  const { BroadcastChannel } = globalThis;
  vi.stubGlobal(
    'BroadcastChannel',
    class {
      postMessage() {}
      close() {}
    },
  );
  const held = await hold();
  vi.stubGlobal('BroadcastChannel', BroadcastChannel);
  tab = origin.enterTab();
  return held;
}

async function timed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

/** The records of locks that there are. */
async function lockRecords(): Promise<IDBValidKey[]> {
  return (await inDatabase((records) => records.getAllKeys())).filter(Array.isArray);
}

describe('a lock in IndexedDB, of a tab that is gone', () => {
  it('is free at once when the tab is closed', async () => {
    await hold();
    tab.closeTab();
    origin.enterTab();

    expect(await timed(store.withLock('session', nothing, endless))).toBeLessThan(1_000);
  });

  it('goes over to one that waits already', async () => {
    await hold();
    const closing = tab;
    origin.enterTab();
    const waiting = store.withLock('session', nothing, endless);
    await expect.poll(async () => (await tab.query()).pending?.length).toBe(1);
    closing.closeTab();

    expect(await timed(waiting)).toBeLessThan(1_000);
  });

  it('is not kept by one that waited before and has fallen asleep', async () => {
    await hold();
    const owner = tab;
    const sleeper = origin.enterTab();
    store.withLock('session', nothing, endless).catch(() => {});
    await expect.poll(async () => (await owner.query()).pending?.length).toBe(1);
    const last = origin.enterTab();
    const waiting = store.withLock('session', nothing, endless);
    await expect.poll(async () => (await last.query()).pending?.length).toBe(2);
    sleeper.freezeTab();
    owner.closeTab();

    expect(await timed(waiting)).toBeLessThan(1_000);
  });

  it('is free after the lease where nobody can tell, for want of Web Locks', async () => {
    vi.stubGlobal('navigator', {});
    await holdAsleep();
    vi.stubGlobal('navigator', {});

    const waited = await timed(store.withLock('session', nothing, short));

    expect(waited).toBeGreaterThan(short.leaseMs - 20);
    expect(waited).toBeLessThan(2_000);
  });
});

describe('a lock in IndexedDB, of a tab that sleeps', () => {
  it('is free after the lease, and not before', async () => {
    await holdAsleep();

    const waited = await timed(store.withLock('session', nothing, short));

    expect(waited).toBeGreaterThan(short.leaseMs - 20);
    expect(waited).toBeLessThan(2_000);
  });

  it('is kept from one that has less patience', async () => {
    await holdAsleep();
    const work = store.withLock('session', nothing, { leaseMs: 500, patienceMs: 100 });

    expect(await failureOf(() => work)).toMatchObject({ code: 'lock_timeout', retryable: true });
  });

  it('goes to one at a time of those who wait', async () => {
    await holdAsleep();
    let [inside, most] = [0, 0];
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 2 * short.leaseMs));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => store.withLock('session', work, short)));

    expect(most).toBe(1);
  });

  it('stays with the new owner when the old one wakes up and ends', async () => {
    const old = await holdAsleep();
    const owner = await hold(short);
    old.end();

    expect(await old.done).toBe('done');
    const work = store.withLock('session', nothing, { leaseMs: 100, patienceMs: 300 });
    expect(await failureOf(() => work)).toMatchObject({ code: 'lock_timeout' });
    owner.end();
    await store.withLock('session', nothing, endless);
  });

  it('is not taken from one who came in the meantime', async () => {
    const old = await holdAsleep();
    // Whoever waits sees the old owner all the time, and finds out about the new one in the end.
    const work = vi.fn(nothing);
    const waiting = store.withLock('session', work, { leaseMs: 150, patienceMs: 600 });
    waiting.catch(() => {});
    await expect.poll(async () => (await tab.query()).pending?.length).toBe(1);
    const owner = 'relier:lock:new';
    await inDatabase((records) => records.put({ owner, isHeld: false }, ['lock', 'session']));
    const channel = new BroadcastChannel('relier:locks:relier');
    channel.onmessage = ({ data }) => {
      const isForOwner = data.kind === 'knock' && data.owner === owner;
      if (isForOwner) channel.postMessage({ kind: 'alive', owner });
    };

    expect(await failureOf(() => waiting)).toMatchObject({ code: 'lock_timeout' });
    expect(work).not.toHaveBeenCalled();
    channel.close();
    old.end();
  });
});

describe('a lock in IndexedDB, of a tab that lives', () => {
  const impatient = { leaseMs: 80, patienceMs: 400 };

  it.each([
    ['there are Web Locks', () => {}],
    ['there are none', () => vi.stubGlobal('navigator', {})],
  ])('is kept for longer than a lease, while nothing can be stored: %s', async (_, prepare) => {
    prepare();
    const owner = await hold(impatient);
    failWrites();

    const work = store.withLock('session', nothing, impatient);
    expect(await failureOf(() => work)).toMatchObject({ code: 'lock_timeout' });
    expect(await failureOf(() => store.write('session', '1', null))).toMatchObject({
      reason: 'QuotaExceededError',
    });
    owner.end();
    expect(await owner.done).toBe('done');
  });

  it.each([
    ['the owner', 0],
    ['the waiter', 1],
  ])('is kept when only %s has no Web Locks', async (_, who) => {
    const { navigator } = globalThis;
    if (who === 0) vi.stubGlobal('navigator', {});
    const owner = await hold(impatient);
    vi.stubGlobal('navigator', who === 0 ? navigator : {});

    const work = store.withLock('session', nothing, impatient);
    expect(await failureOf(() => work)).toMatchObject({ code: 'lock_timeout' });
    const waiting = store.withLock('session', nothing, endless);
    owner.end();
    expect(await timed(waiting)).toBeLessThan(1_000);
  });

  it('works where Web Locks are refused', async () => {
    const refusal = new DOMException('Not here.', 'SecurityError');
    vi.stubGlobal('navigator', { locks: { request: () => Promise.reject(refusal) } });
    const owner = await hold(impatient);

    const work = store.withLock('session', nothing, impatient);
    expect(await failureOf(() => work)).toMatchObject({ code: 'lock_timeout' });
    owner.end();
    await store.withLock('session', nothing, endless);
  });

  it.each([
    ['with', () => {}],
    ['without', () => vi.stubGlobal('navigator', {})],
  ])('is handed over at once, %s Web Locks', async (_, prepare) => {
    prepare();
    const stores = [store, indexedDbStore(), indexedDbStore()];
    const turns = Array.from({ length: 60 }, (_, n) =>
      (stores[n % 3] as SessionStore).withLock('session', nothing, endless),
    );

    expect(await timed(Promise.all(turns))).toBeLessThan(5_000);
  });

  it.each([
    ['with', () => {}],
    ['without', () => vi.stubGlobal('navigator', {})],
  ])('is free when its work has ended and the database hangs, %s Web Locks', async (_, prepare) => {
    prepare();
    const owner = await hold();
    interfere(hang);
    owner.end();

    expect(await owner.done).toBe('done');
    await store.withLock('session', nothing, short);
  });

  it('is handed over even if that is known sooner than who has it', async () => {
    vi.stubGlobal('navigator', {});
    const owner = await hold();
    const gate = defer();
    interfere(delay(gate.promise));
    const waiting = store.withLock('session', nothing, endless);
    const channel = new BroadcastChannel('relier:locks:relier');
    const freed = new Promise((resolve) => {
      channel.onmessage = ({ data }) => data.kind === 'free' && resolve(data);
    });
    owner.end();
    await freed;
    gate.resolve();

    expect(await timed(waiting)).toBeLessThan(1_000);
    channel.close();
  });

  it('leaves nothing behind, however it was wanted', async () => {
    const channels = countChannels();
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const clearTimer = vi.spyOn(globalThis, 'clearTimeout');
    const owner = await hold();
    const controller = new AbortController();
    const options = { ...endless, signal: controller.signal };
    const gaveUp = [
      failureOf(() => store.withLock('session', nothing, options)),
      failureOf(() => store.withLock('session', nothing, { leaseMs: 900, patienceMs: 400 })),
    ];
    await expect.poll(async () => (await tab.query()).pending?.length).toBe(2);
    controller.abort();
    await Promise.all(gaveUp);

    await expect.poll(async () => (await tab.query()).pending).toEqual([]);
    await expect.poll(channels).toBe(1);
    owner.end();
    await owner.done;
    await store.withLock('session', nothing, endless);
    await expect.poll(lockRecords).toEqual([]);
    await expect.poll(() => tab.query()).toEqual({ held: [], pending: [] });
    await expect.poll(channels).toBe(0);
    const patience = setTimer.mock.results.filter(
      (_, n) => setTimer.mock.calls[n]?.[1] === endless.patienceMs,
    );
    expect(patience.length).toBeGreaterThan(0);
    for (const { value } of patience) expect(clearTimer).toHaveBeenCalledWith(value);
  });

  it('shows its key to nobody', async () => {
    const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage');
    const owner = await hold();
    const work = store.withLock('session', nothing, { leaseMs: 100, patienceMs: 30 });
    await failureOf(() => work);

    const { held = [] } = await tab.query();
    expect(held.length).toBeGreaterThan(0);
    expect(post.mock.calls.length).toBeGreaterThan(0);
    expect(JSON.stringify([held, post.mock.calls])).not.toContain('session');
    owner.end();
  });
});

describe('waiting for a lock in IndexedDB', () => {
  it('takes no patience where it is free', async () => {
    expect(await store.withLock('session', async () => 'done', { leaseMs: 0, patienceMs: 0 })).toBe(
      'done',
    );
  });

  it('takes no time where there is no patience', async () => {
    const owner = await hold();
    const work = store.withLock('session', nothing, { leaseMs: 1_000, patienceMs: 0 });

    expect(await failureOf(() => work)).toMatchObject({ code: 'lock_timeout' });
    owner.end();
  });

  it('may be meant to last for ever', async () => {
    const owner = await hold();
    const ages = { leaseMs: 1e15, patienceMs: 1e16 };
    const work = vi.fn(nothing);
    const waiting = store.withLock('session', work, ages);
    await failureOf(() => store.withLock('session', work, { leaseMs: 900, patienceMs: 100 }));

    expect(work).not.toHaveBeenCalled();
    owner.end();
    await waiting;
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('ends at once when it is aborted, though the database does not answer', async () => {
    const open = vi.spyOn(FakeFactory.prototype, 'open');
    const request = {} as IDBOpenDBRequest;
    open.mockImplementation(() => request);
    const controller = new AbortController();
    const work = vi.fn(nothing);
    const waiting = store.withLock('session', work, { ...endless, signal: controller.signal });
    controller.abort();

    expect(await failureOf(() => waiting)).toMatchObject({ code: 'aborted', phase: 'storage' });
    open.mockRestore();

    // When it does answer, there is nothing left of it.
    const opened = indexedDB.open('relier');
    opened.onupgradeneeded = () => opened.result.createObjectStore('records');
    await new Promise((resolve) => {
      opened.onsuccess = resolve;
    });
    Object.assign(request, { result: opened.result });
    request.onsuccess?.(new Event('success'));
    expect(await store.withLock('session', async () => 'done', endless)).toBe('done');
    expect(work).not.toHaveBeenCalled();
    await expect.poll(lockRecords).toEqual([]);
  });

  it('ignores what strangers say on its channel', async () => {
    const owner = await hold();
    const work = vi.fn(nothing);
    const waiting = failureOf(() =>
      store.withLock('session', work, { leaseMs: 2_000, patienceMs: 200 }),
    );
    const channel = new BroadcastChannel('relier:locks:relier');
    for (const message of [null, 5, 'free', {}, { kind: 'free' }, { kind: 'free', owner: 'x' }]) {
      channel.postMessage(message);
    }

    expect(await waiting).toMatchObject({ code: 'lock_timeout' });
    expect(work).not.toHaveBeenCalled();
    channel.close();
    owner.end();
  });

  it('rejects with what the database has against it, and runs nothing', async () => {
    interfere(abort('QuotaExceededError'));
    const work = vi.fn(nothing);
    const failure = await failureOf(() => store.withLock('session', work, endless));

    expect(failure).toMatchObject({ code: 'storage_failed', reason: 'QuotaExceededError' });
    expect(work).not.toHaveBeenCalled();
    await expect.poll(() => tab.query()).toEqual({ held: [], pending: [] });
  });
});
