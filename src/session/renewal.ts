import { type Clock, stopwatch } from '../clock.ts';
import { type AnyRelierError, isRelierError, StorageError, TransportError } from '../errors.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { storing } from '../storage/storing.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import type { SessionLifecycle } from './environment.ts';
import type { RecordKeeper } from './record-keeper.ts';
import { isAnswerLost, isVerdict, judge, pauseAfter } from './refresh-policy.ts';
import {
  atRest,
  type Failure,
  type SessionRecord,
  withAnswer,
  withFailure,
  withIntent,
  withTokens,
} from './session-record.ts';
import type { SessionView } from './session-view.ts';
import type { Found } from './stored-record.ts';
import type { RawAnswer, Renew, TokenSource, TokenTarget } from './token-source.ts';

/** One caller's wish for a newer access token. */
export interface Wish {
  /** The sign-in that the caller knows; nobody is given the token of another one. */
  readonly id: string;
  readonly key: string;
  readonly target: TokenTarget;
  /** The token that will not do; any other one that lives will. */
  readonly instead: string | undefined;
}

/** Gets newer access tokens: the one place that spends refresh tokens. */
export interface Renewal {
  /** Callers with the same key share one answer. */
  renew(wish: Wish): Promise<string>;
  /** Whether the server is to be left alone for now. */
  isPaused(): boolean;
  /** The world may have changed: what failed before is worth another try. */
  encourage(): void;
  /** What the last refresh failed with, until one succeeds. */
  lastFailure(): unknown;
  /** Keeps others from renewing while the store refuses what only this context has. */
  holdLock(): void;
  close(): void;
}

export interface RenewalOptions {
  readonly key: string;
  readonly store: SessionStore;
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly random: () => number;
  readonly keeper: RecordKeeper;
  readonly view: SessionView;
  readonly lifecycle: SessionLifecycle | undefined;
  readonly isSessionEnded: (error: AnyRelierError) => boolean;
  readonly renewInstead: Renew | undefined;
}

/** How long the server is left alone after a failure. */
interface Pause {
  readonly error: unknown;
  readonly leftMs: number;
  readonly isAskedFor: boolean;
  isOver(): boolean;
}

// Beyond the time of one request: a request that begins in time and the writing of its answer fit
// into the lease of a lock, and a lease into a waiter's patience.
const SEND_WITHIN_MS = 8_000;
const LEASE_MS = 10_000;
const PATIENCE_MS = 15_000;

