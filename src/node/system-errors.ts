import { StorageError } from '../errors.ts';

/** What goes away by itself, or when somebody makes room. On Windows a virus scanner holds files. */
const PASSING = [
  'EAGAIN',
  'EBUSY',
  'EDQUOT',
  'EINTR',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
].concat(process.platform === 'win32' ? ['EACCES', 'EPERM'] : []);

/** Runs work on files; what the system says against it becomes a `StorageError`. */
export async function onFiles<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStorageError(error, path);
  }
}

/** Whether the system failed for one of these reasons. */
export function failedWith(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code as string);
}

/** Takes one of these reasons for an answer: `undefined`. */
export async function unless<T>(
  codes: string | readonly string[],
  work: Promise<T>,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (failedWith(error, ...[codes].flat())) return undefined;
    throw error;
  }
}

/** Others could read or change what is at the path, or choose what it is. */
export function unsafePath(path: string, problem: string): StorageError {
  return new StorageError(`${path} ${problem}.`, {
    code: 'storage_unsafe',
    retryable: false,
    path,
  });
}

function asStorageError(error: unknown, fallback: string): unknown {
  const { code, path = fallback, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof StorageError || !code || !syscall) return error;
  return new StorageError(`The system refused ${syscall} at ${path} with ${code}.`, {
    code: 'storage_failed',
    retryable: PASSING.includes(code),
    reason: code,
    path,
  });
}
