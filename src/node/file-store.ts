import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { withFileLock } from './file-lock.ts';
import { hasPrivateFolder, makeDurableFolder } from './private-files.ts';
import { nameOfKey } from './record-format.ts';
import { storedRecord } from './stored-record.ts';
import { onFiles } from './system-errors.ts';
import { watchFolder } from './watch-folder.ts';

/** What {@link fileStore} needs to know. */
export interface FileStoreOptions {
  /**
   * The folder for the records, for nothing else, on a local disk. Made with mode 0700 if it is
   * missing; one that is there has to belong to the user of this process, and to nobody else.
   * A relative path starts at the working directory of the moment.
   */
  readonly directory: string;
}

/**
 * Keeps sessions in files that only this user can read, and shares them among all processes of the
 * machine that use the same folder. A write is on the disk when it is done, whole or not at all; of
 * two that start from the same revision one is refused, even when a process was stopped in the
 * middle; and a process that crashes leaves no lock.
 *
 * On local disks only: network file systems do not keep what this relies on. Values are written as
 * they come, so whoever reads the disk reads them; `encryptedStore` is for that. A deleted record
 * leaves an empty folder behind.
 *
 * @param options `directory`: the folder
 * @returns a store for any number of sessions. It opens nothing until it is used, and has nothing
 *   to close. Its methods reject with a `StorageError`: `storage_unsafe` if others could read or
 *   change what is at `path`, or if it is a symbolic link; `record_unreadable` if the file at `path`
 *   is damaged or foreign (it is kept aside as `….unreadable` when a write with the error's
 *   `revision` replaces it); `lock_timeout`; and `storage_failed` with the system's `reason`, such
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
 * const store = fileStore({ directory: join(homedir(), '.reports', 'sessions') })
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
  const directory = resolve(requireText(options.directory, 'directory'));
  if (directory.includes('\0')) throw invalidOption('directory', 'must be a path');

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

  const replace = (key: string, value: string | undefined, expected: string | null) =>
    onFiles(directory, async () => storedRecord(await open(key), key).replace(value, expected));

  return Object.freeze({
    read: (key: string) =>
      onFiles(directory, async () => {
        const folder = await find(key);
        return folder === undefined ? undefined : storedRecord(folder, key).read();
      }),
    async write(key, value, expectedRevision) {
      if (typeof value !== 'string') throw invalidOption('value', 'must be a string');
      return replace(key, value, expectedRevision);
    },
    async delete(key: string, expectedRevision: string) {
      return (await replace(key, undefined, expectedRevision)) !== undefined;
    },
    withLock(key, work, lockOptions) {
      const folder = () => onFiles(directory, async () => `${await open(key)}.lock`);
      return withFileLock(join(directory, nameOfKey(key)), folder, work, lockOptions);
    },
    watch(key, listener) {
      const prepare = async () => storedRecord(await open(key), key).open();
      return watchFolder(join(directory, nameOfKey(key)), prepare, listener);
    },
  } satisfies SessionStore);
}
