import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { sessionStoreContract } from '../../src/storage/session-store-contract.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer } from '../support/scripted-web.ts';
import { refusesWrongArguments } from './store-arguments.ts';

const options = { leaseMs: 1_000, patienceMs: 5_000 };
/** Lets all that is due happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const clock = createFakeClock();
  const store = memoryStore({ clock });
  const order: string[] = [];
  /** Takes the lock, and keeps it until told. */
  const work = (name: string, signal?: AbortSignal) => {
    const gate = defer();
    const run = async () => {
      order.push(name);
      await gate.promise;
    };
    return { end: gate.resolve, done: store.withLock('a', run, { ...options, signal }) };
  };
  return { clock, order, store, work };
}

describe('a memory store', () => {
  const shared = memoryStore();
  it.each(sessionStoreContract(() => shared))('$name', ({ run }) => run());

  refusesWrongArguments(memoryStore);

  it('is its own: another one has nothing of it', async () => {
    const store = memoryStore();
    await store.write('a', '1', null);
    expect(await memoryStore().read('a')).toBeUndefined();
    expect(await store.read('a')).toMatchObject({ value: '1' });
  });

  it('names each write by 128 random bits', async () => {
    const revision = await memoryStore().write('a', '1', null);
    expect(revision).toMatch(/^[\w-]{22}$/);
    expect(await memoryStore().write('a', '1', null)).not.toBe(revision);
  });

  it('hands out what nobody can change', async () => {
    const store = memoryStore();
    await store.write('a', '1', null);
    expect(Object.isFrozen(await store.read('a'))).toBe(true);
  });

  it.each([
    ['options', null],
    ['options', 'clock'],
    ['clock', { clock: null }],
    ['clock', { clock: { now: () => 0 } }],
  ])('wants %s of the right kind', async (option, wrong) => {
    const error = await failureOf(() => memoryStore(wrong as { clock: Clock }));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });

  it.each([undefined, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'wants patience of a finite length, not %s',
    async (patienceMs) => {
      const wrong = { ...options, patienceMs: patienceMs as number };
      const error = await failureOf(memoryStore().withLock('a', async () => {}, wrong));
      expect(error).toMatchObject({ code: 'invalid_option', option: 'patienceMs' });
    },
  );
});

describe('the lock of a memory store', () => {
  it('goes to those who wait in the order in which they came', async () => {
    const { order, work } = setUp();
    const all = ['first', 'second', 'third', 'fourth'].map((name) => work(name));
    for (const { end } of all.toReversed()) end();
    await Promise.all(all.map(({ done }) => done));
    expect(order).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('stays with its owner for as long as the work takes, whatever the lease', async () => {
    const { clock, order, store, work } = setUp();
    const owner = work('owner');
    clock.advance(3_600_000);
    const late = failureOf(store.withLock('a', async () => order.push('late'), options));
    clock.advance(4_999);
    await settle();
    const last = work('last');
    clock.advance(1);
    expect(await late).toMatchObject({
      name: 'StorageError',
      code: 'lock_timeout',
      phase: 'storage',
      retryable: true,
    });
    owner.end();
    last.end();
    await Promise.all([owner.done, last.done]);
    expect(order).toEqual(['owner', 'last']);
  });

  it('is passed on by one who lost patience in the moment of being called up', async () => {
    const { clock, order, work } = setUp();
    const [owner, late] = [work('owner'), work('late')];
    clock.advance(1);
    const next = work('next');
    owner.end();
    next.end();
    // The timer is due before word of the owner's end gets round.
    clock.advance(4_999);
    expect(await failureOf(late.done)).toMatchObject({ code: 'lock_timeout' });
    await next.done;
    expect(order).toEqual(['owner', 'next']);
  });

  it('is passed on by one who aborts in the moment of being called up', async () => {
    const { order, work } = setUp();
    const controller = new AbortController();
    const [owner, quitter, next] = [
      work('owner'),
      work('quitter', controller.signal),
      work('next'),
    ];
    owner.end();
    await owner.done;
    controller.abort();
    quitter.end();
    next.end();
    await Promise.all([quitter.done.catch(() => {}), next.done]);
    expect(order.filter((name) => name !== 'quitter')).toEqual(['owner', 'next']);
  });

  it('keeps a timer only for those who wait', async () => {
    const { clock, work } = setUp();
    const controller = new AbortController();
    const owner = work('owner');
    expect(clock.pending).toBe(0);
    const [quitter, waiter] = [work('quitter', controller.signal), work('waiter')];
    expect(clock.pending).toBe(2);
    controller.abort();
    expect(await failureOf(quitter.done)).toMatchObject({ code: 'aborted', phase: 'storage' });
    expect(clock.pending).toBe(1);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    owner.end();
    await owner.done;
    await settle();
    expect(clock.pending).toBe(0);
    waiter.end();
    await waiter.done;
  });

  it('refuses what is no signal, and is free afterwards', async () => {
    const { order, work } = setUp();
    const wrong = work('wrong', 'signal' as unknown as AbortSignal);
    expect(await failureOf(wrong.done)).toMatchObject({ option: 'signal' });
    const right = work('right');
    right.end();
    await right.done;
    expect(order).toEqual(['right']);
  });
});

describe('watching a memory store', () => {
  it('tells of what has changed, and of nothing else', async () => {
    const { store } = setUp();
    let calls = 0;
    store.watch?.('a', () => {
      calls += 1;
    });
    const revision = (await store.write('a', '1', null)) as string;
    await settle();
    expect(calls).toBe(1);
    await store.write('a', '2', null);
    await store.write('b', '1', null);
    await store.delete('a', 'wrong');
    await store.read('a');
    await settle();
    expect(calls).toBe(1);
    await store.delete('a', revision);
    await settle();
    expect(calls).toBe(2);
    await store.delete('a', revision);
    await settle();
    expect(calls).toBe(2);
  });

  it('never calls before the change is made, nor while the writer is at it', async () => {
    const { store } = setUp();
    const seen: (string | undefined)[] = [];
    let isWriting = true;
    store.watch?.('a', async () => {
      expect(isWriting).toBe(false);
      seen.push((await store.read('a'))?.value);
    });
    const writing = store.write('a', '1', null);
    isWriting = false;
    await writing;
    await settle();
    expect(seen).toEqual(['1']);
  });

  it('does not suffer from listeners that fail', async () => {
    const { store } = setUp();
    let calls = 0;
    store.watch?.('a', () => {
      throw new Error('at once');
    });
    store.watch?.('a', async () => {
      throw new Error('later');
    });
    store.watch?.('a', () => {
      calls += 1;
    });
    expect(await store.write('a', '1', null)).toBeTypeOf('string');
    await settle();
    expect(calls).toBe(1);
  });

  it('ends for one listener at a time, even if it is the same function', async () => {
    const { store } = setUp();
    let calls = 0;
    const listener = () => {
      calls += 1;
    };
    const [first, second] = [store.watch?.('a', listener), store.watch?.('a', listener)];
    first?.();
    first?.();
    const revision = (await store.write('a', '1', null)) as string;
    await settle();
    expect(calls).toBe(1);
    const deleting = store.delete('a', revision);
    second?.();
    await deleting;
    await settle();
    expect(calls).toBe(1);
    store.watch?.('a', listener);
    second?.();
    await store.write('a', '2', null);
    await settle();
    expect(calls).toBe(2);
  });
});
