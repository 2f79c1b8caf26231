import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/storage/memory-store.ts';
import type { SessionStore } from '../../src/storage/session-store.ts';
import {
  type StoreContractOptions,
  sessionStoreContract,
} from '../../src/storage/session-store-contract.ts';
import { failureOf } from '../support/relying-party.ts';
import { brokenLocks } from './broken-locks.ts';
import { type Broken, type BrokenStores, brokenRecords, type Faults } from './broken-records.ts';
import { brokenWatches } from './broken-watches.ts';

const broken: BrokenStores = { ...brokenRecords, ...brokenLocks, ...brokenWatches };

function storageOf(faults: Faults, each?: 'each'): () => SessionStore {
  const inner = memoryStore();
  const create = () => ({ ...inner, ...faults(inner) });
  const store = create();
  return each ? create : () => store;
}

describe('the contract of session stores', () => {
  const names = sessionStoreContract(() => memoryStore()).map(({ name }) => name);
  type Row = [name: string, ...Broken];
  const rows = names.flatMap((name) => (broken[name] ?? []).map((row): Row => [name, ...row]));

  it('has a store that breaks each of its tests', () => {
    expect(Object.keys(broken).sort()).toEqual([...names].sort());
    expect(rows.length).toBeGreaterThan(50);
  });

  it.concurrent.each(rows)('%s: not one that %s', async (name, _, complaint, faults, each) => {
    const tests = sessionStoreContract(storageOf(faults, each), { leaseMs: 40, limitMs: 1_000 });
    const failure = await tests
      .find((test) => test.name === name)
      ?.run()
      .catch((error: Error) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toMatchObject({ name: 'Error', message: expect.stringMatching(complaint) });
  });

  it('is kept by a store that cannot be watched, and opens later', async () => {
    const { watch: _, ...store } = memoryStore();
    const tests = sessionStoreContract(async () => store, { leaseMs: 20 });
    await Promise.all(tests.map(({ run }) => run()));
  });

  it('leaves nothing in the store, not even where it fails', async () => {
    for (const faults of [{}, { withLock: () => new Promise<never>(() => {}) }]) {
      const inner = memoryStore();
      const used = new Set<string>();
      const spy: SessionStore = {
        ...inner,
        ...faults,
        write(key, ...rest) {
          used.add(key);
          return inner.write(key, ...rest);
        },
      };
      const tests = sessionStoreContract(() => spy, { leaseMs: 20, limitMs: 1_000 });
      await Promise.allSettled(tests.map(({ run }) => run()));
      expect(used.size).toBeGreaterThan(50);
      for (const key of used) expect(await inner.read(key)).toBeUndefined();
    }
  });

  it.each<[option: string, create: unknown, options: unknown]>([
    ['createStore', memoryStore(), {}],
    ['createStore', undefined, {}],
    ['options', memoryStore, null],
    ['leaseMs', memoryStore, { leaseMs: -1 }],
    ['limitMs', memoryStore, { limitMs: '1' }],
  ])('wants %s of the right kind', async (option, create, options) => {
    const make = () =>
      sessionStoreContract(create as () => SessionStore, options as StoreContractOptions);
    expect(await failureOf(make)).toMatchObject({ code: 'invalid_option', option });
  });
});
