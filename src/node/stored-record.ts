import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '../errors.ts';
import type { StoredValue } from '../storage/session-store.ts';
import { type CellContent, type CellName, nameCell, nextName, removeNames } from './name-cell.ts';
import { createPrivateFile, readPrivateFile, syncFolder } from './private-files.ts';
import { decodeRecord, encodeRecord } from './record-format.ts';
import { unless } from './system-errors.ts';

/** The record of one key, in a folder of its own. */
export interface StoredRecord {
  read(): Promise<StoredValue | undefined>;
  /** Compare-and-set; `undefined` deletes. Gives the new revision if the expected one was there. */
  replace(value: string | undefined, expected: string | null): Promise<string | undefined>;
  /** Makes the folder. */
  open(): Promise<void>;
}

/**
 * The head of the folder's names says which revision is valid; its value lies beside it, in a file
 * with the same number and id that was complete before the head named it and never changes.
 */
export function storedRecord(folder: string, key: string): StoredRecord {
  const cell = nameCell(folder, /^(?:record|deleted)$/, 'deleted');

  async function valueAt(head: CellName): Promise<string | undefined> {
    const bytes = await readPrivateFile(cell.path(dataOf(head)));
    return bytes && decodeRecord(bytes, key, head.id);
  }

  async function read(): Promise<StoredValue | undefined> {
    for (let seen: CellName | undefined; ; ) {
      const content = await cell.read();
      if (!content || content.isEmpty) return undefined;
      const head = headOf(content, folder);
      await removeNames(cell, outdated(content, head));
      if (head.state === 'deleted') return undefined;
      const value = await valueAt(head);
      if (value !== undefined) return { value, revision: head.id };
      // Without a newer head since, it is not that somebody has just replaced what we came to read.
      if (head.id === seen?.id) throw unreadable(cell.path(dataOf(head)), head.id);
      seen = head;
    }
  }

  async function replace(
    value: string | undefined,
    expected: string | null,
  ): Promise<string | undefined> {
    for (;;) {
      const head = headOf(await cell.open(), folder);
      if ((head.state === 'record' ? head.id : null) !== expected) return undefined;
      if (head.state === 'record' && (await valueAt(head)) === undefined) await setAside(head);

      const next = nextName(head, value === undefined ? 'deleted' : 'record');
      const isDone = await commit(head, next, value);
      if (!isDone) continue;
      await syncFolder(folder);
      // Whoever made the folder may not have come to this yet.
      if (head.number === 0) await syncFolder(dirname(folder));
      // What is written is written; others can tidy up as well.
      const content = await cell.read().catch(() => undefined);
      if (content) await removeNames(cell, outdated(content, next));
      return next.id;
    }
  }

  async function commit(
    head: CellName,
    next: CellName,
    value: string | undefined,
  ): Promise<boolean> {
    if (value === undefined) return cell.swap(head, next);
    try {
      await createPrivateFile(cell.path(dataOf(next)), encodeRecord(key, next.id, value));
      await syncFolder(folder);
    } catch (error) {
      await removeNames(cell, [dataOf(next)]);
      throw error;
    }
    // If this fails, the system alone knows whether it is done: what it may lead to has to stay.
    const isDone = await cell.swap(head, next);
    if (!isDone) await removeNames(cell, [dataOf(next)]);
    return isDone;
  }

  /** Keeps what nobody can read, for somebody who may know what it was. */
  async function setAside(head: CellName): Promise<void> {
    const data = dataOf(head);
    const aside = { ...data, state: 'unreadable' };
    await unless('ENOENT', rename(cell.path(data), cell.path(aside)));
  }

  return {
    read,
    replace,
    async open() {
      await cell.open();
    },
  };
}

function dataOf({ number, id }: CellName): CellName {
  return { number, id, state: 'data' };
}

/**
 * What a head has left behind: what it replaced, and values of writers who came too late. Values
 * with a higher number may still be on their way.
 */
function outdated({ others }: CellContent, head: CellName): CellName[] {
  return others.filter(
    ({ number, id, state }) => state !== 'unreadable' && number <= head.number && id !== head.id,
  );
}

function headOf({ head }: CellContent, folder: string): CellName {
  if (!head) throw unreadable(folder);
  return head;
}

function unreadable(path: string, revision?: string): StorageError {
  return new StorageError(`${path} is damaged, or was not written by this library.`, {
    code: 'record_unreadable',
    retryable: false,
    path,
    revision,
  });
}
