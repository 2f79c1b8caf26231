import type { RawAnswer } from '../../../src/session/token-source.ts';
import type { Context } from '../context.ts';
import { currentOf, type Family, type Grants, type RefreshToken, type SignOut } from '../grants.ts';
import type { Ledger } from '../ledger.ts';

/** I3 and I5, as far as the stored record shows them. */
export interface RecordRules {
  /** How often the session in the store has changed hands. */
  epoch(): number;
  /** Whose session the store had at that count. */
  heldAt(epoch: number): Family | undefined;
  /** The newest refresh token in the store. */
  stored(): RefreshToken | undefined;
  /** The record has been changed by a context. */
  changed(value: string | undefined, by: Context | undefined): void;
  /** Somebody makes the record unreadable. */
  garbled(): void;
  /** A context has read what the store had at that count. */
  seen(by: Context, epoch: number): void;
  /** Somebody has begun a new sign-in; the returned function is told how it ended. */
  establishing(family: Family): (isCompleted: boolean) => void;
  /** Somebody has begun to sign out; the returned function is told how that ended. */
  signingOut(by: Context): (isFulfilled: boolean) => void;
  /** A check has failed that no later try can pass. */
  mismatched(refreshToken: string, answer: RawAnswer): void;
  revoking(refreshToken: string, by: Context): void;
  /** Whether there is a reason for the session of this refresh token to end. */
  mayEnd(token: RefreshToken): boolean;
  /** Whether the store has something that is no record. */
  isUnreadable(): boolean;
  /** Whether nobody needs it: it was revoked, is not to be trusted, or its person has signed in again. */
  isOver(token: RefreshToken): boolean;
}

