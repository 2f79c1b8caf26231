import { IDBFactory as FakeFactory, forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { indexedDbStore } from '../../src/browser/indexed-db-store.ts';
import type { SessionStore } from '../../src/storage/session-store.ts';
import { failureOf } from '../support/relying-party.ts';
import { abort, answerOf, failReads, interfere, openOrigin } from './storage-globals.ts';

let store: SessionStore;

beforeEach(() => {
  openOrigin();
  store = indexedDbStore();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const isRevision = /^[\w-]{22}$/;

/** Gives a store that has a record, and the connection it has opened for that. */
async function connected(): Promise<{ db: IDBDatabase; revision: string }> {
  let db: IDBDatabase | undefined;
  interfere((transaction) => {
    db = transaction.db;
  });
  const revision = await store.write('a', '1', null);
  vi.restoreAllMocks();
  if (!db || !revision) throw new Error('The store did not write.');
  return { db, revision };
}

/** Has every database fail to open: at once, or a moment later. */
function failToOpen(name: string, isAtOnce = true) {
  const error = new DOMException('Not now.', name);
  return vi.spyOn(FakeFactory.prototype, 'open').mockImplementation(() => {
    if (isAtOnce) throw error;
    const request = { error, onerror: () => {} };
    setImmediate(() => request.onerror());
    return request as unknown as IDBOpenDBRequest;
  });
}

describe('a connection to the database', () => {
  it('is opened again after the browser has closed it', async () => {
    const { db, revision } = await connected();
    forceCloseDatabase(db as never);

    expect(await store.read('a')).toEqual({ value: '1', revision });
  });

  it('is opened again when it is closing, as in Safari, and nobody has said so', async () => {
    const { db, revision } = await connected();
    db.close();

    expect(await store.write('a', '2', revision)).toMatch(isRevision);
    expect(await store.read('a')).toMatchObject({ value: '2' });
  });

  it('is opened again once for all who have lost it', async () => {
    const { db } = await connected();
    db.close();
    const open = vi.spyOn(FakeFactory.prototype, 'open');

    const all = await Promise.all(Array.from({ length: 5 }, () => store.read('a')));

    expect(all.map((record) => record?.value)).toEqual(['1', '1', '1', '1', '1']);
    expect(open).toHaveBeenCalledTimes(1);
  });

  it.each(['AbortError', 'UnknownError', undefined])(
    'is opened again after it was cut off: %s',
    async (name) => {
      const { revision } = await connected();
      const open = vi.spyOn(FakeFactory.prototype, 'open');
      interfere(abort(name));

      expect(await store.write('a', '2', revision)).toMatch(isRevision);
      expect(await store.read('a')).toMatchObject({ value: '2' });
      expect(open).toHaveBeenCalledTimes(1);
    },
  );

  it('is opened again only once', async () => {
    const open = failToOpen('InvalidStateError', false);

    expect(await failureOf(() => store.read('a'))).toMatchObject({
      code: 'storage_failed',
      reason: 'InvalidStateError',
      retryable: true,
    });
    expect(open).toHaveBeenCalledTimes(2);
    open.mockRestore();
    expect(await store.read('a')).toBeUndefined();
  });

  it('knows its own write again whose answer was lost', async () => {
    const { revision } = await connected();
    interfere((transaction) => {
      Object.defineProperty(transaction, 'oncomplete', { set: () => {} });
      transaction.addEventListener('complete', () => {
        const error = new DOMException('Closed.', 'AbortError');
        Object.defineProperty(transaction, 'error', { value: error });
        transaction.onabort?.(new Event('abort'));
      });
    });

    const written = await store.write('a', '2', revision);

    expect(await store.read('a')).toEqual({ value: '2', revision: written });
  });

  it('does not keep others from deleting the database', async () => {
    await connected();
    const deletion = indexedDB.deleteDatabase('relier');
    const onblocked = vi.fn();
    deletion.onblocked = onblocked;
    await answerOf(deletion);

    expect(onblocked).not.toHaveBeenCalled();
    expect(await store.read('a')).toBeUndefined();
    expect(await store.write('a', '2', null)).toMatch(isRevision);
  });

  it('gives way to a newer version, and works with it', async () => {
    const { revision } = await connected();
    const upgrade = indexedDB.open('relier', 7);
    (await answerOf(upgrade)).close();

    expect(await store.read('a')).toEqual({ value: '1', revision });
    expect(await store.write('a', '2', revision)).toMatch(isRevision);
  });
});

describe('a database that fails', () => {
  it.each([
    ['SecurityError', false],
    ['NotAllowedError', false],
    ['VersionError', false],
    ['QuotaExceededError', true],
    ['UnknownError', true],
    ['AbortError', true],
    ['TimeoutError', true],
  ])('to open says why, and whether that may pass: %s', async (reason, retryable) => {
    for (const isAtOnce of [true, false]) {
      failToOpen(reason, isAtOnce);
      const calls = [
        store.read('secret key'),
        store.write('secret key', 'value', null),
        store.delete('secret key', 'revision'),
        store.withLock('secret key', async () => {}, { leaseMs: 100, patienceMs: 200 }),
      ];
      for (const call of calls) {
        const error = await failureOf(() => call);
        expect(error).toMatchObject({ name: 'StorageError', code: 'storage_failed' });
        expect(error).toMatchObject({ phase: 'storage', reason, retryable });
        expect((error as Error).message).toContain(reason);
        expect(JSON.stringify(error)).not.toContain('secret');
      }
      vi.restoreAllMocks();
    }
    // And it may be used again, once what was under way has failed.
    await expect
      .poll(() => store.write('secret key', 'value', null).catch(() => {}))
      .toMatch(isRevision);
  });

  it('because it is full leaves the record as it was', async () => {
    const { revision } = await connected();
    interfere(abort('QuotaExceededError'));
    const listener = vi.fn();
    const stop = store.watch?.('a', listener);

    expect(await failureOf(() => store.write('a', '2', revision))).toMatchObject({
      code: 'storage_failed',
      reason: 'QuotaExceededError',
      retryable: true,
    });
    expect(await store.read('a')).toEqual({ value: '1', revision });
    expect(listener).not.toHaveBeenCalled();
    expect(await store.write('a', '2', revision)).toMatch(isRevision);
    stop?.();
  });

  it('because it is another one has nothing to repeat', async () => {
    const opening = indexedDB.open('relier', 3);
    opening.onupgradeneeded = () => opening.result.createObjectStore('keyval');
    (await answerOf(opening)).close();

    for (const call of [() => store.read('a'), () => store.write('a', '1', null)]) {
      expect(await failureOf(call)).toMatchObject({
        code: 'storage_failed',
        reason: 'NotFoundError',
        retryable: false,
      });
    }
  });

  it.each([undefined, null])('because there is none, such as on a server: %s', async (missing) => {
    vi.stubGlobal('indexedDB', missing);

    expect(await failureOf(() => store.read('a'))).toMatchObject({
      code: 'storage_failed',
      retryable: false,
    });
  });
});

describe('a value that the browser has lost', () => {
  it('cannot be read, and is replaced by a new record', async () => {
    await connected();
    failReads('NotReadableError');

    const error = await failureOf(() => store.read('a'));
    expect(error).toMatchObject({ code: 'record_unreadable', revision: expect.any(String) });
    const { revision } = error as { revision: string };
    expect(await store.write('a', '2', null)).toBeUndefined();
    expect(await store.write('a', '2', revision)).toMatch(isRevision);
    vi.restoreAllMocks();
    expect(await store.read('a')).toMatchObject({ value: '2' });
  });

  it('can be deleted', async () => {
    await connected();
    failReads('NotReadableError');

    const { revision } = (await failureOf(() => store.read('a'))) as { revision: string };
    expect(await store.delete('a', revision)).toBe(true);
    vi.restoreAllMocks();
    expect(await store.read('a')).toBeUndefined();
  });

  it('is not one that the browser cannot read just now', async () => {
    await connected();
    failReads('UnknownError');

    expect(await failureOf(() => store.read('a'))).toMatchObject({
      code: 'storage_failed',
      reason: 'UnknownError',
      retryable: true,
    });
  });
});
