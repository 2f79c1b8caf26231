import { StorageError } from '../../src/index.ts';
import type { SessionRecord } from '../../src/session/session-record.ts';
import type { SessionStore } from '../../src/storage/session-store.ts';
import { type Deferred, defer } from './scripted-web.ts';
import { quiet } from './turns.ts';

export type Operation = 'read' | 'write' | 'delete' | 'lock';

/** Which operations of a kind something happens to. */
export interface Circumstances {
  /** `after`: it has been done, and only the answer is late or lost. A lock is held by then. */
  readonly when?: 'before' | 'after';
  /** Only writes of such a record. */
  readonly only?: (record: SessionRecord) => boolean;
  /** Only so many times. */
  readonly times?: number;
}

/** An operation that is held up. */
export interface Halt {
  /** Settles as soon as an operation has got there. */
  readonly reached: Promise<void>;
  /** Lets it go on, and those that come later. */
  release(): void;
}

/** One context's way to a store, with everything that can go wrong on it. */
export interface FaultyStore extends SessionStore {
  /** How often it was asked, all operations together or one kind. */
  count(operation?: Operation): number;
  /** From now on rejects, until the returned function is called. */
  refuse(operation: Operation, circumstances?: Circumstances): () => void;
  /** Holds up the next operation of the kind. */
  halt(operation: Operation, circumstances?: Circumstances): Halt;
  /** Every operation of the kind takes its time. */
  delay(operation: Operation, circumstances?: Circumstances): void;
  /** Takes locks that others hold, as if their leases were over. */
  takeLocks(): void;
}

interface Fault {
  readonly operation: Operation;
  readonly when: 'before' | 'after';
  readonly only: (record: SessionRecord) => boolean;
  readonly happen: () => Promise<void> | void;
  left: number;
}

export const refusal = (): StorageError =>
  new StorageError('The disk is full.', { code: 'storage_failed', retryable: true });

export function faultyStore(inner: SessionStore): FaultyStore {
  let faults: Fault[] = [];
  const counts = { read: 0, write: 0, delete: 0, lock: 0 };
  let takesLocks = false;

  const add = (operation: Operation, circumstances: Circumstances, happen: Fault['happen']) => {
    const { only = () => true, times = Infinity, when = 'before' } = circumstances;
    const fault = { operation, when, only, happen, left: times };
    faults.push(fault);
    return () => {
      faults = faults.filter((other) => other !== fault);
    };
  };

  const befall = async (operation: Operation, when: 'before' | 'after', value?: string) => {
    const record = () => JSON.parse(value ?? '{}') as SessionRecord;
    for (const fault of [...faults]) {
      if (fault.operation !== operation || fault.when !== when || fault.left === 0) continue;
      if (value !== undefined && !fault.only(record())) continue;
      fault.left -= 1;
      await fault.happen();
    }
  };

  const through = async <T>(operation: Operation, work: () => Promise<T>, value?: string) => {
    counts[operation] += 1;
    await befall(operation, 'before', value);
    const result = await work();
    await befall(operation, 'after', value);
    return result;
  };

  return {
    read: (key) => through('read', () => inner.read(key)),
    write: (key, value, revision) =>
      through('write', () => inner.write(key, value, revision), value),
    delete: (key, revision) => through('delete', () => inner.delete(key, revision)),
    async withLock(key, work, options) {
      counts.lock += 1;
      await befall('lock', 'before');
      const begin = async () => {
        await befall('lock', 'after');
        return work();
      };
      return takesLocks ? begin() : inner.withLock(key, begin, options);
    },
    watch: (key, listener) => inner.watch?.(key, listener) ?? (() => {}),

    count: (operation) =>
      operation ? counts[operation] : Object.values(counts).reduce((sum, n) => sum + n),
    refuse: (operation, circumstances = {}) =>
      add(operation, circumstances, () => Promise.reject(refusal())),
    halt(operation, circumstances = {}) {
      const reached: Deferred<void> = defer();
      const released: Deferred<void> = defer();
      const end = add(operation, { times: 1, ...circumstances }, () => {
        reached.resolve();
        return released.promise;
      });
      return {
        reached: reached.promise,
        release() {
          end();
          released.resolve();
        },
      };
    },
    delay: (operation, circumstances = {}) => void add(operation, circumstances, () => quiet(10)),
    takeLocks() {
      takesLocks = true;
    },
  };
}
