import type { StoredRecord } from './test-page.ts';

/** The session's record, if there is one. */
export function readStored(): Promise<StoredRecord | undefined> {
  return inDatabase('readonly', (store, resolve) => {
    const cursors = store.openCursor();
    cursors.onsuccess = () => {
      const cursor = cursors.result;
      if (!cursor) return resolve(undefined);
      const { key, value } = cursor;
      // Beside it are locks and sign-ins.
      if (typeof key === 'string' && key.startsWith('session')) resolve({ key, ...value });
      else cursor.continue();
    };
  });
}

/** Puts something in its place, or nothing; tells nobody. */
export async function tamper(stored?: unknown): Promise<void> {
  const { key } = (await readStored()) ?? {};
  if (key === undefined) throw new Error('There is no record.');
  await inDatabase<void>('readwrite', (store, resolve) => {
    if (stored === undefined) store.delete(key);
    else store.put(stored, key);
    store.transaction.oncomplete = () => resolve();
  });
}

async function inDatabase<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore, resolve: (value: T) => void) => void,
): Promise<T> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('relier');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction('records', mode);
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore('records'), resolve);
    });
  } finally {
    database.close();
  }
}
