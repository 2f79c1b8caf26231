import { execFileSync } from 'node:child_process';
import { IDBDatabase } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { indexedDbStore } from '../../src/browser/indexed-db-store.ts';
import { sessionStoreContract } from '../../src/storage/session-store-contract.ts';
import { refusesWrongArguments } from '../storage/store-arguments.ts';
import { failureOf } from '../support/relying-party.ts';
import { inDatabase, type OriginStorage, openOrigin } from './storage-globals.ts';

let origin: OriginStorage;

beforeEach(() => {
  origin = openOrigin();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('a store in IndexedDB, with Web Locks', () => {
  it.each(sessionStoreContract(() => indexedDbStore()))('$name', ({ run }) => run());
});

describe('a store in IndexedDB, without Web Locks', () => {
  beforeEach(() => {
    vi.stubGlobal('navigator', {});
  });
  it.each(sessionStoreContract(() => indexedDbStore()))('$name', ({ run }) => run());
});

describe('a store in IndexedDB', () => {
  refusesWrongArguments(() => indexedDbStore());

  it.each([
    ['options', null],
    ['options', 'relier'],
    ['databaseName', { databaseName: '' }],
    ['databaseName', { databaseName: null }],
    ['databaseName', { databaseName: 5 }],
  ])('refuses wrong %s: %j', (option, options) => {
    expect(() => indexedDbStore(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_option', option }),
    );
  });

  it.each([
    ['options', undefined],
    ['leaseMs', { patienceMs: 100 }],
    ['patienceMs', { leaseMs: 100, patienceMs: -1 }],
    ['signal', { leaseMs: 100, patienceMs: 100, signal: 'abort' }],
  ])('refuses a lock with wrong %s', async (option, options) => {
    const work = vi.fn();

    const error = await failureOf(() => indexedDbStore().withLock('a', work, options as never));

    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(work).not.toHaveBeenCalled();
  });

  it('touches nothing until it is used', async () => {
    for (const name of ['indexedDB', 'navigator', 'BroadcastChannel', 'crypto']) {
      vi.stubGlobal(name, undefined);
    }
    const store = indexedDbStore();
    vi.unstubAllGlobals();
    openOrigin();

    expect(await store.write('a', '1', null)).toMatch(/^[\w-]{22}$/);
  });

  it('is shared by all stores of the same name, and by no other', async () => {
    await indexedDbStore().write('a', '1', null);

    expect(await indexedDbStore({ databaseName: 'relier' }).read('a')).toMatchObject({
      value: '1',
    });
    expect(await indexedDbStore({ databaseName: 'other' }).read('a')).toBeUndefined();
    const databases = await origin.indexedDB.databases();
    expect(databases.map(({ name }) => name)).toEqual(['relier', 'other']);
  });

  it('keeps nothing but the record', async () => {
    const store = indexedDbStore();
    const revision = await store.write('a', '1', null);
    await store.withLock('a', async () => {}, { leaseMs: 100, patienceMs: 200 });
    await indexedDbStore().read('a');

    expect(await inDatabase((records) => records.getAllKeys())).toEqual(['a']);
    expect(await inDatabase((records) => records.get('a'))).toEqual({
      value: '1',
      revision,
    });
  });

  it('asks for writes and deletions that survive a power failure', async () => {
    const asked: unknown[] = [];
    const { transaction } = IDBDatabase.prototype;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...args
    ) {
      const begun = transaction.apply(this, args);
      if (args[2]) asked.push([begun.mode, begun.durability]);
      return begun;
    });
    const store = indexedDbStore();
    const revision = (await store.write('a', '1', null)) ?? '';
    await store.read('a');
    await store.delete('a', revision);

    expect(asked).toEqual([
      ['readwrite', 'strict'],
      ['readonly', 'default'],
      ['readwrite', 'strict'],
    ]);
  });
});

describe('what is no record', () => {
  it.each([
    ['a string', 'text'],
    ['null', null],
    ['a list', ['value', 'revision']],
    ['a value without a revision', { value: 'text' }],
    ['a revision that is no text', { value: 'text', revision: 5 }],
    ['a revision without a value', { revision: 'A'.repeat(22) }],
    ['bytes', { value: new Uint8Array(3), revision: 'A'.repeat(22) }],
  ])('cannot be read, and is replaced by a new record: %s', async (_, garbage) => {
    const store = indexedDbStore();
    await inDatabase((records) => records.put(garbage, 'a'));

    const error = await failureOf(() => store.read('a'));
    expect(error).toMatchObject({
      name: 'StorageError',
      code: 'record_unreadable',
      retryable: false,
      revision: expect.any(String),
    });
    const { revision } = error as { revision: string };
    expect(await store.write('a', '1', null)).toBeUndefined();
    expect(await store.write('a', '1', revision)).toMatch(/^[\w-]{22}$/);
    expect(await store.read('a')).toMatchObject({ value: '1' });
    expect(await store.write('a', '2', revision)).toBeUndefined();
    expect(await store.delete('a', revision)).toBe(false);
  });

  it('can be deleted', async () => {
    const store = indexedDbStore();
    await inDatabase((records) => records.put('garbage', 'a'));

    const { revision } = (await failureOf(() => store.read('a'))) as { revision: string };

    expect(await store.delete('a', revision)).toBe(true);
    expect(await store.read('a')).toBeUndefined();
  });

  it('is a lock to nobody', async () => {
    await inDatabase((records) => records.put({ owner: 5 }, ['lock', 'a']));
    const options = { leaseMs: 60_000, patienceMs: 61_000 };

    expect(await indexedDbStore().withLock('a', async () => 'done', options)).toBe('done');
  });
});

describe('watching a store in IndexedDB', () => {
  it('tells of changes through the same store, and never within the call', async () => {
    const store = indexedDbStore();
    const order: string[] = [];
    const told = new Promise<void>((resolve) => {
      store.watch?.('a', () => {
        order.push('told');
        resolve();
      });
    });
    const revision = await store.write('a', '1', null);
    order.push('written');
    await told;
    const toldAgain = expect.poll(() => order.length).toBe(4);
    await store.delete('a', revision ?? '');
    order.push('deleted');
    await toldAgain;

    expect(order).toEqual(['written', 'told', 'deleted', 'told']);
  });

  it('tells nothing but that something has changed', async () => {
    const said: unknown[] = [];
    const channels: string[] = [];
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        onmessage: unknown;
        constructor(name: string) {
          channels.push(name);
        }
        postMessage(message: unknown) {
          said.push(message);
        }
        close() {}
      },
    );
    const store = indexedDbStore();
    store.watch?.('secret key', () => {});
    await store.write('secret key', 'secret value', null);
    await store.withLock('secret key', async () => {}, { leaseMs: 100, patienceMs: 200 });
    await expect.poll(() => said.length).toBe(2);

    expect(JSON.stringify([said, channels])).not.toContain('secret');
    expect(said[0]).toBeNull();
  });

  it('tells nothing when nothing has changed', async () => {
    const store = indexedDbStore();
    const listener = vi.fn();
    await store.write('a', '1', null);
    const stop = store.watch?.('a', listener);
    await store.write('a', '2', 'wrong');
    await store.delete('a', 'wrong');
    await store.read('a');
    expect(listener).not.toHaveBeenCalled();
    // What had been said before would be heard before.
    const other = new BroadcastChannel('relier:changes:relier');
    for (const heard of [1, 2]) {
      other.postMessage(null);
      await expect.poll(() => listener.mock.calls.length).toBe(heard);
    }
    other.close();
    stop?.();
  });

  it('goes on after listeners that fail', async () => {
    const store = indexedDbStore();
    const listener = vi.fn();
    const stops = [
      store.watch?.('a', () => {
        throw new Error('of the listener');
      }),
      store.watch?.('a', () => Promise.reject(new Error('of the listener')) as never),
      store.watch?.('a', listener),
    ];
    await store.write('a', '1', null);
    await expect.poll(() => listener.mock.calls.length).toBe(1);

    expect(await store.write('b', '1', null)).toBeDefined();
    await expect.poll(() => listener.mock.calls.length).toBe(2);
    for (const stop of stops) stop?.();
  });

  it('is no condition of a write', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);

    expect(await indexedDbStore().write('a', '1', null)).toBeDefined();
  });

  it('keeps no process alive that renders a page', () => {
    const script = `
      import { indexedDbStore } from './src/browser/indexed-db-store.ts';
      indexedDbStore().watch('a', () => {});
      console.log('rendered');`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000 });

    expect(output.trim()).toBe('rendered');
  });
});
