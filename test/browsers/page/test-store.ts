import type { SessionStore, StoreLockOptions } from 'relier';

/** The store of a worker, for its page. */
export interface WorkerStore extends SessionStore {
  /** Makes the worker deaf and dumb for so long. */
  block(ms: number): void;
}

/** What has become of a lock. */
export interface LockNote {
  /** `begun`, `ended`, or the code of the failure. */
  readonly what: string;
  /** Since the lock was asked for, in milliseconds. */
  readonly afterMs: number;
}

/** What the tests of the store find in a page, as `window.t`. */
export interface TestStore {
  readonly store: SessionStore;
  /** The same store in a worker of the page. */
  readonly worker: WorkerStore;
  /** What has become of locks, in this order. */
  readonly log: readonly LockNote[];
  /** Whether a record was changed since this was asked for the first time. */
  hasChanged(key: string): boolean;
  /** Writes and writes, until the page is no more. */
  keepWriting(key: string): void;
  /** Runs the contract over the page and the worker; gives the tests that failed, and why. */
  contract(): Promise<readonly (readonly [name: string, problem: string])[]>;
  /** Takes a lock in the background; the log tells what comes of it. */
  lock(of: SessionStore, key: string, options: StoreLockOptions): void;
  /** Ends the work under the lock. */
  unlock(): void;
}
