import { abortable } from '../abortable.ts';
import { encodeBase64Url } from '../base64url.ts';
import { type Clock, LONGEST_TIMER_MS, systemClock } from '../clock.ts';
import { StorageError } from '../errors.ts';
import { requireAmount, requireMethods, requireOptions } from '../options.ts';
import type { SessionStore, StoredValue } from './session-store.ts';
import { requireDelete, requireKey, requireWrite } from './store-arguments.ts';

/** What {@link memoryStore} takes. */
export interface MemoryStoreOptions {
  /**
   * Where the time comes from.
   * @default the platform's clock
   */
  readonly clock?: Clock | undefined;
}

/**
 * A store in this process: for tests, for tools that run once, and for pages that are content with
 * one sign-in per tab that a reload ends. Every store that is made is its own; share the object.
 * Locks are handed over in the order in which they were asked for. `leaseMs` takes nothing from
 * anybody here: an owner in this very process is alive.
 *
 * @param options a `clock` for tests
 * @returns a store that is gone with the process
 * @throws {ConfigurationError} `invalid_option`
 *
 * @example
 * ```ts
 * import { memoryStore } from 'relier'
 *
 * const store = memoryStore()
 * const revision = await store.write('counter', '1', null)
 * if (revision) await store.write('counter', '2', revision)
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): SessionStore {
  requireOptions(options);
  const { clock = systemClock } = options;
  requireMethods(clock, 'clock', ['setTimer']);
  const records = new Map<string, StoredValue>();
  // Who stands first has the lock; the others wait until they are called up.
  const lines = new Map<string, (() => void)[]>();
  const watchers = new Map<string, Set<() => void>>();

  const isAt = (key: string, revision: string | null) =>
    (records.get(key)?.revision ?? null) === revision;

  const changed = (key: string) => {
    for (const watcher of watchers.get(key) ?? []) watcher();
  };

  return {
    async read(key) {
      return records.get(requireKey(key));
    },

    async write(key, value, expectedRevision) {
      requireWrite(key, value, expectedRevision);
      if (!isAt(key, expectedRevision)) return undefined;
      const revision = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
      records.set(key, Object.freeze({ value, revision }));
      changed(key);
      return revision;
    },

    async delete(key, expectedRevision) {
      requireDelete(key, expectedRevision);
      const deletes = isAt(key, expectedRevision) && records.delete(key);
      if (deletes) changed(key);
      return deletes;
    },

    async withLock(key, work, { patienceMs, signal }) {
      requireKey(key);
      requireAmount(patienceMs, 'patienceMs');
      const line = lines.get(key) ?? [];
      lines.set(key, line);
      let cancelTimer = () => {};
      let callUp = () => {};
      const turn = new Promise<void>((resolve, reject) => {
        callUp = () => {
          cancelTimer();
          resolve();
        };
        if (line.push(callUp) === 1) resolve();
        else {
          const impatient = () => reject(lockTimeout(patienceMs));
          cancelTimer = clock.setTimer(impatient, Math.min(patienceMs, LONGEST_TIMER_MS));
        }
      });
      try {
        await abortable(() => turn, signal, 'storage');
        return await work();
      } finally {
        cancelTimer();
        line.splice(line.indexOf(callUp), 1);
        if (line[0]) line[0]();
        else lines.delete(key);
      }
    },

    watch(key, listener) {
      requireKey(key);
      const heard = watchers.get(key) ?? new Set();
      watchers.set(key, heard);
      // Its own function, so that a listener given twice is two.
      const watcher = () => {
        // Later, so that it cannot get between a write and its answer; its failure is its own.
        Promise.resolve()
          .then(() => heard.has(watcher) && listener())
          .catch(() => {});
      };
      heard.add(watcher);
      return () => {
        heard.delete(watcher);
        if (!heard.size && watchers.get(key) === heard) watchers.delete(key);
      };
    },
  };
}

function lockTimeout(patienceMs: number): StorageError {
  return new StorageError(`The lock was not free within ${patienceMs} ms.`, {
    code: 'lock_timeout',
    retryable: true,
  });
}
