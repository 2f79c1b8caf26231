import { type Clock, stopwatch } from '../clock.ts';
import { type AnyRelierError, isRelierError, StorageError } from '../errors.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Pause } from './refresh-pause.ts';
import { isAnswerLost, isVerdict, judge } from './refresh-policy.ts';
import { requireTokenSet } from './require-token-set.ts';
import {
  atRest,
  isSame,
  type KeptToken,
  type SessionRecord,
  withAnswer,
  withFailure,
  withIntent,
  withTokens,
} from './session-record.ts';
import { isSameToken, type SessionView, signInNeeded } from './session-view.ts';
import type { Found } from './stored-record.ts';
import type { RawAnswer, Renew, TokenSource, TokenTarget } from './token-source.ts';
import { within } from './within.ts';

/** One caller's wish for a newer access token. */
export interface Wish {
  /** The sign-in that the caller knows; nobody is given the token of another one. */
  readonly id: string;
  readonly key: string;
  readonly target: TokenTarget;
  /** The token that will not do; any other one that lives will. */
  readonly instead: KeptToken | undefined;
  /** What an API has refused will not do either, however often it is given again. */
  readonly rejected: string | undefined;
}

/** What happens under the lock: the one place that spends refresh tokens. */
export interface LockedRenewal {
  /** A token that will do and is here already. */
  usable(wish: Wish): string | undefined;
  /** The access token; `undefined` where the lock may have been lost and has to be asked for again. */
  renew(wish: Wish, waitedMs: number): Promise<string | undefined>;
}

export interface LockedRenewalOptions {
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly keeper: RecordKeeper;
  readonly view: SessionView;
  readonly pause: Pause;
  readonly isSuspended: () => boolean;
  /** How often this context has been woken up; a lock may be lost in a sleep. */
  readonly wakes: () => number;
  readonly isSessionEnded: (error: AnyRelierError) => boolean;
  readonly renewInstead: Renew | undefined;
}

/** A request that begins so long after the lock was got ends, and its answer is stored, in time. */
export const SEND_WITHIN_MS = 8_000;

/** A store that contradicts itself must not keep us busy for ever. */
const MOST_ROUNDS = 20;

