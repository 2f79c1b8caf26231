import { describe, expect, it } from 'vitest';
import type { Transaction } from '../../src/authorization/transaction.ts';
import { StorageError } from '../../src/errors.ts';
import { createAuthorizationRequest, handleAuthorizationResponse } from '../../src/index.ts';
import { encryptedStore } from '../../src/storage/encrypted-store.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import type { SessionStore } from '../../src/storage/session-store.ts';
import {
  type TransactionStoreOptions,
  transactionStore,
} from '../../src/storage/transaction-store.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { callback, scriptedProvider } from '../support/scripted-provider.ts';

const key = 'transactions default';
const minutes = 60_000;

function setUp(store: SessionStore = memoryStore()) {
  const clock = createFakeClock();
  const transactions = transactionStore(store, { clock });
  const made = (state: string, more: object = {}) =>
    ({ version: 1, state, createdAt: clock.now(), ...more }) as unknown as Transaction;
  return {
    clock,
    made,
    store,
    transactions,
    /** The states that are kept, in their order. */
    async states(): Promise<string[]> {
      const { value } = (await store.read(key)) ?? { value: '{"pending":[]}' };
      return JSON.parse(value).pending.map(({ state }: Transaction) => state);
    },
  };
}

describe('a transaction store', () => {
  it('gives a transaction back as it was, once', async () => {
    const { made, transactions } = setUp();
    const saved = made('a', { appState: { to: '/cart', at: [1, null, 'ä'] } });
    await transactions.save(saved);
    expect(await transactions.take('a')).toEqual(saved);
    expect(await transactions.take('a')).toBeUndefined();
  });

  it('has no transaction for another state, and keeps what it has', async () => {
    const { made, states, store, transactions } = setUp();
    expect(await transactions.take('a')).toBeUndefined();
    await transactions.save(made('a'));
    const before = await store.read(key);
    for (const state of ['b', '', 'A', 'a ', 'toString', undefined, null, 0, {}, ['a']]) {
      expect(await transactions.take(state as string)).toBeUndefined();
    }
    expect(await states()).toEqual(['a']);
    expect(await store.read(key)).toEqual(before);
  });

  it('leaves nothing behind', async () => {
    const { made, store, transactions } = setUp();
    await transactions.save(made('a'));
    await transactions.save(made('b'));
    await transactions.take('a');
    await transactions.take('b');
    expect(await store.read(key)).toBeUndefined();
  });

  it('is not confused by states that are names of an object', async () => {
    const { made, transactions } = setUp();
    const odd = ['__proto__', 'constructor', 'toString', ' ', '0', 'length', '"', 'ä\n'];
    for (const state of odd) await transactions.save(made(state));
    for (const state of odd) expect(await transactions.take(state)).toEqual(made(state));
    expect(await transactions.take('hasOwnProperty')).toBeUndefined();
  });

  it('keeps the newer of two with the same state', async () => {
    const { made, states, transactions } = setUp();
    for (const [state, round] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ] as const) {
      await transactions.save(made(state, { round }));
    }
    expect(await states()).toEqual(['b', 'a']);
    expect(await transactions.take('a')).toMatchObject({ round: 3 });
    expect(await transactions.take('a')).toBeUndefined();
  });

  it('keeps the 50 newest', async () => {
    const { made, states, transactions } = setUp();
    for (let n = 0; n < 53; n += 1) await transactions.save(made(`${n}`));
    expect(await states()).toEqual(Array.from({ length: 50 }, (_, n) => `${n + 3}`));
    await transactions.save(made('10'));
    expect(await states()).toHaveLength(50);
    expect(await transactions.take('2')).toBeUndefined();
    expect(await transactions.take('3')).toMatchObject({ state: '3' });
  });

  it('keeps them for 15 minutes', async () => {
    const { clock, made, states, transactions } = setUp();
    await transactions.save(made('a'));
    clock.advance(1);
    await transactions.save(made('b'));
    clock.advance(15 * minutes - 1);
    expect(await transactions.take('a')).toMatchObject({ state: 'a' });
    await transactions.save(made('c'));
    clock.advance(2);
    expect(await transactions.take('b')).toBeUndefined();
    expect(await states()).toEqual(['c']);
  });

  it.each(['save', 'take'] as const)('drops what is too old when asked to %s', async (method) => {
    const { clock, made, states, store, transactions } = setUp();
    await transactions.save(made('a'));
    clock.advance(15 * minutes + 1);
    await (method === 'save' ? transactions.save(made('b')) : transactions.take('b'));
    expect(await states()).toEqual(method === 'save' ? ['b'] : []);
    expect(!!(await store.read(key))).toBe(method === 'save');
  });

  it('drops what is from the future, after the clock was set back', async () => {
    const { clock, made, transactions } = setUp();
    await transactions.save(made('a'));
    clock.advance(1);
    await transactions.save(made('b'));
    clock.setWall(clock.now() - 15 * minutes - 1);
    expect(await transactions.take('b')).toBeUndefined();
    expect(await transactions.take('a')).toMatchObject({ state: 'a' });
  });

  it('keeps those of each name apart', async () => {
    const { made, store, transactions } = setUp();
    const others = transactionStore(store, { clock: createFakeClock(), name: 'other' });
    await transactions.save(made('a'));
    expect(await others.take('a')).toBeUndefined();
    await others.save(made('a', { round: 2 }));
    expect(await transactions.take('a')).toEqual(made('a'));
    expect(await others.take('a')).toMatchObject({ round: 2 });
  });
});

