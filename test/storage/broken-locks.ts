import { abortable } from '../../src/abortable.ts';
import { StorageError, TransportError, withoutRetry } from '../../src/errors.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import type { SessionStore, StoreLockOptions } from '../../src/storage/session-store.ts';
import type { BrokenStores, Faults } from './broken-records.ts';

type Work<T> = () => Promise<T>;

const never = () => new Promise<never>(() => {});
const aborts = new Set<() => void>();
/** Takes the lock as soon as it can be had, and never gives it back. */
const jam = (store: SessionStore, key: string, options: StoreLockOptions) => {
  store.withLock(key, never, options).catch(() => {});
};

/** A store with a fault in its lock alone. */
function locking(
  withLock: <T>(
    inner: SessionStore,
    key: string,
    work: Work<T>,
    options: StoreLockOptions,
  ) => Promise<T>,
): Faults {
  return (inner) => ({ withLock: (...all) => withLock(inner, ...all) });
}

/** A lock whose waiters may give up, but stay in the line, and do this when it is their turn. */
function haunted(ghost: <T>(work: Work<T>) => Promise<T>): Faults {
  return locking(async (inner, key, work, { patienceMs, signal }) => {
    let isGone = false;
    let timer: NodeJS.Timeout | undefined;
    const gone = new Promise<never>((_, reject) => {
      const leave = (error: Error) => {
        isGone = true;
        reject(error);
      };
      const aborted = { code: 'aborted', phase: 'storage', retryable: false } as const;
      const late = { code: 'lock_timeout', retryable: true } as const;
      if (signal?.aborted) leave(new TransportError('Gone.', aborted));
      signal?.addEventListener('abort', () => leave(new TransportError('Gone.', aborted)));
      timer = setTimeout(() => leave(new StorageError('Late.', late)), patienceMs);
    });
    const turn = inner.withLock(
      key,
      () => {
        clearTimeout(timer);
        return isGone ? ghost(work) : work();
      },
      { leaseMs: 1, patienceMs: 60_000 },
    );
    return Promise.race([turn, gone]);
  });
}

