import { isRelierError, type SessionStore, sessionStoreContract } from 'relier';
import { indexedDbStore } from 'relier/browser';
import type { LockNote, TestStore } from './test-store.ts';
import { workerStore } from './worker-store.ts';

declare global {
  /** The script of the worker, put here by the test. */
  var workerScript: string;
}

const store = indexedDbStore();
const worker = workerStore(new Worker(URL.createObjectURL(new Blob([workerScript]))));
const log: LockNote[] = [];
const changes = new Map<string, number>();
let unlock = () => {};

const page: TestStore = {
  store,
  worker,
  log,

  hasChanged(key) {
    const count = changes.get(key);
    if (count === undefined) {
      changes.set(key, 0);
      store.watch?.(key, () => changes.set(key, 1));
    }
    return !!count;
  },

  keepWriting(key) {
    const write = async (revision: string | null) => {
      const written = await store.write(key, 'again', revision);
      if (written) void write(written);
    };
    void write(null);
  },

  async contract() {
    const stores = [indexedDbStore(), worker, indexedDbStore()];
    let opened = 0;
    const open = () => {
      opened += 1;
      return stores[opened % stores.length] as SessionStore;
    };
    const failures: (readonly [string, string])[] = [];
    for (const { name, run } of sessionStoreContract(open, { leaseMs: 300 })) {
      await run().catch((error) => failures.push([name, String(error)]));
    }
    return failures;
  },

  lock(of, key, options) {
    const asked = performance.now();
    const note = (what: string) => log.push({ what, afterMs: performance.now() - asked });
    const work = () =>
      new Promise<void>((resolve) => {
        note('begun');
        unlock = resolve;
      });
    of.withLock(key, work, options).then(
      () => note('ended'),
      (error) => note(isRelierError(error) ? error.code : String(error)),
    );
  },

  unlock: () => unlock(),
};
Object.assign(window, { t: page });