describe('contexts that share a transaction store', () => {
  it('get each transaction in one of them, however many ask', async () => {
    const { clock, made, store, transactions } = setUp();
    const states = Array.from({ length: 10 }, (_, n) => `${n}`);
    for (const state of states) await transactions.save(made(state));
    const contexts = Array.from({ length: 5 }, () => transactionStore(store, { clock }));
    const taken = await Promise.all(
      contexts.flatMap(({ take }) => states.map((state) => take(state))),
    );
    expect(taken.flatMap((one) => one?.state ?? []).sort()).toEqual(states);
    expect(await store.read(key)).toBeUndefined();
  });

  it('lose none that was saved at the same time', async () => {
    const { clock, made, states, store } = setUp();
    const all = Array.from({ length: 50 }, (_, n) => `${n}`);
    await Promise.all(all.map((state) => transactionStore(store, { clock }).save(made(state))));
    expect((await states()).sort()).toEqual(all.sort());
  });

  it('take one that another is replacing, without losing the new one', async () => {
    const { clock, made, states, store, transactions } = setUp();
    await transactions.save(made('a'));
    const other = transactionStore(store, { clock });
    const [taken] = await Promise.all([transactions.take('a'), other.save(made('b'))]);
    expect(taken).toMatchObject({ state: 'a' });
    expect(await states()).toEqual(['b']);
  });

  it('give up at a store that never lets anybody write', async () => {
    let writes = 0;
    const refuse = async () => {
      writes += 1;
      return undefined;
    };
    const { made, transactions } = setUp({ ...memoryStore(), write: refuse });
    expect(await failureOf(transactions.save(made('a')))).toMatchObject({
      name: 'StorageError',
      code: 'storage_failed',
      retryable: true,
    });
    expect(writes).toBe(100);
  });
});

describe('what is no list of transactions', () => {
  it.each([
    '',
    'garbage',
    'null',
    '[]',
    '1',
    '{}',
    '{"version":1}',
    '{"version":1,"pending":null}',
    '{"version":1,"pending":{"a":{"state":"a"}}}',
    '{"version":2,"pending":[{"state":"a","createdAt":1768478400000}]}',
    '{"pending":[{"state":"a","createdAt":1768478400000}]}',
  ])('holds none, and is replaced by the next: %s', async (garbage) => {
    const { made, states, store, transactions } = setUp();
    expect(made('a').createdAt).toBe(1768478400000);
    await store.write(key, garbage, null);
    expect(await transactions.take('a')).toBeUndefined();
    expect(await store.read(key)).toMatchObject({ value: garbage });
    await transactions.save(made('b'));
    expect(await states()).toEqual(['b']);
  });

  it('is left out of a list', async () => {
    const { made, states, store, transactions } = setUp();
    const time = { createdAt: made('a').createdAt };
    const pending = [null, 'a', 1, [], {}, { state: 'a' }, { state: 'b', createdAt: '' }, time];
    const value = JSON.stringify({ version: 1, pending: [...pending, made('c')] });
    await store.write(key, value, null);
    expect(await transactions.take('a')).toBeUndefined();
    expect(await transactions.take('b')).toBeUndefined();
    expect(await states()).toEqual([undefined, 'c']);
    expect(await transactions.take('c')).toEqual(made('c'));
  });

  it('is what no key opens any more, until the next is saved', async () => {
    const inner = memoryStore();
    const before = setUp(encryptedStore(inner, new Uint8Array(32).fill(1)));
    await before.transactions.save(before.made('a'));
    const { made, transactions } = setUp(encryptedStore(inner, new Uint8Array(32).fill(2)));
    expect(await transactions.take('a')).toBeUndefined();
    expect(await inner.read(key)).toBeDefined();
    await transactions.save(made('b'));
    expect(await transactions.take('b')).toEqual(made('b'));
  });

  it.each([
    ['storage_failed', undefined],
    ['storage_failed', 'r'],
    ['record_unreadable', undefined],
  ] as const)('is not what a store fails to read (%s, %s)', async (code, revision) => {
    const failure = new StorageError('No.', { code, retryable: false, revision });
    const read = () => Promise.reject(failure);
    const { made, transactions } = setUp({ ...memoryStore(), read });
    expect(await failureOf(transactions.save(made('a')))).toBe(failure);
    expect(await failureOf(transactions.take('a') as Promise<unknown>)).toBe(failure);
  });
});