/** Stores whose locks do not do what they should. */
export const brokenLocks: BrokenStores = {
  'runs one work at a time under one key, over all handles': [
    ['has no lock', /6 works ran at the same time/, locking((_, __, work) => work())],
    ['has a lock for each handle', /works ran at the same time/, () => memoryStore(), 'each'],
  ],
  'makes others wait for the lock, and gives it to them when it is free': [
    ['has no lock', /while another handle had the lock/, locking((_, __, work) => work())],
    [
      'never wakes those who wait',
      /did not give the lock/,
      () => {
        const locked = new Set<string>();
        return locking(async (_, key, work) => {
          if (locked.has(key)) await never();
          locked.add(key);
          return work().finally(() => locked.delete(key));
        })(memoryStore());
      },
    ],
  ],
  'passes on what came of the work, and frees the lock': [
    [
      'loses the result',
      /did not pass on what came of work that succeeded/,
      locking((inner, key, work, options) =>
        inner.withLock(key, () => work().then(() => undefined as never), options),
      ),
    ],
    [
      'swallows errors',
      /turned work that rejected around/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, options).catch((error) => error),
      ),
    ],
    [
      'wraps errors',
      /did not pass on what came of work that rejected/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, options).catch((error) => {
          throw new Error('The work failed.', { cause: error });
        }),
      ),
    ],
    [
      'is locked for ever',
      /not free after work that succeeded/,
      locking(async (inner, key, work, options) => {
        const result = await inner.withLock(key, work, options);
        jam(inner, key, options);
        return result;
      }),
    ],
    [
      'is locked after a failure',
      /not free after work that rejected/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, options).catch((error) => {
          jam(inner, key, options);
          throw error;
        }),
      ),
    ],
    [
      'is locked after a throw',
      /not free after work that threw/,
      locking((inner, key, work, options) => {
        let isDone = false;
        const run = () => {
          const result = work();
          isDone = true;
          return result;
        };
        return inner.withLock(key, run, options).finally(() => {
          if (!isDone) jam(inner, key, options);
        });
      }),
    ],
  ],
  'ends a wait with lock_timeout while a living owner keeps the lock': [
    [
      'believes in nobody',
      /from an owner that was alive/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, { ...options, patienceMs: options.leaseMs }).catch(work),
      ),
    ],
    [
      'has all the patience of the world',
      /longer than 1000 ms/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, { ...options, patienceMs: 60_000 }),
      ),
    ],
    [
      'has no patience',
      /lost patience after/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, { ...options, patienceMs: 1 }),
      ),
    ],
    [
      'says it in other words',
      /did not reject with lock_timeout/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, options).catch(() => {
          throw new Error('timeout');
        }),
      ),
    ],
    [
      'sees no use in another try',
      /not retryable/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, options).catch((error) => {
          throw withoutRetry(error);
        }),
      ),
    ],
    ['runs the work later', /ran work after it had rejected/, haunted((work) => work())],
    ['keeps a place for who has gone', /not free after somebody had lost/, haunted(never)],
  ],
  'runs nothing where the signal was aborted before': [
    [
      'has no ear for signals',
      /though its signal had been aborted/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, { ...options, signal: undefined }),
      ),
    ],
    [
      'waits first',
      /waited in spite of an abort/,
      locking((inner, key, work, options) =>
        inner.withLock(key, () => abortable(work, options.signal, 'storage'), {
          ...options,
          signal: undefined,
        }),
      ),
    ],
    [
      'says it in other words',
      /the code aborted/,
      locking(async (inner, key, work, options) => {
        options.signal?.throwIfAborted();
        return inner.withLock(key, work, options);
      }),
    ],
    ['runs the work later', /ran work/, haunted((work) => work())],
  ],
  'gives up waiting when the signal is aborted, and leaves no trace': [
    [
      'has no ear for signals',
      /went on waiting/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, { ...options, signal: undefined }),
      ),
    ],
    [
      'says it in other words',
      /the code aborted/,
      locking((inner, key, work, options) =>
        inner.withLock(key, work, options).catch(() => {
          throw new DOMException('Aborted.', 'AbortError');
        }),
      ),
    ],
    ['runs the work later', /ran work after it had rejected/, haunted((work) => work())],
    ['keeps a place for who has gone', /did not get past/, haunted(never)],
    [
      'lets the next one in',
      /let somebody in/,
      locking((inner, key, work, options) => {
        const { signal } = options;
        const free = new Promise<void>((resolve) => {
          aborts.add(resolve);
          signal?.addEventListener('abort', () => {
            for (const other of aborts) if (other !== resolve) other();
          });
        });
        return Promise.race([inner.withLock(key, work, options), free.then(work)]);
      }),
    ],
  ],
  'lets work go on that has begun when the signal is aborted': [
    [
      'ends the work',
      /got in the way/,
      locking((inner, key, work, options) =>
        inner.withLock(key, () => abortable(work, options.signal, 'storage'), options),
      ),
    ],
    [
      'frees the lock',
      /freed the lock while the work went on/,
      locking(async (inner, key, work, options) => {
        let running: ReturnType<typeof work> | undefined;
        const run = () => {
          running = work();
          return abortable(() => running as typeof running & object, options.signal, 'storage');
        };
        return inner.withLock(key, run, options).catch((error) => running ?? Promise.reject(error));
      }),
    ],
  ],
  'keeps the locks of different keys apart': [
    [
      'has one lock',
      /not free though only other keys/,
      locking((inner, _, work, options) => inner.withLock('all', work, options)),
    ],
    [
      'takes A for a',
      /not free though only other keys/,
      locking((inner, key, work, options) => inner.withLock(key.toLowerCase(), work, options)),
    ],
  ],
  'reads, writes and deletes whoever has the lock': [
    [
      'locks writes',
      /could not be reached/,
      (inner) => ({
        write: (key, ...rest) =>
          inner.withLock(key, () => inner.write(key, ...rest), { leaseMs: 1, patienceMs: 60_000 }),
      }),
    ],
    [
      'locks with a record',
      /A lock made a record/,
      locking((inner, key, work, options) =>
        inner.withLock(
          key,
          async () => {
            const revision = await inner.write(key, 'locked', null);
            return work().finally(() => inner.delete(key, revision ?? ''));
          },
          options,
        ),
      ),
    ],
    [
      'leaves a record',
      /A lock left a record/,
      locking((inner, key, work, options) =>
        inner.withLock(
          key,
          () => work().finally(() => inner.write(key, 'was locked', null)),
          options,
        ),
      ),
    ],
  ],
};
