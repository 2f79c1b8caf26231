import {
  IDBDatabase as FakeDatabase,
  IDBObjectStore as FakeObjectStore,
  IDBFactory,
} from 'fake-indexeddb';
import { vi } from 'vitest';
import { type LockSpace, type TabLocks, webLocks } from '../support/web-locks.ts';

/** The storage of one origin, in place of what Node does not have. */
export interface OriginStorage {
  readonly indexedDB: IDBFactory;
  /** From now on, another tab runs. */
  enterTab(): TabLocks;
}

/** A new origin with nothing in it, and a tab of it. */
export function openOrigin(): OriginStorage {
  const indexedDB = new IDBFactory();
  const space: LockSpace = new Map();
  const enterTab = () => {
    const locks = webLocks(space);
    vi.stubGlobal('navigator', { locks });
    return locks;
  };
  vi.stubGlobal('indexedDB', indexedDB);
  enterTab();
  return { indexedDB, enterTab };
}

/** Waits for what an IndexedDB request brings. */
export function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Does something in a store's database, as a stranger who follows no rules. */
export async function inDatabase<T>(work: (records: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open('relier');
  opening.onupgradeneeded = () => opening.result.createObjectStore('records');
  const db = await answerOf(opening);
  try {
    return await answerOf(work(db.transaction('records', 'readwrite').objectStore('records')));
  } finally {
    db.close();
  }
}

/** What comes between the store and its database. */
export type Interference = (transaction: IDBTransaction & FakeTransaction) => void;

interface FakeTransaction {
  /** Ends the transaction as the browser does, with an error of that name. */
  _abort(name: string): void;
}

/** Ends a transaction before its request is answered; without a name, for no reason. */
export function abort(name?: string): Interference {
  return (transaction) => {
    queueMicrotask(() => {
      if (name) transaction._abort(name);
      else transaction.abort();
    });
  };
}

/** Keeps a transaction's answer back until that has happened. */
export function delay(until: Promise<unknown>): Interference {
  return (transaction) => {
    let answer = () => {};
    Object.defineProperty(transaction, 'oncomplete', {
      set(handler: () => void) {
        answer = handler;
      },
    });
    transaction.addEventListener('complete', () => void until.then(() => answer()));
  };
}

/** The transaction does nothing, and is never answered. */
export const hang: Interference = (transaction) => {
  Object.defineProperties(transaction, {
    oncomplete: { set() {} },
    objectStore: { value: () => ({ get: () => ({}) }) },
  });
};

/** Does that to the store's next transactions, one after the other. */
export function interfere(...interferences: Interference[]): void {
  const { transaction } = FakeDatabase.prototype;
  vi.spyOn(FakeDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...args
  ) {
    const begun = transaction.apply(this, args);
    // The store's own say something about durability.
    if (args[2]) interferences.shift()?.(begun as Parameters<Interference>[0]);
    return begun;
  });
}

/** From now on, every read of a record fails with an error of that name. */
export function failReads(name: string): void {
  vi.spyOn(FakeObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore) {
    const operation = () => {
      throw new DOMException('The value is gone.', name);
    };
    const transaction = this.transaction as unknown as {
      _execRequestAsync(about: object): IDBRequest;
    };
    return transaction._execRequestAsync({ source: this, operation });
  });
}

/** From now on, nothing can be stored: every transaction that tries to ends for want of space. */
export function failWrites(): void {
  vi.spyOn(FakeObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore) {
    (this.transaction as Parameters<Interference>[0])._abort('QuotaExceededError');
    return {} as IDBRequest<IDBValidKey>;
  });
}

/** Counts the channels that are open. */
export function countChannels(): () => number {
  let open = 0;
  const { BroadcastChannel } = globalThis;
  vi.stubGlobal(
    'BroadcastChannel',
    class extends BroadcastChannel {
      constructor(name: string) {
        super(name);
        open += 1;
      }
      override close() {
        open -= 1;
        super.close();
      }
    },
  );
  return () => open;
}