describe('sign-ins with a transaction store', () => {
  it('are finished each in its own right, once, wherever the response arrives', async () => {
    const { client, clock, tokenRequests } = scriptedProvider();
    const store = memoryStore();
    const tabs = [1, 2].map(() => ({
      client: client(),
      transactions: transactionStore(store, { clock }),
    }));
    const urls: URL[] = [];
    for (const { client, transactions } of tabs) {
      const appState = urls.length;
      const options = { redirectUri: callback, scope: 'read', appState };
      const { transaction } = await createAuthorizationRequest(client, options);
      await transactions.save(transaction);
      urls.push(new URL(`${callback}?code=c${appState}&state=${transaction.state}`));
    }
    const finish = (tab: number, url: number) => {
      const { client, transactions } = tabs[tab] as (typeof tabs)[0];
      return handleAuthorizationResponse(client, transactions.take, urls[url] as URL);
    };
    expect(await finish(0, 1)).toMatchObject({ appState: 1 });
    const both = await Promise.allSettled([finish(0, 0), finish(1, 0)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await failureOf(finish(1, 1))).toMatchObject({ code: 'transaction_not_found' });
    expect(tokenRequests().map((request) => request.get('code'))).toEqual(['c1', 'c0']);
  });

  it('of another client are refused', async () => {
    const { client, clock, tokenRequests } = scriptedProvider();
    const transactions = transactionStore(memoryStore(), { clock });
    const options = { redirectUri: callback, scope: 'read' };
    const { transaction } = await createAuthorizationRequest(client(), options);
    await transactions.save(transaction);
    const work = handleAuthorizationResponse(
      client({ clientId: 'another' }),
      transactions.take,
      new URL(`${callback}?code=c&state=${transaction.state}`),
    );
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_transaction' });
    expect(tokenRequests()).toEqual([]);
  });
});

describe('the options of a transaction store', () => {
  it.each<[option: string, store: unknown, options: unknown]>([
    ['store', undefined, {}],
    ['store', {}, {}],
    ['options', memoryStore(), null],
    ['options', memoryStore(), 'name'],
    ['name', memoryStore(), { name: '' }],
    ['name', memoryStore(), { name: 1 }],
    ['clock', memoryStore(), { clock: null }],
    ['clock', memoryStore(), { clock: {} }],
  ])('are checked: %s', async (option, store, options) => {
    const make = () => transactionStore(store as SessionStore, options as TransactionStoreOptions);
    expect(await failureOf(make)).toMatchObject({ code: 'invalid_option', option });
  });

  it.each([undefined, null, 'a', {}, { state: '' }, { state: 1 }])(
    'are no reason to save what has no state: %j',
    async (wrong) => {
      const { store, transactions } = setUp();
      const error = await failureOf(transactions.save(wrong as unknown as Transaction));
      expect(error).toMatchObject({ code: 'invalid_option', option: 'state' });
      expect(await store.read(key)).toBeUndefined();
    },
  );

  it.each([{}, { createdAt: '1' }, { createdAt: Number.NaN }, { createdAt: null }])(
    'are no reason to save what has no time: %j',
    async (wrong) => {
      const { store, transactions } = setUp();
      const error = await failureOf(transactions.save({ state: 'a', ...wrong } as never));
      expect(error).toMatchObject({ code: 'invalid_option', option: 'transaction' });
      expect(await store.read(key)).toBeUndefined();
    },
  );

  it('are no reason to save what cannot be JSON', async () => {
    const { made, store, transactions } = setUp();
    const circle: { self?: object } = {};
    circle.self = circle;
    for (const appState of [{ secret: 7n }, circle]) {
      const error = await failureOf(transactions.save(made('a', { appState })));
      expect(error).toMatchObject({ name: 'ConfigurationError', code: 'invalid_option' });
      expect(error).toMatchObject({ option: 'transaction' });
    }
    expect(await store.read(key)).toBeUndefined();
  });

  it('do not change what was saved when the object is changed meanwhile', async () => {
    const { made, transactions } = setUp();
    const transaction = made('a', { appState: { to: '/' } });
    const saving = transactions.save(transaction);
    (transaction.appState as { to: string }).to = '/changed';
    await saving;
    expect(await transactions.take('a')).toMatchObject({ appState: { to: '/' } });
  });
});
