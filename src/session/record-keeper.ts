import type { Clock } from '../clock.ts';
import type { AnyRelierError } from '../errors.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { storing } from '../storage/storing.ts';
import { parseRecord, type SessionRecord } from './session-record.ts';
import type { Cause, SessionView } from './session-view.ts';

/** A record as it was found, with what has to be named to change it. */
export interface Found {
  readonly record: SessionRecord;
  readonly revision: string | null;
}

export type Change = (record: SessionRecord) => SessionRecord;

/** The record in the store, and what is known of it here. */
export interface RecordKeeper {
  /** What is known here, without asking. */
  known(): Found | undefined;
  /** Reads the store and shows what it holds. What the store refused to take counts as stored. */
  sync(via?: Cause['via']): Promise<Found | undefined>;
  /** Changes the record, unless it has been changed meanwhile. Rejects if the store refuses. */
  change(found: Found, change: Change): Promise<Found | undefined>;
  /**
   * Changes the record to something that must not be lost. Refuses only if somebody else has signed
   * out, in, or already holds a newer refresh token; then that is shown and returned.
   */
  keep(found: Found, change: Change): Promise<Found | undefined>;
  /** Puts a new sign-in in the place of whatever there is. */
  replace(record: SessionRecord): Promise<void>;
  /** Ends the session, unless somebody holds a newer refresh token: then that is shown. */
  end(record: SessionRecord, cause: Cause): Promise<void>;
  /** Ends whatever session there is now. */
  remove(): Promise<{
    /** What is of no use any more. */
    readonly refreshTokens: readonly string[];
    /** Why the store still has the record. */
    readonly refusal: unknown;
  }>;
  /** What the store has refused so far is the only copy; settles when it has been taken, or given up. */
  unsaved(): Promise<void> | undefined;
  close(): void;
}

export interface RecordKeeperOptions {
  readonly key: string;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly view: SessionView;
  /** Tells other contexts. */
  readonly notify: () => void;
  /** A refresh token that nobody will use any more. */
  readonly discard: (refreshToken: string) => void;
}

/** The only copy of a record: the store refused to take it. */
interface Unsaved {
  found: Found;
  /** The refresh token in whose place this one came; `undefined` for a new sign-in. */
  readonly spent: string | undefined;
  readonly done: Promise<void>;
  readonly settle: () => void;
  cancelRetry: () => void;
  saving?: Promise<void> | undefined;
}

/** While the store refuses, it is asked again this often, and no longer than so many times. */
const RETRY_MS = [250, 500, 1_000, 2_000, 4_000, ...Array<number>(30).fill(8_000)];

