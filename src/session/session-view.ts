import type { Clock } from '../clock.ts';
import { deepFreeze } from '../deep-freeze.ts';
import { type AnyRelierError, InteractionRequiredError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import type { IdTokenClaims } from '../tokens/id-token.ts';
import { quiet } from '../trace.ts';
import { type Lifetime, lifetimeOf } from './refresh-policy.ts';
import type { KeptToken, SessionRecord } from './session-record.ts';
import type { TokenTarget } from './token-source.ts';

/** A session as it is at this moment, without any token. Referentially stable until it changes. */
export interface SessionSnapshot {
  /**
   * `unknown` until the store has been read; `needsInteraction`: the access token has expired, and
   * the person has to sign in again to get another one.
   */
  readonly status: 'unknown' | 'signedOut' | 'signedIn' | 'needsInteraction';
  /** The claims of the ID token, where there is one. */
  readonly claims: IdTokenClaims | undefined;
  /** The scope that was granted. */
  readonly scope: string;
  /** When the access token of the sign-in expires, in milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

/** What a session tells those who listen. No event holds a token. */
export type SessionEvent =
  | {
      readonly type: 'signedIn';
      /** `establish` here, `restore` from the store, or `elsewhere` in another context. */
      readonly via: 'establish' | 'restore' | 'elsewhere';
    }
  | { readonly type: 'refreshed' }
  | {
      readonly type: 'signedOut';
      /**
       * `none`: the store has nobody; `user`: `signOut()` here; `elsewhere`: in another context;
       * `userChanged`: somebody else signed in; `ended`: the server's verdict; `invalidResponse`:
       * the server's answer was not for this session; `unreadable`: the stored record cannot be read.
       */
      readonly reason:
        | 'none'
        | 'user'
        | 'elsewhere'
        | 'userChanged'
        | 'ended'
        | 'invalidResponse'
        | 'unreadable';
      /** What the server answered, or what is wrong. */
      readonly error?: AnyRelierError | undefined;
      /**
       * The refresh token had been spent before by somebody who never came back with the answer: a
       * crash or a lost connection, and a server that grants no second try.
       */
      readonly answerLost?: boolean | undefined;
    }
  | { readonly type: 'needsInteraction'; readonly error: AnyRelierError }
  | { readonly type: 'refreshFailed'; readonly error: AnyRelierError }
  | { readonly type: 'storageDegraded'; readonly error: AnyRelierError };

/** Why the record is another one, or gone. */
export type Cause = Omit<Extract<SessionEvent, { type: 'signedOut' }>, 'type'> & {
  readonly via?: 'establish' | 'restore';
};

/** An access token in memory, ready to be handed out. */
export interface HeldToken extends Lifetime {
  /** The sign-in that it is of, if any. */
  readonly id?: string;
  /** Whose that is, where it is known. */
  readonly sub?: string | undefined;
  readonly token: KeptToken;
  readonly promise: Promise<string>;
}

/** What callers see of a session: its tokens, its snapshot, its events. */
export interface SessionView {
  /** Shows another record, or none. */
  show(record: SessionRecord | undefined, cause: Cause): void;
  /** Only the person can renew this sign-in; it stays. Says so once its token has expired. */
  askForInteraction(id: string, error: AnyRelierError): void;
  find(key: string): HeldToken | undefined;
  current(): SessionSnapshot;
  subscribe(listener: (event: SessionEvent) => void): () => void;
  emit(event: SessionEvent): void;
}

export function sessionView(clock: Clock, toleranceMs: number, random: () => number): SessionView {
  const listeners = new Set<(event: SessionEvent) => void>();
  let shown: SessionRecord | undefined;
  let tokens = new Map<string, HeldToken>();
  let snapshot = snapshotOf('unknown');

  const emit = (event: SessionEvent) => {
    for (const listener of [...listeners]) quiet(listener)(event);
  };

  const hold = (token: KeptToken, { claims, id }: SessionRecord): HeldToken => {
    const held = tokens.get(token.key);
    if (held && isSameToken(held.token, token)) return held;
    const promise = Promise.resolve(token.accessToken);
    const { sub } = claims ?? {};
    return { id, sub, token, promise, ...lifetimeOf(token, clock, toleranceMs, random) };
  };

  return {
    emit,
    show(record, cause) {
      const before = shown;
      const isOther = before?.id !== record?.id;
      const isNewUser = isOther && before && record && before.claims?.sub !== record.claims?.sub;
      if (isOther) tokens = new Map();
      const next = new Map(record?.tokens.map((token) => [token.key, hold(token, record)]));
      const main = next.get('');
      const isChanged = isOther || [...next].some(([key, held]) => tokens.get(key) !== held);
      // Another way to name what was asked for at sign-in.
      if (record?.resource && main) next.set(keyOf({ resource: record.resource }), main);
      shown = record;
      tokens = next;
      if (!isChanged && snapshot.status !== 'unknown') return;
      const newer = record
        ? snapshotOf('signedIn', record.claims, record.scope, main?.token.expiresAt)
        : snapshotOf('signedOut');
      if (JSON.stringify(newer) !== JSON.stringify(snapshot)) snapshot = newer;
      if (isNewUser) emit({ type: 'signedOut', reason: 'userChanged' });
      const { via = 'elsewhere', ...why } = cause;
      if (!record) emit({ type: 'signedOut', ...why });
      else emit(isOther ? { type: 'signedIn', via } : { type: 'refreshed' });
    },
    askForInteraction(id, error) {
      const { claims, expiresAt, scope, status } = snapshot;
      if (shown?.id !== id || status !== 'signedIn' || tokens.get('')?.isExpired() === false)
        return;
      snapshot = snapshotOf('needsInteraction', claims, scope, expiresAt);
      emit({ type: 'needsInteraction', error });
    },
    find: (key) => tokens.get(key),
    current: () => snapshot,
    subscribe(listener) {
      if (typeof listener !== 'function') throw invalidOption('listener', 'must be a function');
      // The same function may listen twice.
      const own = (event: SessionEvent) => listener(event);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

/** A server may give the same token again, with a new life. */
export function isSameToken(a: KeptToken | undefined, b: KeptToken | undefined): boolean {
  return a?.accessToken === b?.accessToken && a?.obtainedAt === b?.obtainedAt;
}

/** Nobody is signed in, or nobody is who the caller took for signed in, or the person has to come back. */
export function signInNeeded(
  message = 'The person has to sign in again.',
): InteractionRequiredError {
  return new InteractionRequiredError(message, {
    error: 'login_required',
    phase: 'session',
    retryable: false,
  });
}

/** Refuses to go on with the token of somebody else, who has signed in meanwhile. */
export function assertSamePerson(before: HeldToken, now: HeldToken): void {
  if (now.id !== before.id && (now.sub === undefined || now.sub !== before.sub)) {
    throw signInNeeded();
  }
}

/** What a token is for, as a key; nothing for what was asked for at sign-in. */
export function keyOf({ resource, scope }: TokenTarget): string {
  if (resource === undefined && scope === undefined) return '';
  return `${resource?.length ?? ''} ${resource ?? ''} ${scope ?? ''}`;
}

function snapshotOf(
  status: SessionSnapshot['status'],
  claims?: IdTokenClaims,
  scope = '',
  expiresAt?: number,
): SessionSnapshot {
  return Object.freeze({ status, claims: claims && deepFreeze(claims), scope, expiresAt });
}
