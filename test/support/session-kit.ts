import { exportJWK, type JWTPayload } from 'jose';
import {
  createSession,
  type Session,
  type SessionEvent,
  type SessionLifecycle,
  type SessionOptions,
  type TokenSet,
} from '../../src/index.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { type FaultyStore, faultyStore } from './faulty-store.ts';
import {
  issuer,
  type ScriptedClientOptions,
  scriptedProvider,
  serverKeys,
} from './scripted-provider.ts';
import { defer, json, type Responder, type ScriptedRequest } from './scripted-web.ts';

export const tokenEndpoint = `${issuer}/token`;
export const jwks = `${issuer}/jwks`;
export const minute = 60_000;
/** How long access tokens live here, in milliseconds. */
export const lifetime = 10 * minute;

/** A session in a context of its own: its own client, its own way to the store. */
export interface Context {
  readonly session: Session;
  readonly store: FaultyStore;
  /** Everything that the session told, oldest first. */
  readonly events: readonly SessionEvent[];
  /** The types of the events, with the reason where there is one. */
  told(): string[];
}

export interface ContextOptions extends Partial<Omit<SessionOptions, 'client'>> {
  readonly client?: ScriptedClientOptions;
}

/**
 * A provider that rotates refresh tokens strictly, one store, and as many contexts as a test opens.
 * Tokens are called `access-canary-1`, `refresh-canary-1` and so on; the sign-in's are number 0.
 */
export function sessionKit() {
  const op = scriptedProvider();
  const inner = memoryStore({ clock: op.clock });
  const contexts: Context[] = [];
  const revoked: string[] = [];
  let issued = 0;
  let living = 'refresh-canary-0';
  let isReused = false;

  /** What a correct provider answers, with the members that a test wants otherwise. */
  const granted = (members: Record<string, unknown> = {}) => {
    issued += 1;
    const answer = {
      access_token: `access-canary-${issued}`,
      refresh_token: `refresh-canary-${issued}`,
      token_type: 'Bearer',
      expires_in: lifetime / 1000,
      ...members,
    };
    if (answer.refresh_token) living = String(answer.refresh_token);
    return answer;
  };

  const rotate: Responder = ({ body }) => {
    const given = new URLSearchParams(body).get('refresh_token');
    if (given === living) return json(granted());
    isReused = true;
    return json({ error: 'invalid_grant' }, 400);
  };
  op.web.on(tokenEndpoint, rotate);
  op.web.on(`${issuer}/revoke`, ({ body }) => {
    revoked.push(`${new URLSearchParams(body).get('token')}`);
    return json({});
  });

  return {
    op,
    clock: op.clock,
    inner,
    contexts,
    /** Refresh tokens that were revoked, oldest first. */
    revoked: revoked as readonly string[],
    granted,
    rotate,
    /** Whether the provider has seen a refresh token that it had replaced. */
    isReused: () => isReused,
    /** How many refreshes were sent. */
    refreshes: () => op.tokenRequests().length,
    /** How the token endpoint answers from now on; without a responder as it should. */
    answer(responder: Responder = rotate) {
      op.web.on(tokenEndpoint, responder);
    },
    /** The token endpoint answers when the test says so, and as it should. */
    hold(responder: Responder = rotate) {
      const asked = defer<ScriptedRequest>();
      const go = defer();
      op.web.on(tokenEndpoint, async (request) => {
        asked.resolve(request);
        // Who was first in line counts for the server, not who hears of it first.
        const answer = await responder(request);
        await go.promise;
        return answer;
      });
      return { asked: asked.promise, release: () => go.resolve() };
    },
    open({ client, ...options }: ContextOptions = {}): Context {
      const store = faultyStore(options.store ?? inner);
      const session = createSession({
        random: () => 0.5,
        ...options,
        client: op.client(client),
        store,
      });
      const events: SessionEvent[] = [];
      session.subscribe((event) => void events.push(event));
      const told = () =>
        events.map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type));
      const context = { session, store, events, told };
      contexts.push(context);
      return context;
    },
    /** An ID token for Ada, issued now. */
    idToken(claims: JWTPayload = {}, header: object = {}) {
      const iat = Math.floor(op.clock.now() / 1000);
      return op.idToken({ iat, exp: iat + 300, ...claims }, header);
    },
    /** What a sign-in of Ada brings. */
    tokens(members: Partial<TokenSet> = {}): TokenSet {
      const obtainedAt = op.clock.now();
      return {
        accessToken: 'access-canary-0',
        refreshToken: 'refresh-canary-0',
        tokenType: 'Bearer',
        obtainedAt,
        expiresAt: obtainedAt + lifetime,
        scope: 'openid orders',
        claims: claimsOf('ada', op.now),
        ...members,
      };
    },
    /** What a sign-in of Grace brings. */
    graces(): TokenSet {
      return this.tokens({
        accessToken: 'access-canary-grace',
        refreshToken: 'refresh-canary-grace',
        claims: claimsOf('grace', op.now),
      });
    },
    /** A context in which Ada has signed in. */
    async signedIn(options: ContextOptions = {}, members: Partial<TokenSet> = {}) {
      const context = this.open(options);
      await context.session.establish(this.tokens(members));
      return context;
    },
    /** A context in which Ada signed in, and whose access token is over. */
    async expired(options: ContextOptions = {}, members: Partial<TokenSet> = {}) {
      const context = await this.signedIn(options, members);
      op.clock.advance(lifetime + 1);
      return context;
    },
    /** The record as it is stored, whatever a context thinks of it. */
    async stored() {
      const found = await inner.read(recordKey);
      return found && JSON.parse(found.value);
    },
    /** As if somebody had signed out whom no context hears of. */
    async deleteRecord() {
      const found = await inner.read(recordKey);
      if (found) await inner.delete(recordKey, found.revision);
    },
    /** Puts anything in the place of the record. */
    async putRecord(value: string) {
      const found = await inner.read(recordKey);
      await inner.write(recordKey, value, found?.revision ?? null);
    },
  };
}

export type SessionKit = ReturnType<typeof sessionKit>;

const publicJwk = await exportJWK(serverKeys.publicKey);

/** The provider's keys, under the id that it has given them lately. */
export const keysAs = (kid: string) => () => json({ keys: [{ ...publicJwk, kid, alg: 'ES256' }] });

export const recordKey = ['session', issuer, 'app', 'default'].join('\n');

export function claimsOf(sub: string, now: number): JWTPayload & TokenSet['claims'] & object {
  return { iss: issuer, sub, aud: 'app', iat: now, exp: now + 300 };
}

/** A page that can be frozen and wakes up again. */
export function createLifecycle() {
  const listeners = new Set<() => void>();
  let isSuspended = false;
  const lifecycle: SessionLifecycle = {
    isSuspended: () => isSuspended,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return {
    ...lifecycle,
    suspend() {
      isSuspended = true;
    },
    wake() {
      isSuspended = false;
      for (const listener of [...listeners]) listener();
    },
    listeners: () => listeners.size,
  };
}
