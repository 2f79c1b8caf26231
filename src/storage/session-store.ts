/** What a store holds under one key. */
export interface StoredValue {
  /** What was written, to the byte. Opaque to the store. */
  readonly value: string;
  /** Names this very write: a random string of at least 128 bits, never used twice. */
  readonly revision: string;
}

/** How long to wait for a lock, and how long to believe in its owner. */
export interface StoreLockOptions {
  /** How long to wait, in milliseconds; then `lock_timeout`. Longer than `leaseMs`. */
  readonly patienceMs: number;
  /**
   * An owner that gave no sign of life for so long, in milliseconds, has lost the lock: it crashed
   * or sleeps. One that is known to be dead has lost it at once. A living one keeps it as long as
   * its work takes.
   */
  readonly leaseMs: number;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where sessions are kept. A key is any well-formed text but the empty one, and may be a secret itself:
 * it belongs in no error and no log. What contexts (tabs, processes, machines) share a store share their
 * sessions; which promises hold across them is a property of the store. `sessionStoreContract` has
 * the tests that every implementation has to pass.
 *
 * Every method may reject with a `StorageError`; what is stored is then as it was, or as asked for.
 */
export interface SessionStore {
  /**
   * Reads one record, always whole. A record that is there and cannot be read rejects with
   * `record_unreadable`, with the `revision` under which it may be replaced, if it may.
   */
  read(key: string): Promise<StoredValue | undefined>;
  /**
   * Compare-and-set: writes if the stored revision is `expectedRevision` (`null`: if there is no
   * record), else changes nothing. Whether anybody holds a lock makes no difference.
   *
   * @returns the new revision once the value will survive a crash; `undefined` if nothing was
   * written, because somebody else had been there.
   */
  write(key: string, value: string, expectedRevision: string | null): Promise<string | undefined>;
  /** Deletes if the stored revision is `expectedRevision`, and says whether it did. */
  delete(key: string, expectedRevision: string): Promise<boolean>;
  /**
   * Runs the work while nobody else who uses the same store runs work under the same key. Not
   * reentrant. The lock is free again when the work has ended, however it ended; what the work
   * returns or throws passes through. A wait that the signal ends rejects with `aborted`; work that
   * has begun goes on.
   */
  withLock<T>(key: string, work: () => Promise<T>, options: StoreLockOptions): Promise<T>;
  /**
   * Calls the listener after a record may have changed, in this context or elsewhere, and never within
   * the call that changed it. What a listener throws harms nobody. It may take a moment to begin, and
   * never keeps a process alive. The returned function ends it.
   */
  watch?(key: string, listener: () => void): () => void;
}
