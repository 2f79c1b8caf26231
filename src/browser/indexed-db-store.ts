import { StorageError } from '../errors.ts';
import { requireOptions, requireText } from '../options.ts';
import type { SessionStore, StoredValue } from '../storage/session-store.ts';
import { requireDelete, requireKey, requireWrite } from '../storage/store-arguments.ts';
import { database } from './database.ts';
import { withDatabaseLock } from './database-lock.ts';
import { randomName } from './random-name.ts';
import { storeChannel } from './store-channel.ts';

/** What {@link indexedDbStore} takes. */
export interface IndexedDbStoreOptions {
  /**
   * The name of the database, which is for nothing else. Stores of the same name on one origin are
   * the same store.
   * @default 'relier'
   */
  readonly databaseName?: string | undefined;
}

/** Under this revision, which no write gets, what is no record may be replaced. */
const UNREADABLE = 'unreadable';

/**
 * Keeps sessions in IndexedDB, and shares them among all tabs, windows and workers of this origin. A
 * write has been handed to the disk when it is done; of two that start from the same revision one is
 * refused. A tab that is closed or crashes gives up its locks at once, one that sleeps after its
 * lease; for that it takes Web Locks, and does without where there are none. A connection that the
 * browser has closed is opened again, and a database that was deleted is made again, empty.
 *
 * It keeps secrets from other origins, not from scripts of this one: whatever runs in the page can
 * read what is stored, `encryptedStore` or not. The browser may delete all of it when it runs out
 * of space, and WebKit after seven days without a visit; then people sign in again.
 *
 * @param options a `databaseName`, if it is not to be `relier`
 * @returns a store for any number of sessions. It touches nothing until it is used, so it may be
 *   made on a server, and has nothing to close. Its methods reject with a `StorageError`:
 *   `record_unreadable` for what somebody else has put there, or what the browser has lost;
 *   `lock_timeout`; and `storage_failed` with the name of the browser's error as `reason`, such as
 *   `QuotaExceededError`, `SecurityError` (storage is forbidden here) or `NotFoundError` (the
 *   database is another one's)
 * @throws {ConfigurationError} `invalid_option`
 *
 * @example
 * ```ts
 * import { isRelierError } from 'relier'
 * import { indexedDbStore } from 'relier/browser'
 *
 * const store = indexedDbStore({ databaseName: 'my-app' })
 * try {
 *   const record = await store.read('ada')
 *   console.log(record ? 'signed in before' : 'never seen')
 * } catch (error) {
 *   if (isRelierError(error) && error.code === 'storage_failed') console.log(error.reason)
 *   else throw error
 * }
 * ```
 */
export function indexedDbStore(options: IndexedDbStoreOptions = {}): SessionStore {
  requireOptions(options);
  const { databaseName = 'relier' } = options;
  const inDatabase = database(requireText(databaseName, 'databaseName'));
  const changes = storeChannel(databaseName);

  return Object.freeze({
    async read(key: string) {
      const stored = await inDatabase(requireKey(key), (stored) => stored);
      if (stored === undefined || isRecord(stored)) return stored;
      throw new StorageError('What is stored is no record of relier, or lost.', {
        code: 'record_unreadable',
        retryable: false,
        revision: UNREADABLE,
      });
    },

    async write(key, value, expectedRevision) {
      requireWrite(key, value, expectedRevision);
      const revision = randomName();
      const isWritten = await inDatabase(
        key,
        (stored, store) => {
          // Ours, if the connection was lost after the write and before its answer.
          const isFit = [expectedRevision, revision].includes(revisionOf(stored));
          if (isFit) store.put({ value, revision } satisfies StoredValue, key);
          return isFit;
        },
        'strict',
      );
      if (!isWritten) return undefined;
      changes.tell();
      return revision;
    },

    async delete(key: string, expectedRevision: string) {
      requireDelete(key, expectedRevision);
      const isDeleted = await inDatabase(
        key,
        (stored, store) => {
          const isFit = revisionOf(stored) === expectedRevision;
          if (isFit) store.delete(key);
          return isFit;
        },
        'strict',
      );
      if (isDeleted) changes.tell();
      return isDeleted;
    },

    async withLock(key, work, lockOptions) {
      return withDatabaseLock(inDatabase, databaseName, requireKey(key), work, lockOptions);
    },

    watch(key, listener) {
      requireKey(key);
      return changes.listen(listener);
    },
  } satisfies SessionStore);
}

function revisionOf(stored: unknown): string | null {
  if (stored === undefined) return null;
  return isRecord(stored) ? stored.revision : UNREADABLE;
}

function isRecord(stored: unknown): stored is StoredValue {
  const { revision, value } = Object(stored);
  return typeof value === 'string' && typeof revision === 'string';
}
