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
import { removeAside, setAside } from './set-aside.ts';
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
  /** The name that counts; absent if the folder is damaged. */
  readonly head: CellName | undefined;
  /** All other names of this form, the highest first. */
  readonly others: readonly CellName[];
}

/**
 * A folder in which one file's name is the state of something that processes share. Who renames
 * that file has changed the state; who comes too late, however long it was frozen in between, does
 * not find the old name any more. So a rename compares and sets, in one step that has either
 * happened or not, and it needs neither locks nor anything that a crash could leave behind.
 *
 * A cell that is `DELETED` is never used again: everybody may remove it, name by name. As no name is
 * used twice, that harms no cell which somebody else has made in its place, and its folder, which
 * has a name in it from the start, refuses to be removed.
 */
export interface NameCell {
  readonly folder: string;
  /** Reads the names; `undefined` if there is no cell. */
  read(): Promise<CellContent | undefined>;
  /** Reads the names, in a cell that is made if there is none. */
  open(): Promise<CellContent>;
  /** Renames the head: whether this was in time. */
  swap(head: CellName, next: CellName): Promise<boolean>;
  path(name: CellName): string;
}

/** The last state of a cell. */
export const DELETED = 'deleted';

// Not empty: those who tidy up or copy folders may pass over empty files.
const HEAD_CONTENT = Buffer.from('The name of this file says which state is valid.\n');
// A folder that never came to be used; the clock that says so may be wrong, its maker tries again.
const ABANDONED_MS = 3_600_000;
const READS = 20;

/**
 * @param folder its parent has to exist.
 * @param states what a head's state looks like.
 * @param initial the state of a new cell.
 */
export function nameCell(folder: string, states: RegExp, initial: string): NameCell {
  const isHead = ({ state }: CellName) => state === DELETED || states.test(state);

  async function list(): Promise<CellContent | undefined> {
    if (!(await hasPrivateFolder(folder))) return undefined;
    for (let reads = 1; ; reads += 1) {
      const files = await unless('ENOENT', readdir(folder));
      if (!files) return undefined;
      const names = files.flatMap(parseName).sort(byNumber);
      const head = names.find(isHead);
      // Not every file system lists a file that is being renamed.
      if (!head && files.length > 0 && reads < READS) {
        await pause(reads);
        continue;
      }
      return { head, others: names.filter((name) => name !== head) };
    }
  }

  return {
    folder,
    async read() {
      const content = await list();
      if (content && isUsable(content)) return content;
      // What is left of a cell goes away; for what is to be read, it makes no difference.
      if (content) await removeCell(folder, content).catch(() => {});
      return undefined;
    },
    async open() {
      for (;;) {
        const content = await list();
        if (content && isUsable(content)) return content;
        if (content) await removeCell(folder, content);
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

/** The highest first, and always in the same order. */
function byNumber(a: CellName, b: CellName): number {
  return b.number - a.number || (a.id + a.state < b.id + b.state ? -1 : 1);
}

function isUsable({ head, others }: CellContent): boolean {
  return head ? head.state !== DELETED : others.length > 0;
}

function parseName(file: string): CellName[] {
  const [, number, id, state] = /^(\d{1,15})\.([0-9a-f]{32})\.(.+)$/.exec(file) ?? [];
  return number && id && state ? [{ number: Number(number), id, state }] : [];
}

// What the system says to those who came too late: Windows in its own words.
const TAKEN = ['EEXIST', 'ENOTEMPTY', ...(process.platform === 'win32' ? ['EPERM'] : [])];

/** Removes what is left of a deleted cell, the name that says so as the last one. */
async function removeCell(folder: string, { head, others }: CellContent): Promise<void> {
  for (const name of others) await rm(pathOf(folder, name), { recursive: true, force: true });
  if (head) {
    // Else a crash could bring back the others, with nothing to say that they do not count.
    if (others.length) await unless('ENOENT', syncFolder(folder));
    await removeAside(folder);
    await unless('ENOENT', unlink(pathOf(folder, head)));
  }
  await unless(['ENOENT', ...TAKEN], rmdir(folder));
}

/** Makes the folder with its first name in one step; a folder with names stays as it is. */
async function makeCell(folder: string, initial: string): Promise<void> {
  const made = `${folder}.${randomId()}.new`;
  await removeAbandoned(folder);
  await makePrivateFolder(made);
  const name = { number: 0, id: randomId(), state: initial };
  await createPrivateFile(pathOf(made, name), HEAD_CONTENT);
  await syncFolder(made);
  await setForeignAside(folder);
  await unless(['ENOENT', ...TAKEN], rmdir(folder));
  await unless(['ENOENT', ...TAKEN], rename(made, folder));
  await rm(made, { recursive: true, force: true });
  await syncFolder(dirname(folder));
}

/** Makes room in a folder that holds none of our names, such as one that a file manager looked at. */
async function setForeignAside(folder: string): Promise<void> {
  const files = (await unless('ENOENT', readdir(folder))) ?? [];
  if (files.flatMap(parseName).length) return;
  for (const file of files) await setAside(folder, file);
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
