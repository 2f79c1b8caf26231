import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failedWith, unless, unsafePath } from './system-errors.ts';

// Windows knows neither; nobody can plant links or pipes there that an O_NOFOLLOW would refuse.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Whether a folder is there. One that is not ours alone is refused, as is anything else. */
export async function hasPrivateFolder(path: string): Promise<boolean> {
  const stats = await unless('ENOENT', lstat(path));
  if (stats) assertPrivate(path, stats, 'folder');
  return stats !== undefined;
}

/** Makes a folder for us alone that will survive a crash, and the parents that it lacks. */
export async function makeDurableFolder(path: string): Promise<void> {
  const firstMade = await mkdir(dirname(path), { recursive: true });
  await makePrivateFolder(path);
  const top = dirname(firstMade ?? path);
  for (let made = path; made !== top; made = dirname(made)) {
    // A parent that is not ours to read is not ours to make durable.
    await unless('EACCES', syncFolder(dirname(made)));
  }
}

/** Makes a folder for us alone, whatever the umask says; one that is there stays as it is. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (failedWith(error, 'EEXIST')) return;
    throw error;
  }
  await chmod(path, 0o700);
}

/** Writes a file that must not be there, and returns when its content will survive a crash. */
export async function createPrivateFile(path: string, content: Uint8Array): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  const file = await open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads a file of ours, if it is there; one that others could have written is refused. */
export async function readPrivateFile(path: string): Promise<Buffer | undefined> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK, a pipe in place of the file would let us wait for ever.
    file = await open(path, constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return undefined;
    if (failedWith(error, 'ELOOP', 'EMLINK')) throw unsafePath(path, 'is a symbolic link');
    throw error;
  }
  try {
    assertPrivate(path, await file.stat(), 'file');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Returns when the names in a folder will survive a crash. Windows has no such thing. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function assertPrivate(path: string, stats: Stats, kind: 'file' | 'folder'): void {
  if (stats.isSymbolicLink()) throw unsafePath(path, 'is a symbolic link');
  if (!(kind === 'file' ? stats.isFile() : stats.isDirectory())) {
    throw unsafePath(path, `is no ${kind}`);
  }
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (stats.uid !== user) throw unsafePath(path, `belongs to user ${stats.uid}, not to ${user}`);
  if (stats.mode & 0o077) {
    const [mode, excess, right] = [0o777, 0o077, 0o700].map((mask) =>
      (stats.mode & mask).toString(8).padStart(4, '0'),
    );
    const problem = `is open to others: its mode is ${mode}, of which ${excess} is too much`;
    throw unsafePath(path, `${problem} (chmod ${right})`);
  }
}
