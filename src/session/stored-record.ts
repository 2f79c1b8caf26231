import type { AnyRelierError } from '../errors.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { storing } from '../storage/storing.ts';
import { parseRecord, type SessionRecord } from './session-record.ts';

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

export function storedRecord(
  store: SessionStore,
  key: string,
  /** Whether a record is of a sign-in that was ended here, and only waits to be deleted. */
  isEnded: (record: SessionRecord) => boolean,
  /** One of those has been deleted at last. */
  onDeleted: () => void,
): StoredRecord {
  const read = async () => {
    const stored = await storing(() => store.read(key));
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
      const isDeleted = await store.delete(key, found.revision as string).catch(() => false);
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
      const revision = await storing(() => store.write(key, JSON.stringify(record), expected));
      return revision === undefined ? undefined : { record, revision };
    },
    delete: (revision) => storing(() => store.delete(key, revision)),
  };
}
