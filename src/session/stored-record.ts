import type { Clock } from '../clock.ts';
import { type AnyRelierError, StorageError } from '../errors.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { storing } from '../storage/storing.ts';
import { parseRecord, type SessionRecord } from './session-record.ts';
import { within } from './within.ts';

/** A record as it was found, with what has to be named to change it. */
export interface Found {
  readonly record: SessionRecord;
  readonly revision: string | null;
}

/** One session's place in a store. Everything rejects with relier's errors. */
export interface StoredRecord {
  /** Tells of a record that nobody can read; it counts as none. */
  read(onUnreadable?: (error: AnyRelierError) => void): Promise<Found | undefined>;
  /** What is there, be it readable or not. */
  readAnything(): Promise<{ record?: SessionRecord; revision?: string }>;
  /** `undefined` where somebody was faster. */
  write(record: SessionRecord, expected: string | null): Promise<Found | undefined>;
  delete(revision: string): Promise<boolean>;
}

export interface StoredRecordOptions {
  readonly store: SessionStore;
  readonly key: string;
  readonly clock: Clock;
}

/** How long a store may take for an answer. */
const ANSWER_MS = 10_000;

function notAnswered(): StorageError {
  const details = { code: 'storage_failed', retryable: true, reason: 'timeout' } as const;
  return new StorageError('The session store has not answered.', details);
}

export function storedRecord(
  { clock, key, store }: StoredRecordOptions,
  /** Whether a record is of a sign-in that was ended here, and only waits to be deleted. */
  isEnded: (record: SessionRecord) => boolean,
  /** One of those has been deleted at last. */
  onDeleted: () => void,
): StoredRecord {
  const ask = <T>(work: () => Promise<T>): Promise<T> =>
    storing(() => within(clock, ANSWER_MS, work, 10, notAnswered));
  const read = async () => {
    const stored = await ask(() => store.read(key));
    return stored && { ...stored, record: parseRecord(stored.value, key, stored.revision) };
  };
  return {
    async read(onUnreadable) {
      let found: Found | undefined;
      try {
        found = await read();
      } catch (error) {
        if (Object(error).code !== 'record_unreadable') throw error;
        onUnreadable?.(error as AnyRelierError);
      }
      if (!found || !isEnded(found.record)) return found;
      const { revision } = found;
      const isDeleted = await ask(() => store.delete(key, revision as string)).catch(() => false);
      if (isDeleted) onDeleted();
      return undefined;
    },
    async readAnything() {
      try {
        return (await read()) ?? {};
      } catch (error) {
        const { code, revision } = Object(error);
        if (code !== 'record_unreadable' || !revision) throw error;
        return { revision };
      }
    },
    async write(record, expected) {
      const revision = await ask(() => store.write(key, JSON.stringify(record), expected));
      return revision === undefined ? undefined : { record, revision };
    },
    delete: (revision) => ask(() => store.delete(key, revision)),
  };
}
