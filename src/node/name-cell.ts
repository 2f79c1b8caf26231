import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  createPrivateFile,
  hasPrivateFolder,
  makePrivateFolder,
  syncFolder,
} from './private-files.ts';
import { unless } from './system-errors.ts';

/** What a file's name says: `<number>.<id>.<state>`. */
export interface CellName {
  /** Grows by one with every swap. */
  readonly number: number;
  /** Random: no name is ever used twice. */
  readonly id: string;
  readonly state: string;
}

export interface CellContent {
  /** The name that counts; absent if the folder is empty, or damaged. */
  readonly head: CellName | undefined;
  /** All other names of this form. */
  readonly others: readonly CellName[];
  readonly isEmpty: boolean;
}

/**
 * A folder in which one file's name is the state of something that processes share. Who renames
 * that file has changed the state; who comes too late, however long it was frozen in between, does
 * not find the old name any more. So a rename compares and sets, in one step that has either
 * happened or not, and it needs neither locks nor anything that a crash could leave behind.
 */
export interface NameCell {
  readonly folder: string;
  /** Reads the names; `undefined` if there is no folder yet. */
  read(): Promise<CellContent | undefined>;
  /** Reads the names, in a folder that is made if it is missing. */
  open(): Promise<CellContent>;
  /** Renames the head: whether this was in time. */
  swap(head: CellName, next: CellName): Promise<boolean>;
  path(name: CellName): string;
}

// A folder that never came to be used; the clock that says so may be wrong, its maker tries again.
const ABANDONED_MS = 3_600_000;
const READS = 20;

/**
 * @param folder its parent has to exist.
 * @param states what a head's state looks like.
 * @param initial the state of a new cell.
 */
export function nameCell(folder: string, states: RegExp, initial: string): NameCell {
  async function read(): Promise<CellContent | undefined> {
    if (!(await hasPrivateFolder(folder))) return undefined;
    for (let reads = 1; ; reads += 1) {
      const files = await unless('ENOENT', readdir(folder));
      if (!files) return undefined;
      const names = files.flatMap(parseName).sort((a, b) => b.number - a.number);
      const head = names.find(({ state }) => states.test(state));
      // Not every file system lists a file that is being renamed.
      if (!head && files.length > 0 && reads < READS) {
        await pause(reads);
        continue;
      }
      const others = names.filter((name) => name !== head);
      return { head, others, isEmpty: files.length === 0 };
    }
  }

  return {
    folder,
    read,
    async open() {
      for (;;) {
        const content = await read();
        if (content && !content.isEmpty) return content;
        await makeCell(folder, initial);
      }
    },
    async swap(head, next) {
      const done = rename(pathOf(folder, head), pathOf(folder, next)).then(() => true);
      return (await unless('ENOENT', done)) ?? false;
    },
    path: (name) => pathOf(folder, name),
  };
}

/** The name that comes after another. */
export function nextName(name: CellName, state: string): CellName {
  return { number: name.number + 1, id: randomId(), state };
}

/** Removes files by their names in the cell; those that are gone are not missed. */
export async function removeNames(cell: NameCell, names: readonly CellName[]): Promise<void> {
  await Promise.all(names.map((name) => unlink(cell.path(name)).catch(() => {})));
}

function randomId(): string {
  return randomBytes(16).toString('hex');
}

function pathOf(folder: string, { number, id, state }: CellName): string {
  return join(folder, `${number}.${id}.${state}`);
}

function parseName(file: string): CellName[] {
  const [, number, id, state] = /^(\d{1,15})\.([0-9a-f]{32})\.(.+)$/.exec(file) ?? [];
  return number && id && state ? [{ number: Number(number), id, state }] : [];
}

// What the system says to those who came too late: Windows in its own words.
const TAKEN = ['EEXIST', 'ENOTEMPTY', ...(process.platform === 'win32' ? ['EPERM'] : [])];

/** Makes the folder with its first name in one step; a folder with names stays as it is. */
async function makeCell(folder: string, initial: string): Promise<void> {
  const made = `${folder}.${randomId()}.new`;
  await removeAbandoned(folder);
  await makePrivateFolder(made);
  const name = { number: 0, id: randomId(), state: initial };
  await createPrivateFile(pathOf(made, name), new Uint8Array());
  await syncFolder(made);
  await unless(['ENOENT', ...TAKEN], rmdir(folder));
  await unless(['ENOENT', ...TAKEN], rename(made, folder));
  await rm(made, { recursive: true, force: true });
  await syncFolder(dirname(folder));
}

async function removeAbandoned(folder: string): Promise<void> {
  const siblings = await readdir(dirname(folder));
  const unfinished = siblings.filter((file) => /\.[0-9a-f]{32}\.new$/.test(file));
  for (const file of unfinished) {
    const path = join(dirname(folder), file);
    const { mtimeMs = Infinity } = (await unless('ENOENT', stat(path))) ?? {};
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
