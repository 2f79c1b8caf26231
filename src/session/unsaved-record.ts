import type { Clock } from '../clock.ts';
import type { SessionRecord } from './session-record.ts';
import type { Found, StoredRecord } from './stored-record.ts';

/** The only copy of a record, because the store has refused to take it. */
export interface UnsavedRecord {
  found: Found;
  /** Every refresh token that the store may have for it: the one before, and all since. */
  readonly tokens: Set<string | undefined>;
  /** Tries once to store it. Never rejects. */
  save(): Promise<void>;
  /** Nobody needs it any more; the lock that goes with it is kept until `settle`. */
  stop(): void;
  settle(): void;
  /** It has been stored, or nobody needs it any more. */
  readonly done: Promise<void>;
}

export interface UnsavedRecordOptions {
  readonly clock: Clock;
  readonly stored: StoredRecord;
  readonly found: Found;
  /** The refresh token in whose place the new one came. */
  readonly spent: string | undefined;
  /** It has been stored. */
  readonly onSaved: (saved: Found) => void;
  /** What is stored now has taken its place. */
  readonly onReplaced: (stored: Found | undefined, record: SessionRecord) => void;
}

/** The store is asked again after these times, for four minutes; then whenever it is read. */
const RETRY_MS = [250, 500, 1_000, 2_000, 4_000, ...Array<number>(29).fill(8_000)];

export function unsavedRecord(options: UnsavedRecordOptions): UnsavedRecord {
  const { clock, onReplaced, onSaved, stored } = options;
  let settle = () => {};
  let isOver = false;
  let saving: Promise<void> | undefined;
  let cancelRetry = () => {};

  const stop = () => {
    isOver = true;
    cancelRetry();
  };

  /** Whether what is stored now has taken its place. */
  const isReplaced = async () => {
    const other = await stored.read();
    if (isOver) return true;
    const { record } = unsaved.found;
    if (other?.record.id === record.id && unsaved.tokens.has(other.record.refreshToken)) {
      unsaved.found = { record, revision: other.revision };
      return false;
    }
    stop();
    onReplaced(other, record);
    return true;
  };

  const trySave = async () => {
    while (!isOver) {
      const { record, revision } = unsaved.found;
      let saved: Found | undefined;
      try {
        saved = await stored.write(record, revision);
      } catch {
        // Still refused. Others may have gone on all the same.
        await isReplaced();
        return;
      }
      if (isOver) return;
      if (!saved) {
        if (await isReplaced()) return;
        continue;
      }
      // It may have been renewed meanwhile.
      unsaved.found = { ...unsaved.found, revision: saved.revision };
      if (unsaved.found.record !== record) continue;
      stop();
      onSaved(saved);
    }
  };

  const unsaved: UnsavedRecord = {
    found: options.found,
    done: new Promise((resolve) => {
      settle = resolve;
    }),
    tokens: new Set([options.spent, options.found.record.refreshToken]),
    stop,
    settle: () => settle(),
    save() {
      saving ??= trySave()
        .catch(() => {
          // Not even to be read.
        })
        .finally(() => {
          saving = undefined;
        });
      return saving;
    },
  };

  const retryAfter = (times: number) => {
    const delay = RETRY_MS[times];
    if (isOver || delay === undefined) return;
    cancelRetry = clock.setTimer(() => {
      void unsaved.save().then(() => retryAfter(times + 1));
    }, delay);
  };
  retryAfter(0);
  return unsaved;
}