export function recordKeeper(options: RecordKeeperOptions): RecordKeeper {
  const { clock, discard, key, notify, store, view } = options;
  let known: Found | undefined;
  /** Counts what was shown, so that a read that was overtaken can tell. */
  let epoch = 0;
  /** Sign-ins that were ended here; not even a store that failed to delete one brings it back. */
  const ended = new Set<string>();
  let unsaved: Unsaved | undefined;

  const show = (found: Found | undefined, cause: Cause) => {
    epoch += 1;
    known = found;
    view.show(found?.record, cause);
    return found;
  };

  const read = async (): Promise<Found | undefined> => {
    const stored = await storing(() => store.read(key));
    if (!stored) return undefined;
    const { revision, value } = stored;
    const record = parseRecord(value, key, revision);
    if (!ended.has(record.id)) return { record, revision };
    await store.delete(key, revision).catch(() => {});
    return undefined;
  };

  /** What is stored, be it readable or not. */
  const readAnything = async (): Promise<Partial<Found> & { revision?: string | undefined }> => {
    try {
      const stored = await storing(() => store.read(key));
      if (!stored) return {};
      return { record: parseRecord(stored.value, key, stored.revision), revision: stored.revision };
    } catch (error) {
      const { code, revision } = Object(error);
      if (code !== 'record_unreadable' || !revision) throw error;
      return { revision };
    }
  };

  const write = async (record: SessionRecord, expected: string | null) => {
    const revision = await storing(() => store.write(key, JSON.stringify(record), expected));
    return revision === undefined ? undefined : { record, revision };
  };

  const sync = async (via?: Cause['via']): Promise<Found | undefined> => {
    for (;;) {
      if (unsaved) await save(unsaved);
      if (unsaved) return unsaved.found;
      const before = epoch;
      let found: Found | undefined;
      let cause: Cause = { reason: known ? 'elsewhere' : 'none', ...(via && { via }) };
      try {
        found = await read();
      } catch (error) {
        if (Object(error).code !== 'record_unreadable') throw error;
        cause = { reason: 'unreadable', error: error as AnyRelierError };
      }
      if (epoch !== before || unsaved) continue;
      const isKnown = found && found.revision === known?.revision;
      return isKnown ? known : show(found, cause);
    }
  };

  /** Somebody was faster: whether what we hold still has a place, and on top of what. */
  const rebase = async (record: SessionRecord, spent: string | undefined) => {
    const found = await read();
    const stored = found?.record;
    if (stored?.id === record.id && stored.refreshToken === spent) return found;
    const isRotated = record.refreshToken !== spent;
    const isGone = !stored || (stored.id !== record.id && isOther(stored, record));
    if (isGone && isRotated && record.refreshToken) discard(record.refreshToken);
    show(found, { reason: 'elsewhere' });
    return undefined;
  };

  const keep = async (start: Found, change: Change): Promise<Found | undefined> => {
    const spent = start.record.refreshToken;
    let base = start;
    for (;;) {
      const next = { record: change(base.record), revision: base.revision };
      if (ended.has(next.record.id)) {
        if (next.record.refreshToken && next.record.refreshToken !== spent) {
          discard(next.record.refreshToken);
        }
        return undefined;
      }
      if (unsaved) {
        unsaved.found = next;
        show(next, { reason: 'elsewhere' });
        await save(unsaved);
        return known;
      }
      try {
        const saved = await write(next.record, base.revision);
        if (saved) {
          show(saved, { reason: 'elsewhere' });
          notify();
          return saved;
        }
        const found = await rebase(next.record, spent);
        if (!found) return known;
        base = found;
      } catch (error) {
        if (next.record.refreshToken === spent) {
          // The store still has all that is needed to get as far again.
          view.emit({ type: 'storageDegraded', error: error as AnyRelierError });
          return show(next, { reason: 'elsewhere' });
        }
        return hold(next, spent, error);
      }
    }
  };

  const hold = (found: Found, spent: string | undefined, error: unknown): Found => {
    let settle = () => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    unsaved = { found, spent, done, settle, cancelRetry: () => {} };
    show(found, { reason: 'elsewhere', ...(spent === undefined && { via: 'establish' }) });
    view.emit({ type: 'storageDegraded', error: error as AnyRelierError });
    retryLater(unsaved, 0);
    return found;
  };

  const retryLater = (held: Unsaved, times: number) => {
    const delay = RETRY_MS[times];
    if (delay === undefined) return;
    held.cancelRetry = clock.setTimer(() => {
      void save(held).then(() => {
        if (unsaved === held) retryLater(held, times + 1);
      });
    }, delay);
  };

  const release = (held: Unsaved) => {
    held.cancelRetry();
    if (unsaved === held) unsaved = undefined;
    held.settle();
  };

  /** Tries once to store what is unsaved. Never rejects. */
  const save = (held: Unsaved): Promise<void> => {
    held.saving ??= trySave(held).finally(() => {
      held.saving = undefined;
    });
    return held.saving;
  };

  const trySave = async (held: Unsaved): Promise<void> => {
    try {
      while (unsaved === held) {
        const { record, revision } = held.found;
        const saved = await write(record, revision);
        if (unsaved !== held) return;
        if (saved) {
          held.found = { record: held.found.record, revision: saved.revision };
          if (held.found.record !== record) continue;
          release(held);
          show(saved, { reason: 'elsewhere' });
          notify();
          return;
        }
        const stored = await read();
        if (unsaved !== held) return;
        const isOurs =
          held.spent === undefined
            ? (stored?.record.signedInAt ?? 0) <= record.signedInAt
            : stored?.record.id === record.id && stored.record.refreshToken === held.spent;
        if (!isOurs) {
          release(held);
          const isSaved = stored?.record.refreshToken === record.refreshToken;
          if (!isSaved && (!stored || isOther(stored.record, record)) && record.refreshToken) {
            discard(record.refreshToken);
          }
          show(stored, { reason: 'elsewhere' });
          return;
        }
        held.found = { record: held.found.record, revision: stored?.revision ?? null };
      }
    } catch {
      // Still refused.
    }
  };

  return {
    known: () => known,
    sync,
    keep,
    unsaved: () => unsaved?.done,
    async change(found, change) {
      const next = change(found.record);
      if (unsaved) {
        unsaved.found = { record: next, revision: unsaved.found.revision };
        return show(unsaved.found, { reason: 'elsewhere' });
      }
      const saved = await write(next, found.revision);
      return saved && show(saved, { reason: 'elsewhere' });
    },
    async replace(record) {
      const replaced = [(unsaved?.found ?? known)?.record];
      if (unsaved) release(unsaved);
      let revision: string | null = null;
      try {
        for (;;) {
          const stored = await readAnything();
          replaced.push(stored.record);
          revision = stored.revision ?? null;
          const saved = await write(record, revision);
          if (!saved) continue;
          show(saved, { reason: 'elsewhere', via: 'establish' });
          break;
        }
      } catch (error) {
        hold({ record, revision }, undefined, error);
      }
      notify();
      const others = replaced.filter((before) => before && isOther(before, record));
      for (const token of new Set(others.map((other) => other?.refreshToken))) {
        if (token) discard(token);
      }
    },
    async end(record, cause) {
      try {
        for (;;) {
          const found = unsaved ? undefined : await read();
          if (found && !isSame(found.record, record)) {
            show(found, { reason: 'elsewhere' });
            return;
          }
          const { revision = null } = found ?? {};
          if (revision === null || (await storing(() => store.delete(key, revision)))) break;
        }
      } catch (error) {
        view.emit({ type: 'storageDegraded', error: error as AnyRelierError });
      }
      ended.add(record.id);
      if (unsaved) release(unsaved);
      show(undefined, cause);
      notify();
    },
    async remove() {
      const mine = (unsaved?.found ?? known)?.record;
      const tokens = new Set([mine?.refreshToken]);
      const ids = new Set([mine?.id]);
      if (mine) ended.add(mine.id);
      if (unsaved) release(unsaved);
      show(undefined, { reason: 'user' });
      let refusal: unknown;
      try {
        for (let isFirst = true; ; isFirst = false) {
          const { record, revision } = await readAnything();
          // Whoever signed in after this began stays.
          if (!revision || (!isFirst && record && !ids.has(record.id))) break;
          if (record) ended.add(record.id);
          ids.add(record?.id);
          tokens.add(record?.refreshToken);
          if (await storing(() => store.delete(key, revision))) break;
        }
      } catch (error) {
        refusal = error;
      }
      if (known && ended.has(known.record.id)) show(undefined, { reason: 'user' });
      notify();
      return { refreshTokens: [...tokens].filter((token) => token !== undefined), refusal };
    },
    close() {
      if (unsaved) release(unsaved);
    },
  };
}

/** Whether nobody has refreshed or signed in between. */
function isSame(a: SessionRecord, b: SessionRecord): boolean {
  return a.id === b.id && a.refreshToken === b.refreshToken;
}

/** Where a server knows only one grant of a person, to end the old one would end the new one. */
function isOther(a: SessionRecord, b: SessionRecord): boolean {
  return a.claims?.sub !== b.claims?.sub;
}
