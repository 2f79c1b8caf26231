import { abortable } from '../abortable.ts';
import type { Clock } from '../clock.ts';
import {
  type AnyRelierError,
  isRelierError,
  type StepUpDetails,
  type StepUpRequiredError,
} from '../errors.ts';
import {
  invalidOption,
  requireAmount,
  requireOptions,
  requireResources,
  requireText,
} from '../options.ts';
import type { SessionStore } from '../storage/session-store.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import type { SessionLifecycle, SessionNotifier } from './environment.ts';
import { lockedRenewal } from './locked-renewal.ts';
import { recordKeeper } from './record-keeper.ts';
import { refreshPause } from './refresh-pause.ts';
import { renewal } from './renewal.ts';
import { type KeptToken, type SessionRecord, signedIn } from './session-record.ts';
import {
  type HeldToken,
  keyOf,
  type SessionEvent,
  type SessionSnapshot,
  sessionView,
  signInNeeded,
} from './session-view.ts';
import { checkPerson, checkStepUp, stepUpError } from './step-up.ts';
import type { Renew, TokenSource } from './token-source.ts';
import { within } from './within.ts';

/** What an access token is asked for with. */
export interface SessionTokenOptions {
  /** The resource it is for, where that is not what was asked for at sign-in (RFC 8707). */
  readonly resource?: string | undefined;
  /** A narrower scope, space-separated. */
  readonly scope?: string | undefined;
  /**
   * How long it should live at least, in seconds. A server whose tokens live shorter gives what it
   * gives.
   * @default 0
   */
  readonly minValiditySeconds?: number | undefined;
  /** The access token that an API refused: any other one will do. */
  readonly rejected?: string | undefined;
  /**
   * Asks for a newer one, whatever is at hand.
   * @default false
   */
  readonly force?: boolean | undefined;
  /** Gives up waiting; others may wait for the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link Session.signOut} leaves to do. */
export interface SignedOut {
  /**
   * The ID token of the session, for `createLogoutRequest`: to sign out at the provider, too, the
   * person has to be sent there.
   */
  readonly idTokenHint?: string;
}

export interface EngineOptions {
  /** The record's key in the store. */
  readonly key: string;
  readonly store: SessionStore;
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly clockToleranceSeconds: number;
  /** Numbers from 0 to 1, to spread what contexts do. */
  readonly random: () => number;
  readonly notifier?: SessionNotifier | undefined;
  readonly lifecycle?: SessionLifecycle | undefined;
  readonly isSessionEnded?: ((error: AnyRelierError) => boolean) | undefined;
  readonly renew?: Renew | undefined;
}

/** One session in one context. */
export interface Engine {
  establish(tokens: TokenSet, stepUp?: StepUpDetails, sub?: string): Promise<void>;
  restore(): Promise<SessionSnapshot>;
  current(): SessionSnapshot;
  getAccessToken(options?: SessionTokenOptions): Promise<string>;
  /** The same, with what is needed to present it. */
  getToken(options?: SessionTokenOptions): Promise<HeldToken>;
  signOut(): Promise<SignedOut>;
  /** The error for what an API asks for. */
  stepUpError(origin: string, details: StepUpDetails, refused: KeptToken): StepUpRequiredError;
  subscribe(listener: (event: SessionEvent) => void): () => void;
  close(): void;
}

/** Revocation is a courtesy, and waits no longer than this. */
const REVOKE_MS = 2_000;
/** How often something may come in between before a caller hears of it. */
const MOST_REPEATS = 3;

export function createEngine(options: EngineOptions): Engine {
  const { clock, key, lifecycle, notifier, random, source, store } = options;
  const view = sessionView(clock, options.clockToleranceSeconds * 1000, random);
  const revoking = new Map<string, Promise<void>>();
  /** Once is enough, and nobody can do anything about it if it fails. */
  const revoke = (token: string): Promise<void> => {
    const work =
      revoking.get(token) ??
      source
        .revoke(token)
        .catch(() => {})
        .then(() => void revoking.delete(token));
    revoking.set(token, work);
    return work;
  };
  const keeper = recordKeeper({
    key,
    store,
    clock,
    view,
    notify: () => void quietly(() => notifier?.notify()),
    discard: (token) => void revoke(token),
  });
  const pause = refreshPause(clock, random, view);
  const alone = lockedRenewal({
    ...{ source, clock, keeper, view, pause },
    isSuspended: () => !!lifecycle?.isSuspended(),
    wakes: () => wakes,
    isSessionEnded: options.isSessionEnded ?? (() => false),
    renewInstead: options.renew,
  });
  const tokens = renewal({ key, store, source, clock, keeper, pause, view, lifecycle, alone });

  /** What is known is what the store had a moment ago; not so before the first read, or after a sleep. */
  let isCurrent = false;
  let isClosed = false;
  let stops: (() => void)[] | undefined;
  const listen = () => {
    if (isClosed) throw invalidOption('session', 'was closed');
    if (stops) return;
    stops = [];
    for (const start of [
      () => notifier?.listen(follow),
      () => store.watch?.(key, follow),
      () => lifecycle?.listen(wake),
    ]) {
      void quietly(() => {
        const stop = start();
        if (typeof stop === 'function') stops?.push(stop);
      });
    }
  };

  /** How often something was heard that may have changed what is stored. */
  let news = 0;
  let isUsed = false;
  const read = async (via?: 'restore') => {
    isUsed = true;
    const before = news;
    const found = await keeper.sync(via);
    isCurrent = news === before && !isClosed;
    return found;
  };

  let isFollowing = false;
  const follow = () => {
    news += 1;
    isCurrent = false;
    // Before its first use a session reads nothing.
    if (!isUsed) return;
    if (!isFollowing) void catchUp();
  };
  const catchUp = async () => {
    isFollowing = true;
    for (let heard = -1; heard !== news && !isClosed; ) {
      heard = news;
      // Where the store fails, the next caller tries again.
      await read().catch(() => {});
    }
    isFollowing = false;
  };

  let wakes = 0;
  const wake = () => {
    wakes += 1;
    if (!isUsed || lifecycle?.isSuspended()) return;
    news += 1;
    isCurrent = false;
    const hadFailed = pause.isRetryable();
    pause.encourage();
    const retry = async () => {
      await read();
      if (hadFailed && keeper.known()) await getToken();
    };
    retry().catch(() => {});
  };

  const getToken = async (wanted: SessionTokenOptions = {}, repeats = 0): Promise<HeldToken> => {
    listen();
    requireOptions(wanted);
    const { force, minValiditySeconds = 0, rejected, resource, scope, signal } = wanted;
    requireAmount(minValiditySeconds, 'minValiditySeconds');
    if (resource !== undefined) requireResources(requireText(resource, 'resource'));
    if (scope !== undefined) requireText(scope, 'scope');
    // Whoever is signed out looks whether that is still so: there is no token to lose time over.
    if (!isCurrent || !keeper.known()) {
      await read(isCurrent ? undefined : 'restore').catch((error) => {
        if (!keeper.known()) throw error;
      });
    }
    const found = keeper.known();
    if (!found) throw signInNeeded('Nobody is signed in.');
    const tokenKey = keyOf(wanted);
    const held = view.find(tokenKey);
    const isGood = !!held && held.token.accessToken !== rejected && !force;
    const lasts = isGood && held.lasts(minValiditySeconds * 1000);
    if (held && lasts && held.isFresh()) return held;
    const { claims, id } = found.record;
    const wish = {
      id,
      key: held?.token.key ?? tokenKey,
      target: { resource, scope },
      instead: held?.token,
      rejected,
    };
    const canRenew = found.record.refreshToken || options.renew;
    if (isGood && !canRenew && !held.isExpired()) return held;
    // It is due, and still good enough to work with meanwhile.
    if (held && lasts) {
      const isTime = !pause.reason(wish.key) && !lifecycle?.isSuspended();
      if (isTime) tokens.renew(wish).catch(() => {});
      return held;
    }
    const isStill = () => keeper.known()?.record.id === id;
    try {
      const token = await abortable(() => tokens.renew(wish), signal, 'session');
      if (!isStill()) throw signInNeeded();
      const renewed = view.find(tokenKey);
      // It may have expired since, while this context was frozen; then once more. But a server whose
      // tokens are over at once has no better ones.
      const { expiresAt = Infinity, obtainedAt = 0 } = renewed?.token ?? {};
      const isGiven = repeats >= MOST_REPEATS || !renewed?.isExpired() || expiresAt <= obtainedAt;
      if (renewed?.token.accessToken === token && isGiven) return renewed;
    } catch (error) {
      // A wish for a longer life is no reason to have none.
      if (isGood && !held.isExpired() && isStill()) return held;
      const isOver = isRelierError(error) && error.code === 'interaction_required';
      const now = keeper.known()?.record;
      const isBack = now?.id !== id && !!claims && now?.claims?.sub === claims.sub;
      // The same person has signed in again meanwhile.
      if (!isOver || !isBack || repeats >= MOST_REPEATS) {
        if (isOver) view.askForInteraction(id, error);
        throw error;
      }
    }
    // A newer one has come in between.
    return getToken({ resource, scope, signal }, repeats + 1);
  };

  return {
    current: view.current,
    getToken,
    getAccessToken(wanted) {
      if (wanted) {
        const { force, minValiditySeconds, rejected, signal } = wanted;
        const isPlain = !force && !rejected && !signal && minValiditySeconds === undefined;
        if (!isPlain || typeof wanted !== 'object') {
          return getToken(wanted).then(({ token }) => token.accessToken);
        }
      }
      const held = view.find(wanted ? keyOf(wanted) : '');
      if (held && isCurrent && held.isFresh()) return held.promise;
      return getToken(wanted).then(({ token }) => token.accessToken);
    },
    async establish(issued, stepUp, sub) {
      listen();
      isUsed = true;
      pause.encourage();
      const id = crypto.randomUUID();
      const about = { key, id, signedInAt: clock.now(), stepUp };
      const oldest = (maxAge: number) =>
        issued.obtainedAt / 1000 - maxAge - options.clockToleranceSeconds;
      const check = (before: SessionRecord | undefined) => {
        try {
          if (sub !== undefined || stepUp) checkPerson(sub ?? before?.claims?.sub, issued.claims);
          if (stepUp) checkStepUp(stepUp, issued.claims, oldest);
        } catch (error) {
          // Of the same person, a server may know only one grant.
          const own = before?.claims?.sub ?? sub;
          const isForeign = own !== undefined && own !== issued.claims?.sub;
          if (issued.refreshToken && isForeign) void revoke(issued.refreshToken);
          throw error;
        }
      };
      const record = plain(signedIn(issued, about));
      const before = news;
      await keeper.replace(record, check);
      if (news === before) isCurrent = !isClosed;
    },
    async restore() {
      listen();
      const found = await read('restore');
      const isEnding = found && !found.record.refreshToken && !options.renew;
      if (isEnding) view.askForInteraction(found.record.id, signInNeeded());
      return view.current();
    },
    async signOut() {
      listen();
      isUsed = true;
      const { idTokenHint, refreshTokens, refusal } = await keeper.remove();
      const revoked = () => Promise.all(refreshTokens.map(revoke));
      await within(clock, REVOKE_MS, revoked).catch(() => {});
      if (refusal) throw refusal;
      return Object.freeze(idTokenHint === undefined ? {} : { idTokenHint });
    },
    stepUpError(origin, details, { accessToken }) {
      const record = keeper.known()?.record;
      // The answer may be about a sign-in that has been replaced meanwhile.
      const isOfIt = record?.tokens.some((token) => token.accessToken === accessToken);
      return stepUpError(origin, details, isOfIt ? record : undefined, clock.now());
    },
    subscribe: view.subscribe,
    close() {
      isClosed = true;
      isCurrent = false;
      for (const stop of stops ?? []) void quietly(stop);
      stops = [];
      tokens.close();
      keeper.close();
    },
  };
}

/** As it will be stored, so that what the caller does to the tokens afterwards changes nothing. */
function plain(record: SessionRecord): SessionRecord {
  try {
    return JSON.parse(JSON.stringify(record));
  } catch {
    throw invalidOption('tokens', 'must be plain JSON');
  }
}

/** What must not get in the way, whatever it does. */
async function quietly(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch {
    // Theirs to find.
  }
}
