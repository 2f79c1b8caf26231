import { isRelierError, StorageError } from '../errors.ts';

/** Whatever a store throws, as one of our errors. */
export async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isRelierError(error)) throw error;
    const { code, name } = Object(error);
    const reason = [code, name].find(
      (text) => typeof text === 'string' && /^[A-Za-z][A-Za-z0-9_]{2,39}$/.test(text),
    );
    throw new StorageError(`The session store failed${reason ? ` (${reason})` : ''}.`, {
      code: 'storage_failed',
      retryable: true,
      reason,
    });
  }
}