export function renewal(options: RenewalOptions): Renewal {
  const { clock, isSessionEnded, keeper, key, lifecycle, random, source, store, view } = options;
  const { renewInstead } = options;
  const owner = crypto.randomUUID();
  const inFlight = new Map<string, Promise<string>>();
  const closing = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();
  let pause: Pause | undefined;
  let attempts = 0;
  let encouragedAt = -Infinity;

  const renew = async (wish: Wish): Promise<string> => {
    const name = `${wish.id} ${wish.key}`;
    const joined = inFlight.get(name);
    if (!joined) return start(name, wish);
    const token = await joined;
    // It may have begun before the caller learned that this very token will not do.
    return token === wish.instead ? (inFlight.get(name) ?? start(name, wish)) : token;
  };

  const start = (name: string, wish: Wish): Promise<string> => {
    const work = queue.then(() => prepareAndRenew(wish));
    inFlight.set(name, work);
    const done = () => inFlight.delete(name);
    queue = work.then(done, done);
    return work;
  };

  const prepareAndRenew = async (wish: Wish): Promise<string> => {
    if (lifecycle?.isSuspended()) await awake(lifecycle);
    if (pause && !pause.isOver()) {
      // Somebody else may have been luckier.
      await keeper.sync();
      const token = usable(wish);
      if (token !== undefined) return token;
      throw pause.error;
    }
    const found = keeper.known();
    if (found && !renewInstead) {
      try {
        await source.prepare(found.record);
      } catch (error) {
        attempts += 1;
        failed(error, attempts);
        throw error;
      }
    }
    for (;;) {
      const token = await locked((waitedMs) => renewAlone(wish, waitedMs));
      if (token !== undefined) return token;
    }
  };

  /** A token that will do and is here already. */
  const usable = ({ id, instead, key }: Wish): string | undefined => {
    const held = keeper.known()?.record.id === id ? view.find(key) : undefined;
    const { accessToken } = held?.token ?? {};
    return accessToken !== instead && !held?.isExpired() ? accessToken : undefined;
  };

  /**
   * Nobody else renews meanwhile. While the store refuses what only this context has, the lock stays
   * ours, so that nobody spends what is already spent; the callers do not wait for that.
   */
  const locked = <T>(
    work: (waitedMs: number) => Promise<T>,
    isFirst = !keeper.unsaved(),
  ): Promise<T> => {
    if (!isFirst) return work(0);
    return new Promise((resolve, reject) => {
      const sinceAsked = stopwatch(clock);
      const alone = async () => {
        await work(sinceAsked()).then(resolve, reject);
        await keeper.unsaved();
      };
      const leaseMs = source.timeoutMs + LEASE_MS;
      const patienceMs = source.timeoutMs + PATIENCE_MS;
      const { signal } = closing;
      storing(() => store.withLock(key, alone, { leaseMs, patienceMs, signal })).catch(reject);
    });
  };

  /** The access token; `undefined` where the lock may have been lost and has to be asked for again. */
  const renewAlone = async (wish: Wish, waitedMs: number): Promise<string | undefined> => {
    const sinceLock = stopwatch(clock);
    for (let isSure = waitedMs < SEND_WITHIN_MS; ; isSure = false) {
      const found = await keeper.sync();
      if (found?.record.id !== wish.id) throw view.askForInteraction();
      const token = usable(wish);
      if (token !== undefined) return token;
      const { failure, intent, pending, refreshToken } = found.record;
      if (pending) {
        await settle(found, false);
        continue;
      }
      if (renewInstead) return renewOtherwise(found, wish, renewInstead);
      if (!refreshToken) throw view.askForInteraction();
      // Left behind by somebody who crashed, or else it is we who were given up and overtaken.
      if (intent && !isSure) return undefined;
      assertNotPaused(failure);
      const begun = await keeper.change(found, (now) => withIntent(now, owner, clock.now()));
      const spent = begun && (await spend(begun, wish, sinceLock));
      if (spent === tooLate) return undefined;
      if (spent !== undefined) return spent as string;
    }
  };

  /** Spends the refresh token. `undefined` where the record has to be looked at again. */
  const spend = async (
    begun: Found,
    wish: Wish,
    sinceLock: () => number,
  ): Promise<string | typeof tooLate | undefined> => {
    const { record } = begun;
    const target = wish.key ? wish.target : { resource: record.resource };
    let isSent = false;
    let answer: RawAnswer;
    try {
      answer = await source.refresh(record, target, () => {
        // A context that was frozen may have been given up and overtaken by now.
        if (sinceLock() > SEND_WITHIN_MS) throw tooLate;
        isSent = true;
      });
    } catch (error) {
      if (error === tooLate) {
        await keeper.change(begun, atRest).catch(() => {});
        return tooLate;
      }
      if (isVerdict(error) || (isRelierError(error) && isSessionEnded(error))) {
        await ended(record, error as AnyRelierError);
        return undefined;
      }
      return fail(begun, error, isSent && isAnswerLost(error));
    }
    const pending = { key: wish.key, target, answer };
    const kept = await keeper.keep(begun, (now) => withAnswer(now, pending));
    return kept?.record.pending === pending ? settle(kept, true) : undefined;
  };

  /** The server's verdict counts, unless it was about a token that is no longer ours. */
  const ended = async (record: SessionRecord, error: AnyRelierError): Promise<void> => {
    const found = await keeper.sync();
    if (!found || found.record.id !== record.id) return;
    if (found.record.refreshToken !== record.refreshToken) return;
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
        if (isNew && dropped) return fail(dropped, error, false);
        return undefined;
      }
      return fail(found, error, false);
    }
    const kept = await keeper.keep(found, (now) => withTokens(now, pending.key, tokens));
    if (kept?.record.id !== found.record.id) throw view.askForInteraction();
    pause = undefined;
    attempts = 0;
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
      tokens = await by({ ...target, claims: record.claims, idToken: record.idToken });
    } catch (error) {
      return fail(found, error, false);
    }
    if (tokens.claims?.sub !== record.claims?.sub) {
      await keeper.end(record, { reason: 'invalidResponse' });
      throw view.askForInteraction();
    }
    const kept = await keeper.keep(found, (now) => withTokens(now, key, tokens));
    if (kept?.record.id !== record.id) throw view.askForInteraction();
    return tokens.accessToken;
  };

  const assertNotPaused = (failure: Failure | undefined): void => {
    if (!failure) return;
    const { code, failedAt, isAskedFor, retryAt } = failure;
    const now = clock.now();
    const isWorthATry = !isAskedFor && failedAt <= encouragedAt;
    // A clock that was set back would make the pause endless.
    if (isWorthATry || now >= retryAt || now < failedAt) return;
    throw new TransportError(`The last refresh failed (${code}); the next one is due later.`, {
      code: 'refresh_postponed',
      phase: 'session',
      retryable: true,
      retryAfterMs: retryAt - now,
      reason: code,
    });
  };

  /** Keeps the session, tells everybody when to try again, and throws. */
  const fail = async (found: Found, error: unknown, isUnanswered: boolean): Promise<never> => {
    const failures = (found.record.failure?.attempts ?? 0) + 1;
    const { leftMs } = failed(error, failures);
    const failedAt = clock.now();
    const { code = 'unknown', retryAfterMs = 0 } = Object(error);
    const failure = {
      code,
      attempts: failures,
      failedAt,
      retryAt: failedAt + leftMs,
      isAskedFor: retryAfterMs > 0,
    };
    await keeper.change(found, (now) => withFailure(now, failure, isUnanswered)).catch(() => {});
    throw error;
  };

  const failed = (error: unknown, failures: number) => {
    const leftMs = pauseAfter(error, failures, random);
    const since = stopwatch(clock);
    const { code, retryAfterMs } = Object(error);
    pause = { error, leftMs, isAskedFor: retryAfterMs > 0, isOver: () => since() >= leftMs };
    if (isRelierError(error)) {
      if (code === 'interaction_required') view.askForInteraction(error);
      view.emit({ type: 'refreshFailed', error });
    }
    return pause;
  };

  return {
    renew,
    lastFailure: () => pause?.error,
    holdLock: () => void locked(async () => {}, true).catch(() => {}),
    isPaused: () => !!pause && !pause.isOver(),
    encourage() {
      encouragedAt = clock.now();
      if (!pause?.isAskedFor) pause = undefined;
    },
    close: () => closing.abort(),
  };
}

const tooLate = new StorageError('The lock was held for too long to begin a request.', {
  code: 'lock_timeout',
  retryable: true,
});

/** Whoever is about to be frozen begins nothing that has to be finished. */
function awake(lifecycle: SessionLifecycle): Promise<void> {
  return new Promise((resolve) => {
    const stop = lifecycle.listen(() => {
      if (lifecycle.isSuspended()) return;
      stop();
      resolve();
    });
  });
}
