import type { RawAnswer } from '../../../src/session/token-source.ts';
import type { Context } from '../context.ts';
import { currentOf, type Family, type Grants, type RefreshToken } from '../grants.ts';
import type { Ledger } from '../ledger.ts';

/** I3 and I5, as far as the stored record shows them. */
export interface RecordRules {
  /** How often the session in the store has changed hands. */
  epoch(): number;
  /** Whose session the store had at that count. */
  heldAt(epoch: number): Family | undefined;
  /** The newest refresh token in the store. */
  stored(): RefreshToken | undefined;
  /** The record has been changed by a context, which is told so, or that it was refused. */
  changed(value: string | undefined, by: Context, isTold: boolean): void;
  /** Somebody has begun a new sign-in; the returned function ends that. */
  establishing(family: Family, areClocksHonest: boolean): () => void;
  /** Somebody has begun to sign out; the returned function ends that. */
  signingOut(): () => void;
  /** A check has failed that no later try can pass. */
  mismatched(refreshToken: string, answer: RawAnswer): void;
  revoking(refreshToken: string, by: Context): void;
  /** Whether there is a reason for the session of this refresh token to end. */
  mayEnd(token: RefreshToken): boolean;
  /** Whether nobody needs it: it was revoked, is not to be trusted, or its person has signed in again. */
  isOver(token: RefreshToken): boolean;
}

export function recordRules(ledger: Ledger, grants: Grants): RecordRules {
  const holders: (Family | undefined)[] = [undefined];
  const establishing = new Set<Family>();
  /** Where the store has not said yes: whoever signed in there still tries. */
  const unsaved = new Set<Family>();
  const revoked = new Map<Family, number>();
  let signOuts = 0;
  let stored: RefreshToken | undefined;

  /** A newer one that only a context's memory has counts as well. */
  const isRefused = ({ family, index }: RefreshToken) =>
    family.refreshTokens.some((token) => token.index >= index && token.isRefused);
  const mayEnd = (token: RefreshToken) => isRefused(token) || token.family.endings.size > 0;

  const compare = (
    before: RefreshToken | undefined,
    after: RefreshToken | undefined,
    by: Context,
  ) => {
    if (before && after?.family === before.family) {
      ledger.check(
        'I5',
        after.index >= before.index,
        () => `${by.name} puts ${after.text} in the place of ${before.text}`,
      );
      return;
    }
    if (before) {
      const what = after ? `replaces it by ${after.text}` : 'deletes it';
      ledger.check(
        'I3',
        mayEnd(before),
        () => `${before.text} is current and nobody ended its session, but ${by.name} ${what}`,
      );
      if (!after && isRefused(before) && before.family.endings.size === 0)
        ledger.count('endedByVerdict');
    }
    if (after) {
      ledger.check(
        'I4',
        after.family.epoch === undefined || (unsaved.has(after.family) && after.family.home === by),
        () => `${by.name} brings back ${after.text}, whose session was over`,
      );
    }
    holders.push(after?.family);
  };

  return {
    epoch: () => holders.length - 1,
    heldAt: (epoch) => holders[epoch],
    stored: () => stored,
    mayEnd,
    changed(value, by, isTold) {
      const newest = value === undefined ? [] : grants.newestIn(value);
      ledger.check('I4', newest.length < 2, () => `${by.name} mixes two sign-ins in one record`);
      const after = newest[0];
      ledger.note(() => `the store has ${after?.text ?? 'nothing'}, by ${by.name}`);
      compare(stored, after, by);
      stored = after;
      if (!after) return;
      if (isTold && by === after.family.home) unsaved.delete(after.family);
      // The newest one stands for the older ones.
      for (const token of after.family.refreshTokens) token.isStored ||= token.index <= after.index;
      after.family.epoch = holders.length - 1;
    },
    establishing(family, areClocksHonest) {
      for (const other of grants.families) if (other !== family) other.endings.add('replaced');
      if (signOuts > 0) family.endings.add('signOut');
      // Of two contexts that sign in at once either may be the last; in one of them it is the later.
      // One that the store has refused so far is older, but only clocks can tell.
      const rivals = areClocksHonest ? establishing : unsaved;
      const isRacing = [...rivals].some(({ home }) => home !== family.home);
      if (isRacing) family.endings.add('replaced');
      establishing.add(family);
      unsaved.add(family);
      return () => establishing.delete(family);
    },
    signingOut() {
      for (const family of grants.families) family.endings.add('signOut');
      signOuts += 1;
      return () => {
        signOuts -= 1;
      };
    },
    mismatched(refreshToken) {
      const family = grants.findRefresh(refreshToken)?.family;
      family?.endings.add('mismatch');
    },
    revoking(refreshToken, by) {
      const token = grants.findRefresh(refreshToken) as RefreshToken;
      const { family } = token;
      ledger.check(
        'I3',
        stored?.family !== family || mayEnd(currentOf(family)) || mayEnd(token),
        () => `${by.name} revokes ${refreshToken}, whose session nobody ended`,
      );
      revoked.set(family, Math.max(token.index, revoked.get(family) ?? -1));
    },
    isOver(token) {
      const { family, index } = token;
      if (!family.isAlive || family.endings.has('mismatch')) return true;
      if ((revoked.get(family) ?? -1) >= index) return true;
      // A server may know one grant of a person only: to revoke the old one would end the new one.
      return grants.families.some(
        (other) => other.user === family.user && (other.epoch ?? -1) > (family.epoch ?? -1),
      );
    },
  };
}
