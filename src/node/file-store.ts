import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { requireDelete, requireKey, requireWrite } from '../storage/store-arguments.ts';
import { withFileLock } from './file-lock.ts';
import { hasPrivateFolder, makeDurableFolder } from './private-files.ts';
import { nameOfKey } from './record-format.ts';
import { storedRecord } from './stored-record.ts';
import { onFiles } from './system-errors.ts';
import { type FolderWatch, watchFolder } from './watch-folder.ts';

/** What {@link fileStore} needs to know. */
export interface FileStoreOptions {
  /**
   * The folder for the records, for nothing else, on a local disk. Made with mode 0700 if it is
   * missing; one that is there has to belong to the user of this process, and to nobody else.
   * A relative path starts at the working directory of the moment. A path or a `file:` URL object;
   * no `~`, which only shells know: `join(homedir(), '.config', 'my-app', 'session')`.
   */
  readonly directory: string | URL;
}

/**
 * Keeps sessions in files that only this user can read, and shares them among all processes of the
 * machine that use the same folder. A write is on the disk when it is done, whole or not at all; of
 * two that start from the same revision one is refused, even when a process was stopped in the
 * middle; and a process that crashes leaves no lock.
 *
 * On local disks only: network file systems do not keep what this relies on. Values are written as
 * they come, so whoever reads the disk reads them; `encryptedStore` is for that. Only a write makes
 * anything that stays; a record that is deleted leaves nothing behind.
 *
 * @param options `directory`: the folder
 * @returns a store for any number of sessions. It opens nothing until it is used, and has nothing
 *   to close. Its methods reject with a `StorageError`: `storage_unsafe` if others could read or
 *   change what is at `path`, or if it is a symbolic link; `record_unreadable` if the file at `path`
 *   is damaged or foreign (when a write with the error's `revision` replaces it, it is kept aside in
 *   `….unreadable` until the next write or a deletion); `lock_timeout`; and `storage_failed` with the system's `reason`, such
 *   as `ENOSPC`
 * @throws ConfigurationError `invalid_option`
 *
 * @example
 * ```ts
 * import { homedir } from 'node:os'
 * import { join } from 'node:path'
 * import { isRelierError } from 'relier'
 * import { fileStore } from 'relier/node'
 *
 * const store = fileStore({ directory: join(homedir(), '.config', 'my-app', 'session') })
 * try {
 *   const record = await store.read('ada')
 *   console.log(record ? 'signed in before' : 'never seen')
 * } catch (error) {
 *   if (isRelierError(error) && error.code === 'storage_unsafe') console.log(error.message)
 *   else throw error
 * }
 * ```
 */
export function fileStore(options: FileStoreOptions): SessionStore {
  requireOptions(options);
  const directory = resolve(requirePath(options.directory));
  const watches = new Map<string, Set<FolderWatch>>();

  /** Where a key's record is, in a folder that is there and safe; `undefined` without one. */
  async function find(key: string): Promise<string | undefined> {
    if (!(await hasPrivateFolder(directory))) return undefined;
    return join(await realpath(directory), nameOfKey(key));
  }

  async function open(key: string): Promise<string> {
    for (;;) {
      const folder = await find(key);
      if (folder) return folder;
      await makeDurableFolder(directory);
    }
  }

  /** Whoever watches the key may watch a folder that somebody has replaced since. */
  async function using<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = await onFiles(directory, work);
    for (const watch of watches.get(key) ?? []) watch.check();
    return result;
  }

  async function replace(key: string, value: string | undefined, expected: string | null) {
    // What is to replace something makes nothing where nothing is.
    const folder = expected === null ? await open(key) : await find(key);
    return folder === undefined ? undefined : storedRecord(folder, key).replace(value, expected);
  }

  return Object.freeze({
    async read(key: string) {
      requireKey(key);
      return using(key, async () => {
        const folder = await find(key);
        return folder === undefined ? undefined : storedRecord(folder, key).read();
      });
    },
    async write(key, value, expectedRevision) {
      requireWrite(key, value, expectedRevision);
      return using(key, () => replace(key, value, expectedRevision));
    },
    async delete(key: string, expectedRevision: string) {
      requireDelete(key, expectedRevision);
      const done = await using(key, () => replace(key, undefined, expectedRevision));
      return done !== undefined;
    },
    async withLock(key, work, lockOptions) {
      const path = join(directory, nameOfKey(requireKey(key)));
      const folder = () => onFiles(directory, async () => `${await open(key)}.lock`);
      // Without a record there is nothing to come back for.
      const isLastUse = async () => !(await hasPrivateFolder(path));
      return withFileLock(path, folder, isLastUse, work, lockOptions);
    },
    watch(key, listener) {
      const watch = watchFolder(join(directory, nameOfKey(requireKey(key))), listener);
      const all = watches.get(key) ?? new Set();
      watches.set(key, all.add(watch));
      return () => {
        watch.end();
        all.delete(watch);
        if (!all.size && watches.get(key) === all) watches.delete(key);
      };
    },
  } satisfies SessionStore);
}

function requirePath(directory: unknown): string {
  if (directory instanceof URL) {
    try {
      return fileURLToPath(directory);
    } catch {
      throw invalidOption('directory', 'must be a file: URL of this machine, or a path');
    }
  }
  const path = requireText(directory, 'directory');
  if (path.includes('\0')) throw invalidOption('directory', 'must be a path');
  if (path.startsWith('~')) {
    throw invalidOption('directory', 'starts with ~, which only shells know: use os.homedir()');
  }
  if (/^file:/i.test(path)) {
    throw invalidOption('directory', 'is a URL as text: use new URL(…), or a path');
  }
  return path;
}