export function lockedRenewal(options: LockedRenewalOptions): LockedRenewal {
  const { clock, isSessionEnded, isSuspended, keeper, pause, renewInstead, source, view, wakes } =
    options;
  const owner = crypto.randomUUID();
  const tooLate = new StorageError('The lock was held for too long to begin a request.', {
    code: 'lock_timeout',
    retryable: true,
  });
  /** A refresh was sent, nobody knows the answer, and the record does not say so yet. */
  let isOwing = false;

  const usable = ({ id, instead, key, rejected }: Wish) => {
    const held = keeper.known()?.record.id === id ? view.find(key) : undefined;
    const { accessToken } = held?.token ?? {};
    const isOther = accessToken !== rejected && !isSameToken(held?.token, instead);
    return isOther && !held?.isExpired() ? accessToken : undefined;
  };

  const renew = async (wish: Wish, waitedMs: number): Promise<string | undefined> => {
    const watch = stopwatch(clock);
    const wakesBefore = wakes();
    const sinceLock = () => (wakes() === wakesBefore ? watch() : Infinity);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const found = await keeper.sync();
      if (found?.record.id !== wish.id) throw signInNeeded();
      const token = usable(wish);
      if (token !== undefined) return token;
      // Who was frozen while it waited hears of a lock that it has lost again since.
      if (waitedMs > SEND_WITHIN_MS) return undefined;
      const { failure, intent, pending, refreshToken } = found.record;
      if (pending) {
        await settle(found, false);
        continue;
      }
      pause.assertOver(failure, wish.key);
      if (renewInstead) return renewOtherwise(found, wish, renewInstead);
      if (!refreshToken) throw signInNeeded();
      // Left behind by somebody who crashed; but one that comes now is of somebody who has the lock.
      if (intent && round > 0) return undefined;
      const begun = await keeper.change(found, (now) =>
        withIntent({ ...now, isUnanswered: now.isUnanswered || isOwing }, owner, clock.now()),
      );
      if (begun) isOwing = false;
      const spent = begun && (await spend(begun, wish, sinceLock));
      if (spent === tooLate) return undefined;
      if (spent !== undefined) return spent as string;
    }
    return undefined;
  };

  /** Spends the refresh token. `undefined` where the record has to be looked at again. */
  const spend = async (
    begun: Found,
    wish: Wish,
    sinceLock: () => number,
  ): Promise<string | StorageError | undefined> => {
    const { record } = begun;
    const target = wish.key ? wish.target : { resource: record.resource };
    let isSent = false;
    let answer: RawAnswer;
    try {
      answer = await source.refresh(record, target, () => {
        // A context that was frozen may have been given up and overtaken by now; one that is about to be
        // cannot finish what it begins.
        if (sinceLock() > SEND_WITHIN_MS || isSuspended()) throw tooLate;
        const now = keeper.known()?.record;
        if (!now || !isSame(now, record)) throw tooLate;
        isSent = true;
      });
    } catch (error) {
      if (error === tooLate) {
        await keeper.change(begun, atRest).catch(() => {});
        return tooLate;
      }
      if (isVerdict(error) || (isRelierError(error) && isEnded(error))) {
        try {
          await ended(record, error as AnyRelierError);
        } catch (refusal) {
          return fail(begun, wish.key, refusal, false);
        }
        return undefined;
      }
      return fail(begun, wish.key, error, isSent && isAnswerLost(error));
    }
    const pending = { key: wish.key, target, answer };
    const kept = await keeper.keep(begun, (now) => withAnswer(now, pending));
    return kept && isPending(kept.record, answer) ? settle(kept, true) : undefined;
  };

  const isEnded = (error: AnyRelierError): boolean => {
    try {
      return isSessionEnded(error) === true;
    } catch {
      // Whoever cannot tell has not said that it is over.
      return false;
    }
  };

  /** The server's verdict counts, unless it was about a token that is no longer ours. */
  const ended = async (record: SessionRecord, error: AnyRelierError): Promise<void> => {
    const found = await keeper.sync();
    if (!found || !isSame(found.record, record)) return;
    const answerLost = !!record.isUnanswered;
    await keeper.end(found.record, { reason: 'ended', error, answerLost });
  };

  /**
   * Checks the answer that is waiting. Returns the access token; `undefined` where the answer is of
   * no use and the refresh token that came with it has to do.
   */
  const settle = async (found: Found, isNew: boolean): Promise<string | undefined> => {
    const { pending } = found.record;
    if (!pending) return undefined;
    let tokens: TokenSet;
    try {
      tokens = await source.verify(found.record, pending.target, pending.answer);
    } catch (error) {
      const verdict = judge(error);
      if (verdict === 'mismatch') {
        await keeper.end(found.record, {
          reason: 'invalidResponse',
          error: error as AnyRelierError,
        });
        throw error;
      }
      // What a wrong clock did not let pass then may never pass; a new answer may.
      if (verdict === 'useless' || (verdict === 'time' && !isNew)) {
        const dropped = await keeper.change(found, atRest);
        if (isNew && dropped) return fail(dropped, pending.key, error, false);
        return undefined;
      }
      return fail(found, pending.key, error, false);
    }
    const kept = await keeper.keep(found, (now) => withTokens(now, pending.key, tokens));
    if (kept?.record.id !== found.record.id) throw signInNeeded();
    pause.end(pending.key);
    return tokens.accessToken;
  };

  /** Renews by the caller's own means, such as a hidden sign-in. */
  const renewOtherwise = async (
    found: Found,
    { key, target }: Wish,
    by: Renew,
  ): Promise<string> => {
    const { record } = found;
    let tokens: TokenSet;
    try {
      const request = { ...target, claims: record.claims, idToken: record.idToken };
      tokens = await within(clock, source.timeoutMs, () => by(request));
      requireTokenSet(tokens, 'renew');
    } catch (error) {
      return fail(found, key, error, false);
    }
    if (tokens.claims?.sub !== record.claims?.sub) {
      // Somebody else's, whom nobody has asked to sign in.
      if (tokens.refreshToken) void source.revoke(tokens.refreshToken).catch(() => {});
      await keeper.end(record, { reason: 'invalidResponse' });
      throw signInNeeded();
    }
    // What it does not bring is still needed for the sign-out.
    const { idToken = record.idToken, refreshToken = record.refreshToken } = tokens;
    const renewed = { ...tokens, idToken, refreshToken } as TokenSet;
    const kept = await keeper.keep(found, (now) => withTokens(now, key, renewed));
    if (kept?.record.id !== record.id) throw signInNeeded();
    pause.end(key);
    return tokens.accessToken;
  };

  /** Keeps the session, tells everybody when to try again, and throws. */
  const fail = async (
    found: Found,
    key: string,
    error: unknown,
    isUnanswered: boolean,
  ): Promise<never> => {
    // Whoever goes has its requests cut off: that says nothing of the server, and the intent says the rest.
    if (isSuspended()) {
      isOwing ||= isUnanswered;
      throw error;
    }
    const failure = pause.begin(error, key, (found.record.failure?.attempts ?? 0) + 1);
    try {
      const told = await keeper.change(found, (now) => withFailure(now, failure, isUnanswered));
      if (told) pause.share(failure);
    } catch {
      isOwing ||= isUnanswered;
    }
    throw error;
  };

  return { renew, usable };
}

function isPending({ pending }: SessionRecord, { body, sentAt }: RawAnswer): boolean {
  const { answer } = pending ?? {};
  return answer?.sentAt === sentAt && answer.body['access_token'] === body['access_token'];
}
