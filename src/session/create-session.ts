import type { RequestOptions } from '../client/call-endpoint.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import type { AnyRelierError, StepUpDetails } from '../errors.ts';
import {
  invalidOption,
  requireFunctions,
  requireMethods,
  requireOptions,
  requireText,
} from '../options.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { askResource } from '../tokens/fetch-resource.ts';
import { fetchUserInfo, type UserInfo } from '../tokens/fetch-user-info.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { clientTokenSource } from './client-token-source.ts';
import { createEngine, type SessionTokenOptions, type SignedOut } from './engine.ts';
import type { SessionLifecycle, SessionNotifier } from './environment.ts';
import { requireTokenSet } from './require-token-set.ts';
import { type SessionResource, sessionFetch, TOO_YOUNG_TO_REPLACE_MS } from './session-fetch.ts';
import type { KeptToken } from './session-record.ts';
import {
  assertSamePerson,
  type HeldToken,
  type SessionEvent,
  type SessionSnapshot,
} from './session-view.ts';
import { requireStepUp } from './step-up.ts';
import type { Renew } from './token-source.ts';

/** What {@link createSession} takes. */
export interface SessionOptions {
  /** The client that the tokens are issued to. */
  readonly client: Client;
  /** Where the session is kept. All who share it share the session. */
  readonly store: SessionStore;
  /**
   * The APIs that `session.fetch` may send tokens to; the longest path that fits counts.
   * @default []
   */
  readonly resources?: readonly SessionResource[] | undefined;
  /**
   * Tells several sessions of one client in one store apart: one per browser on a server, one per
   * account in an app.
   * @default 'default'
   */
  readonly name?: string | undefined;
  /**
   * Gets new tokens in place of a refresh token.
   * @default by refresh token
   */
  readonly renew?: Renew | undefined;
  /**
   * Whether an error means that the server has ended the session, for a server that does not say
   * `invalid_grant`. Asked about every refresh that fails.
   */
  readonly isSessionEnded?: ((error: AnyRelierError) => boolean) | undefined;
  /** Tells other contexts that something has changed, where the store cannot. */
  readonly notifier?: SessionNotifier | undefined;
  /** Whether this context is about to be frozen, and when it is awake again. */
  readonly lifecycle?: SessionLifecycle | undefined;
  /**
   * Numbers from 0 up to 1, to spread in time what many contexts do.
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
}

/** What {@link Session.establish} takes besides the tokens. */
export interface EstablishOptions {
  /** What an API has asked for, where that is why the person has signed in again (RFC 9470). */
  readonly stepUp?: StepUpDetails | undefined;
  /** Who it has to be; whoever is signed in at that moment, if nothing is said. */
  readonly sub?: string | undefined;
}

/** A person's session: its tokens are kept alive, and handed out as they are needed. */
export interface Session {
  /**
   * Puts a new sign-in in the place of what there is. With `stepUp`, the error of `fetch` that it
   * answers, it has to be the same person's and what the API has asked for; else everything stays as
   * it was.
   *
   * @throws StorageError where the store refuses it: everything is as it was, and the tokens can be
   * offered again; ValidationError `invalid_id_token`; ConfigurationError `invalid_option`.
   */
  establish(tokens: TokenSet, options?: EstablishOptions): Promise<void>;
  /** Reads the store; asks nobody else. */
  restore(): Promise<SessionSnapshot>;
  /** The session at this moment, without any token. The same object until something changes. */
  current(): SessionSnapshot;
  /**
   * A living access token, renewed where that is due.
   *
   * @throws InteractionRequiredError `interaction_required` where nobody is signed in, or the person
   * has to sign in again. Everything else leaves the session as it is: TransportError,
   * TimeoutError, OAuthResponseError, StorageError, ValidationError, ConfigurationError.
   */
  getAccessToken(options?: SessionTokenOptions): Promise<string>;
  /**
   * The platform's `fetch` with an access token, for the configured `resources`. Renews a token that
   * the API refuses, once.
   *
   * @throws StepUpRequiredError `step_up_required` where the API wants a stronger sign-in (RFC
   * 9470), `step_up_failed` where it still does after one; ConfigurationError `invalid_option` for any other URL; what `getAccessToken` throws.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** What the provider says about the person (OpenID Connect Core 1.0 section 5.3). */
  userInfo(options?: RequestOptions): Promise<UserInfo>;
  /**
   * Ends the session here and in the store, and has the server revoke its refresh token, if it can be
   * reached. The provider's own session goes on: `createLogoutRequest` with what is returned ends it.
   *
   * @throws StorageError where the store still has the session: it stays ended in this context, and
   * the store is asked again whenever it is read.
   */
  signOut(): Promise<SignedOut>;
  /** Calls the listener with every event. The returned function ends it. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /** Lets go of the store and everything else; the session itself stays as it is. */
  close(): void;
}

/**
 * Keeps a sign-in alive: across reloads, processes and tabs as far as the store reaches, through
 * outages and sleep, with one refresh for all who share it. Only the server's verdict or the person
 * ends it.
 *
 * @param options `client` and `store`; `resources` for `session.fetch`; `name`, `renew`,
 * `isSessionEnded`, `notifier`, `lifecycle`, `random`.
 * @returns the session. Nothing is read or sent until it is used.
 * @throws ConfigurationError `invalid_option`, `insecure_url`
 * @see RFC 6749 section 6, RFC 9700 section 4.14, RFC 8707
 *
 * @example
 * ```ts
 * import { createClient, createSession, memoryStore } from 'relier'
 *
 * const client = createClient({ issuer: 'https://login.example.com', clientId: 'my-app' })
 * export const session = createSession({
 *   client,
 *   store: memoryStore(),
 *   resources: [{ url: 'https://api.example.com' }],
 * })
 *
 * // after a sign-in: await session.establish(tokens)
 * export async function orders() {
 *   const response = await session.fetch('https://api.example.com/orders')
 *   return response.json()
 * }
 * ```
 */
export function createSession(options: SessionOptions): Session {
  requireOptions(options);
  const { client, name = 'default', random = Math.random, resources = [], store } = options;
  const context = contextOf(client);
  const { allowLoopback, clientId, clock, clockToleranceSeconds, issuer } = context;
  requireMethods(store, 'store', ['read', 'write', 'delete', 'withLock']);
  if (!Array.isArray(resources)) throw invalidOption('resources', 'must be a list');
  requireFunctions(options, ['renew', 'isSessionEnded', 'random']);
  const { isSessionEnded, lifecycle, notifier, renew } = options;
  if (notifier !== undefined) requireMethods(notifier, 'notifier', ['notify', 'listen']);
  if (lifecycle !== undefined) requireMethods(lifecycle, 'lifecycle', ['isSuspended', 'listen']);

  const engine = createEngine({
    key: ['session', issuer, clientId, requireText(name, 'name')].join('\n'),
    source: clientTokenSource(client),
    ...{ store, clock, clockToleranceSeconds, random },
    ...{ isSessionEnded, lifecycle, notifier, renew },
  });
  const ageOf = ({ obtainedAt }: KeptToken) => Math.abs(clock.now() - obtainedAt);
  const { current, getAccessToken, getToken, restore, signOut, subscribe, close } = engine;

  return Object.freeze({
    ...{ current, getAccessToken, restore, signOut, subscribe, close },
    async establish(tokens: TokenSet, asked: EstablishOptions = {}) {
      requireOptions(asked);
      requireTokenSet(tokens, 'tokens');
      const { stepUp, sub } = asked;
      if (sub !== undefined) requireText(sub, 'sub');
      await engine.establish(tokens, requireStepUp(stepUp), sub);
    },
    fetch: sessionFetch({
      resources,
      allowLoopback,
      getToken,
      ageOf,
      stepUpError: engine.stepUpError,
      send: (token, url, request) => askResource(client, token, url, request),
    }),
    async userInfo(request: RequestOptions = {}) {
      requireOptions(request);
      const { signal } = request;
      const ask = async (before?: HeldToken) => {
        const rejected = before?.token.accessToken;
        const held = await getToken({ rejected, signal });
        if (before) assertSamePerson(before, held);
        const { claims } = current();
        const tokens = { ...held.token, ...(claims && { claims }) };
        return { held, answer: fetchUserInfo(client, tokens, { signal }) };
      };
      const { answer, held } = await ask();
      try {
        return await answer;
      } catch (error) {
        const isOld = ageOf(held.token) >= TOO_YOUNG_TO_REPLACE_MS;
        if (Object(error).error !== 'invalid_token' || !isOld) throw error;
        return (await ask(held)).answer;
      }
    },
  });
}
