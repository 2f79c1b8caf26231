import { createStore, type UseStore } from 'idb-keyval';
import { StorageError } from '../errors.ts';

/**
 * Reads what is stored under a key and, with a durability, may put something else there, all in one
 * transaction: `decide` gets the value (`null` if the browser has lost it) and the object store, and
 * has to use them at once. Resolves to what it returned once the transaction is complete. Where the
 * connection was lost in between, `decide` is called a second time, possibly after its own change.
 */
export type Database = <T>(
  key: IDBValidKey,
  decide: (stored: unknown, store: IDBObjectStore) => T,
  durability?: IDBTransactionDurability,
) => Promise<T>;

const RECORDS = 'records';
/** The connection is closed, or was cut off; WebKit and Chromium do so to pages in the background. */
const CONNECTION_LOST = /^(?:InvalidState|Abort|Unknown)Error$/;
/** Forbidden, not there at all, or not made by us. */
const PERMANENT = /^(?:NotAllowed|NotFound|Reference|Security|Type|Version)Error$/;

/** Opens the database when it is used, and once again when the connection is lost. */
export function database(name: string): Database {
  let current: UseStore | undefined;

  return async (key, decide, durability) => {
    for (let isRepeat = false; ; isRepeat = true) {
      current ??= createStore(name, RECORDS);
      const used = current;
      try {
        return await used('readonly', ({ transaction }) => {
          const { db } = transaction;
          // It was only the way to the connection.
          transaction.commit();
          // Whoever deletes the database would wait for us for ever.
          db.onversionchange = () => db.close();
          return transact(db, key, decide, durability);
        });
      } catch (error) {
        if (current === used) current = undefined;
        const { name: reason } = Object(error);
        if (!isRepeat && CONNECTION_LOST.test(reason)) continue;
        throw new StorageError(`IndexedDB failed${reason ? ` (${reason})` : ''}.`, {
          code: 'storage_failed',
          retryable: !PERMANENT.test(reason),
          reason,
        });
      }
    }
  };
}

/** A transaction of our own, because idb-keyval's say nothing about durability. */
function transact<T>(
  db: IDBDatabase,
  key: IDBValidKey,
  decide: (stored: unknown, store: IDBObjectStore) => T,
  durability: IDBTransactionDurability | undefined,
): Promise<T> {
  const ended = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const transaction = db.transaction(RECORDS, durability ? 'readwrite' : 'readonly', {
      durability: durability ?? 'default',
    });
    const store = transaction.objectStore(RECORDS);
    const request = store.get(key);
    let result: T;
    request.onsuccess = () => {
      try {
        result = decide(request.result, store);
      } catch (error) {
        reject(error);
        transaction.abort();
      }
    };
    request.onerror = (event) => {
      // The file with a large value is gone for good.
      if (request.error?.name !== 'NotReadableError') return;
      event.preventDefault();
      result = decide(null, store);
    };
    // In WebKit a page that one can come back to would keep it open, and all others waiting.
    const leave = () => {
      try {
        transaction.abort();
      } catch {
        // It is being completed.
      }
    };
    globalThis.addEventListener?.('pagehide', leave, { signal: ended.signal });
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error ?? { name: 'AbortError' });
  }).finally(() => ended.abort());
}