export function recordRules(ledger: Ledger, grants: Grants): RecordRules {
  const holders: (Family | undefined)[] = [undefined];
  const establishing = new Set<Family>();
  const seen = new Map<Context, Set<Family>>();
  const revoked = new Map<Family, number>();
  const signOuts = new Set<SignOut>();
  let stored: RefreshToken | undefined;
  let isUnreadable = false;

  /** A newer one that only a context's memory has counts as well. */
  const isRefused = ({ family, index }: RefreshToken) =>
    family.refreshTokens.some((token) => token.index >= index && token.isRefused);

  const mayEnd = (token: RefreshToken) => {
    const { endings } = token.family;
    if (isRefused(token)) return true;
    if ([...endings].some((ending) => typeof ending === 'string' || !ending.isRejected))
      return true;
    // Whoever has signed out, and was told that the store still has the record, ends what it knew as
    // soon as the store can be had.
    return ledger.excuse('endedByRefusedSignOut', endings.size > 0);
  };

  const seenBy = (context: Context) => {
    const families = seen.get(context) ?? new Set<Family>();
    seen.set(context, families);
    return families;
  };

  const compare = (
    before: RefreshToken | undefined,
    after: RefreshToken | undefined,
    by: Context | undefined,
  ) => {
    const who = nameOf(by);
    if (before && after?.family === before.family) {
      ledger.check(
        'I5',
        after.index >= before.index,
        () => `${who} puts ${after.text} in the place of ${before.text}`,
      );
      return;
    }
    if (after) arrives(after, before, by);
    else if (before) {
      ledger.check(
        'I3',
        mayEnd(before),
        () => `${before.text} is current and nobody ended its session, but ${who} deletes it`,
      );
      if (isRefused(before) && before.family.endings.size === 0) ledger.count('endedByVerdict');
    }
    holders.push(after?.family);
  };

  /** Only a new sign-in takes another one's place, once, and while somebody waits for it. */
  const arrives = (
    { family, text }: RefreshToken,
    before: RefreshToken | undefined,
    by: Context | undefined,
  ) => {
    const who = nameOf(by);
    const isFirst = family.epoch === undefined;
    ledger.check('I4', isFirst, () => `${who} brings back ${text}, whose session was over`);
    const isAwaited = establishing.has(family) && family.home === by;
    ledger.check('I4', isAwaited, () => `${who} signs in with ${text}, unasked`);
    const isLater = !before || before.family.number < family.number;
    // Of two contexts that sign in at once either may be the last; in one of them it is the later.
    const isRace = !isLater && before.family.home !== by;
    ledger.check(
      'I3',
      isLater || ledger.excuse('signInsAtOnce', isRace),
      () => `${who} puts ${text} in the place of ${before?.text}, which is newer`,
    );
  };

  return {
    epoch: () => holders.length - 1,
    heldAt: (epoch) => holders[epoch],
    stored: () => stored,
    mayEnd,
    changed(value, by) {
      const newest = value === undefined ? [] : grants.newestIn(value);
      ledger.check('I4', newest.length < 2, () => `${nameOf(by)} mixes two sign-ins in one record`);
      const after = newest[0];
      ledger.note(() => `the store has ${after?.text ?? 'nothing'}, by ${nameOf(by)}`);
      compare(stored, after, by);
      stored = after;
      isUnreadable = value !== undefined && !after;
      if (!after) return;
      // The newest one stands for the older ones.
      for (const token of after.family.refreshTokens) token.isStored ||= token.index <= after.index;
      after.family.epoch = holders.length - 1;
    },
    garbled() {
      stored?.family.endings.add('garbled');
    },
    seen(by, epoch) {
      const family = holders[epoch];
      if (family) seenBy(by).add(family);
    },
    establishing(family) {
      for (const signOut of signOuts) family.endings.add(signOut);
      establishing.add(family);
      seenBy(family.home).add(family);
      return (isCompleted) => {
        establishing.delete(family);
        if (!isCompleted) ledger.count('refusedSignIns');
        if (!isCompleted && family.epoch !== undefined) ledger.count('refusedSignInsStored');
        const isSignedOut = [...family.endings].some((ending) => Object(ending).by === family.home);
        ledger.check(
          'I3',
          !isCompleted || family.epoch !== undefined || isSignedOut,
          () =>
            `${family.home.name} has signed in as family ${family.number}, but not in the store`,
        );
      };
    },
    signingOut(by) {
      const signOut: SignOut = { by, isRejected: false };
      for (const family of grants.families) family.endings.add(signOut);
      signOuts.add(signOut);
      return (isFulfilled) => {
        signOuts.delete(signOut);
        signOut.isRejected = !isFulfilled;
        for (const family of grants.families) {
          const { home } = family;
          // A sign-out that was carried out has left nothing behind but what came to the store since;
          // one that was refused concerns what its context knew.
          const isMeant = isFulfilled
            ? home === by || family !== stored?.family
            : seenBy(by).has(family);
          if (!isMeant) family.endings.delete(signOut);
        }
      };
    },
    mismatched(refreshToken) {
      const family = grants.findRefresh(refreshToken)?.family;
      family?.endings.add('mismatch');
    },
    revoking(refreshToken, by) {
      const token = grants.findRefresh(refreshToken) as RefreshToken;
      const { family } = token;
      // The tokens of a sign-in that the store has refused can be offered again.
      const isNeeded = stored?.family === family || family.epoch === undefined;
      ledger.check(
        'I3',
        !isNeeded || mayEnd(currentOf(family)) || mayEnd(token),
        () => `${by.name} revokes ${refreshToken}, whose session nobody ended`,
      );
      revoked.set(family, Math.max(token.index, revoked.get(family) ?? -1));
    },
    isUnreadable: () => isUnreadable,
    isOver(token) {
      const { family, index } = token;
      if (!family.isAlive || family.endings.has('mismatch')) return true;
      if ((revoked.get(family) ?? -1) >= index) return true;
      // A server may know one grant of a person only: to revoke the old one would end the new one.
      const isSucceeded = grants.families.some(
        (other) => other.user === family.user && (other.epoch ?? -1) > (family.epoch ?? -1),
      );
      return ledger.excuse('droppedForSamePerson', isSucceeded);
    },
  };
}

function nameOf(by: Context | undefined): string {
  return by?.name ?? 'another version';
}
