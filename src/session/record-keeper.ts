import type { Clock } from '../clock.ts';
import { type AnyRelierError, StorageError } from '../errors.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { isSame, type SessionRecord } from './session-record.ts';
import type { Cause, SessionView } from './session-view.ts';
import { type Found, storedRecord } from './stored-record.ts';
import { type UnsavedRecord, unsavedRecord } from './unsaved-record.ts';

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
  /** Puts a new sign-in in the place of whatever there is. Rejects if the store refuses. */
  replace(
    record: SessionRecord,
    check?: (before: SessionRecord | undefined) => void,
  ): Promise<void>;
  /** Ends the session, unless somebody holds a newer refresh token: then that is shown. */
  end(record: SessionRecord, cause: Cause): Promise<void>;
  /** Ends whatever session there is now. */
  remove(): Promise<{
    /** What is of no use any more. */
    readonly refreshTokens: readonly string[];
    readonly idTokenHint: string | undefined;
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

export function recordKeeper(options: RecordKeeperOptions): RecordKeeper {
  const { clock, discard, key, notify, store, view } = options;
  let known: Found | undefined;
  /** Counts what was shown, so that whatever was overtaken meanwhile can tell. */
  let epoch = 0;
  let unsaved: UnsavedRecord | undefined;
  let isClosed = false;
  /** The sign-ins that are being stored from here, one after the other. */
  const arriving = new Set<string>();
  let arrivals: Promise<unknown> = Promise.resolve();
  /** Why the session is being ended from here. */
  let leaving: Cause | undefined;
  /** Sign-ins that were ended here; not even a store that fails to delete one brings it back. */
  const ended = new Set<string>();
  const stored = storedRecord({ store, key, clock }, ({ id }) => ended.has(id), notify);

  const show = (found: Found | undefined, cause: Cause = { reason: 'elsewhere' }) => {
    epoch += 1;
    known = found;
    const isArriving = found && arriving.has(found.record.id);
    view.show(found?.record, isArriving ? ESTABLISHED : (!found && leaving) || cause);
    return found;
  };

  const degraded = (error: unknown) =>
    view.emit({ type: 'storageDegraded', error: error as AnyRelierError });

  const sync = async (via?: Cause['via']): Promise<Found | undefined> => {
    for (;;) {
      await unsaved?.save();
      if (unsaved) return unsaved.found;
      const before = epoch;
      let cause: Cause = { reason: known ? 'elsewhere' : 'none', ...(via && { via }) };
      const found = await stored.read((error) => {
        cause = { reason: 'unreadable', error };
      });
      if (epoch !== before || unsaved) continue;
      return found && found.revision === known?.revision ? known : show(found, cause);
    }
  };

  /** Writes, and shows what was written or what has overtaken it. `undefined`: nothing was written. */
  const write = async (record: SessionRecord, revision: string | null) => {
    const before = epoch;
    const found = await stored.write(record, revision);
    if (!found) return undefined;
    if (ended.has(record.id)) return { isOvertaken: true, found: undefined };
    // The news of our own write may have come first.
    if (epoch !== before && known?.revision !== found.revision) {
      return { isOvertaken: true, found: await sync().catch(() => known) };
    }
    show(found);
    return { isOvertaken: false, found };
  };

  /** What we hold has no place any more. Its refresh token may still be alive. */
  const drop = (now: Found | undefined, record: SessionRecord, spent: string | undefined) => {
    const { refreshToken } = record;
    const isOurs = refreshToken !== spent && now?.record.refreshToken !== refreshToken;
    if (isOurs && refreshToken && isForeign(now?.record, record)) discard(refreshToken);
  };

  /** Keeps what the store refuses. `spent` is the refresh token in whose place the new one came. */
  const hold = (found: Found, spent: string | undefined): Found => {
    const finish = () => {
      if (unsaved === held) release();
    };
    const held = unsavedRecord({
      ...{ clock, stored, found, spent },
      onSaved(saved) {
        show(saved);
        finish();
        notify();
      },
      onReplaced(other, record) {
        drop(other, record, spent);
        show(other);
        finish();
      },
    });
    unsaved = held;
    show(found);
    // A refresh that was on its way: nobody reads here any more, so that this is the last chance.
    if (isClosed) void held.save().then(finish);
    return found;
  };

  /** Nobody needs what is unsaved any more. Its lock goes with the function that is returned. */
  const abandon = () => {
    const abandoned = unsaved;
    abandoned?.stop();
    unsaved = undefined;
    return () => abandoned?.settle();
  };

  const release = () => abandon()();

  const arrive = async (
    record: SessionRecord,
    check?: (before: SessionRecord | undefined) => void,
  ) => {
    const isEnded = () => ended.has(record.id);
    const replaced = new Set([known?.record]);
    try {
      for (let isDone = false, round = 0; !isDone && !isEnded(); round++) {
        assertSane(round);
        const before = await stored.readAnything();
        replaced.add(before.record);
        if (!isEnded()) check?.(unsaved?.found.record ?? before.record);
        if (!isEnded()) isDone = !!(await write(record, before.revision ?? null));
      }
    } catch (error) {
      // It may have been stored all the same.
      await sync().catch(() => {});
      if (known?.record.id !== record.id && !isEnded()) throw error;
    }
    if (isEnded()) {
      // A sign-out came first. Reading deletes what is over.
      await stored.read().catch(() => {});
      if (record.refreshToken) discard(record.refreshToken);
      return;
    }
    replaced.add(unsaved?.found.record);
    release();
    notify();
    const others = [...replaced].filter((old) => old && isForeign(old, record));
    for (const token of new Set(others.map((old) => old?.refreshToken))) {
      if (token) discard(token);
    }
  };

  return {
    known: () => known,
    sync,
    unsaved: () => unsaved?.done,
    async change(found, change) {
      const record = change(found.record);
      if (!unsaved) {
        const saved = await write(record, found.revision);
        return saved?.isOvertaken ? undefined : saved?.found;
      }
      if (!isSame(unsaved.found.record, found.record)) return undefined;
      unsaved.found = { ...unsaved.found, record };
      return show(unsaved.found);
    },
    async keep(found, change) {
      const spent = found.record.refreshToken;
      for (let base = found, round = 0; ; round++) {
        const record = change(base.record);
        const isOver =
          ended.has(record.id) || (unsaved && !isSame(unsaved.found.record, base.record));
        if (isOver) {
          drop(known, record, spent);
          return known;
        }
        if (unsaved) {
          unsaved.found = { ...unsaved.found, record };
          unsaved.tokens.add(record.refreshToken);
          show(unsaved.found);
          await unsaved.save();
          return known;
        }
        const before = epoch;
        try {
          const saved = await write(record, base.revision);
          if (saved) {
            notify();
            return saved.found;
          }
          assertSane(round);
          const other = await stored.read();
          if (!other || !isSame(other.record, base.record)) {
            drop(other, record, spent);
            return epoch === before ? show(other) : known;
          }
          base = other;
        } catch (error) {
          degraded(error);
          if (known?.record.id !== record.id) {
            drop(known, record, spent);
            return known;
          }
          const next = { ...base, record };
          // Without a new refresh token the store has all that is needed to get as far again.
          return record.refreshToken === spent ? show(next) : hold(next, spent);
        }
      }
    },
    replace(record, check) {
      arriving.add(record.id);
      const arrival = arrivals
        .then(() => arrive(record, check))
        .finally(() => arriving.delete(record.id));
      arrivals = arrival.catch(() => {});
      return arrival;
    },
    async end(record, cause) {
      const isOurs = (now: SessionRecord | undefined) => now?.id === record.id;
      leaving = cause;
      try {
        for (let round = 0; ; round++) {
          assertSane(round);
          const before = epoch;
          const found = await stored.read();
          const isNewer = !unsaved && found?.record.refreshToken !== record.refreshToken;
          if (found && isOurs(found.record) && isNewer) {
            leaving = undefined;
            if (epoch === before) show(found);
            return;
          }
          if (!found || !isOurs(found.record)) break;
          if (await stored.delete(found.revision as string)) break;
        }
      } catch (error) {
        degraded(error);
      }
      ended.add(record.id);
      if (isOurs(unsaved?.found.record)) release();
      if (!known || isOurs(known.record)) show(undefined);
      leaving = undefined;
      notify();
      // Somebody may have signed in meanwhile.
      await sync().catch(() => {});
    },
    async remove() {
      const mine = (unsaved?.found ?? known)?.record;
      const tokens = new Set([mine?.refreshToken]);
      const ids = new Set([mine?.id, ...arriving]);
      for (const id of ids) if (id) ended.add(id);
      const settle = abandon();
      show(undefined, { reason: 'user' });
      let refusal: unknown;
      let idTokenHint = mine?.idToken;
      try {
        for (let round = 0; ; round++) {
          assertSane(round);
          const { record, revision } = await stored.readAnything();
          // Whoever signed in after this began stays.
          if (!revision || (round > 0 && record && !ids.has(record.id))) break;
          if (record) ended.add(record.id);
          ids.add(record?.id);
          tokens.add(record?.refreshToken);
          idTokenHint = record?.idToken ?? idTokenHint;
          if (await stored.delete(revision)) break;
        }
      } catch (error) {
        // It may have been carried out all the same.
        const left = await stored.readAnything().catch(() => ({ revision: '' }));
        if (left.revision !== undefined) refusal = error;
      }
      settle();
      // What was read before this began may arrive only now.
      epoch += 1;
      if (known && ended.has(known.record.id)) show(undefined, { reason: 'user' });
      else if (known) {
        await sync().catch((error) => {
          refusal ??= error;
        });
      }
      notify();
      const refreshTokens = [...tokens].filter((token) => token !== undefined);
      return { idTokenHint, refreshTokens, refusal };
    },
    close() {
      isClosed = true;
      // The last chance for what only this context has.
      void unsaved?.save().then(release);
    },
  };
}

/** A store that always says that somebody was faster must not keep us busy for ever. */
function assertSane(round: number): void {
  if (round < 100) return;
  throw new StorageError('The session store contradicts itself.', {
    code: 'storage_failed',
    retryable: true,
  });
}

const ESTABLISHED: Cause = { reason: 'elsewhere', via: 'establish' };

/**
 * Whether what is stored now is another person's or nobody's. Of the same person, a server may know
 * only one grant: to end the old one would end the new one.
 */
function isForeign(now: SessionRecord | undefined, held: SessionRecord): boolean {
  return !now || (now.id !== held.id && now.claims?.sub !== held.claims?.sub);
}
