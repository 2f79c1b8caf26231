import type { Clock } from '../clock.ts';
import type { SessionRecord } from './session-record.ts';
import type { Found, StoredRecord } from './stored-record.ts';

/** The only copy of a record, because the store has refused to take it. */
export interface UnsavedRecord {
  found: Found;
  /** Tries once to store it. Never rejects. */
  save(): Promise<void>;
  /** It has been stored, or nobody needs it any more. */
  readonly done: Promise<void>;
  /** Nobody needs it any more. */
  giveUp(): void;
}

export interface UnsavedRecordOptions {
  readonly clock: Clock;
  readonly stored: StoredRecord;
  readonly found: Found;
  /** A new sign-in takes the place of anything, be it readable or not. */
  readonly isSignIn: boolean;
  /** Whether it still has a place, where somebody has stored something else. */
  readonly hasPlace: (stored: SessionRecord | undefined, record: SessionRecord) => boolean;
  /** It has been stored. */
  readonly onSaved: (saved: Found) => void;
  /** What is stored now has taken its place. */
  readonly onReplaced: (stored: Found | undefined, record: SessionRecord) => void;
}

/** The store is asked again after these times, for four minutes; then whenever it is read. */
const RETRY_MS = [250, 500, 1_000, 2_000, 4_000, ...Array<number>(29).fill(8_000)];

export function unsavedRecord(options: UnsavedRecordOptions): UnsavedRecord {
  const { clock, hasPlace, isSignIn, onReplaced, onSaved, stored } = options;
  let settle = () => {};
  let isOver = false;
  let saving: Promise<void> | undefined;
  let cancelRetry = () => {};

  const finish = () => {
    isOver = true;
    cancelRetry();
    settle();
  };

  const trySave = async () => {
    while (!isOver) {
      const { record, revision } = unsaved.found;
      const saved = await stored.write(record, revision);
      if (isOver) return;
      if (saved) {
        // It may have been renewed meanwhile.
        unsaved.found = { ...unsaved.found, revision: saved.revision };
        if (unsaved.found.record !== record) continue;
        finish();
        onSaved(saved);
        return;
      }
      const other = await (isSignIn ? stored.readAnything() : stored.read());
      if (isOver) return;
      if (!hasPlace(other?.record, record)) {
        finish();
        onReplaced(other as Found | undefined, record);
        return;
      }
      unsaved.found = { ...unsaved.found, revision: other?.revision ?? null };
    }
  };

  const unsaved: UnsavedRecord = {
    found: options.found,
    done: new Promise((resolve) => {
      settle = resolve;
    }),
    giveUp: finish,
    save() {
      saving ??= trySave()
        .catch(() => {
          // Still refused.
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
