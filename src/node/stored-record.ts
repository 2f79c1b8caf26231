import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { StorageError } from '../errors.ts';
import type { StoredValue } from '../storage/session-store.ts';
import {
  type CellContent,
  type CellName,
  DELETED,
  nameCell,
  nextName,
  removeNames,
} from './name-cell.ts';
import { createPrivateFile, readPrivateFile, syncFolder } from './private-files.ts';
import { decodeRecord, encodeRecord } from './record-format.ts';
import { removeAside, setAside } from './set-aside.ts';
import { failedWith, unless } from './system-errors.ts';

/** The record of one key, in a folder of its own. */
export interface StoredRecord {
  read(): Promise<StoredValue | undefined>;
  /** Compare-and-set; `undefined` deletes. Gives the new revision if the expected one was there. */
  replace(value: string | undefined, expected: string | null): Promise<string | undefined>;
}

/**
 * The head of the folder's names says which revision is valid; its value lies beside it, in a file
 * with the same number and id that was complete before the head named it and never changes.
 */
export function storedRecord(folder: string, key: string): StoredRecord {
  const cell = nameCell(folder, /^(?:record|none)$/, 'none');

  async function valueAt(head: CellName): Promise<string | undefined> {
    const bytes = await readPrivateFile(cell.path(dataOf(head)));
    return bytes && decodeRecord(bytes, key, head.id);
  }

  async function read(): Promise<StoredValue | undefined> {
    for (let seen: CellName | undefined; ; ) {
      const content = await cell.read();
      if (!content) return undefined;
      const { head } = content;
      if (!head) throw unreadable(folder, revisionOfLeftovers(content));
      await removeNames(cell, outdated(content, head));
      if (head.state === 'none') return undefined;
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
    for (let [wanted, isAside] = [expected, false]; ; ) {
      // Only what is to be new makes a folder.
      const content = await (wanted === null ? cell.open() : cell.read());
      if (!content) return undefined;
      const { head } = content;
      if (!head) {
        const revision = revisionOfLeftovers(content);
        if (revision !== wanted || !(await setLeftoversAside(content))) return undefined;
        if (value === undefined) {
          await removeAside(folder);
          return revision;
        }
        [wanted, isAside] = [null, true];
        continue;
      }
      if ((head.state === 'record' ? head.id : null) !== wanted) return undefined;
      const isUnreadable = head.state === 'record' && (await valueAt(head)) === undefined;
      if (isUnreadable && value !== undefined) {
        await setAside(folder, basename(cell.path(dataOf(head))));
        isAside = true;
      }

      const next = nextName(head, value === undefined ? DELETED : 'record');
      const isDone = await commit(head, next, value);
      if (!isDone) continue;
      // By now somebody may have deleted it again, with its folder.
      await unless('ENOENT', syncFolder(folder));
      // Whoever made the folder may not have come to this yet.
      if (head.number === 0) await syncFolder(dirname(folder));
      // What is written is written; others can tidy up as well.
      await tidy(isAside).catch(() => {});
      return next.id;
    }
  }

  /** Removes what a change has left behind, but what this very change has set aside. */
  async function tidy(isAside: boolean): Promise<void> {
    const content = await cell.read();
    // By the head of now, not by ours: in a record that was made anew, numbers begin anew.
    if (content?.head) await removeNames(cell, outdated(content, content.head));
    if (!isAside) await removeAside(folder);
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
      // Somebody has deleted the record, and its folder is gone.
      if (failedWith(error, 'ENOENT')) return false;
      throw error;
    }
    // If this fails, the system alone knows whether it is done: what it may lead to has to stay.
    const isDone = await cell.swap(head, next);
    if (!isDone) await removeNames(cell, [dataOf(next)]);
    return isDone;
  }

  /** Makes room where no name says what counts: whether nobody else was there first. */
  async function setLeftoversAside({ others }: CellContent): Promise<boolean> {
    const [first = '', ...rest] = others.map((name) => basename(cell.path(name)));
    if (!(await setAside(folder, first))) return false;
    for (const file of rest) await setAside(folder, file);
    return true;
  }

  return { read, replace };
}

function dataOf({ number, id }: CellName): CellName {
  return { number, id, state: 'data' };
}

/**
 * What a head has left behind: what it replaced, and values of writers who came too late. Values
 * with a higher number may still be on their way.
 */
function outdated({ others }: CellContent, head: CellName): CellName[] {
  return others.filter(({ number, id }) => number <= head.number && id !== head.id);
}

/** Names a state that no head names. */
function revisionOfLeftovers({ others }: CellContent): string {
  return createHash('sha256').update(JSON.stringify(others)).digest('hex');
}

function unreadable(path: string, revision?: string): StorageError {
  return new StorageError(`${path} is damaged, or was not written by this library.`, {
    code: 'record_unreadable',
    retryable: false,
    path,
    revision,
  });
}
