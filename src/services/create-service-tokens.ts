import { abortable } from '../abortable.ts';
import type { RequestOptions } from '../client/call-endpoint.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { StepUpRequiredError } from '../errors.ts';
import {
  addExtraParameters,
  invalidOption,
  requireAmount,
  requireMethods,
  requireOptions,
  requireResources,
  requireText,
} from '../options.ts';
import { type SessionResource, sessionFetch } from '../session/session-fetch.ts';
import type { HeldToken } from '../session/session-view.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { askResource } from '../tokens/fetch-resource.ts';
import { quiet } from '../trace.ts';
import { type ServiceGrant, type ServiceTokenTarget, tokenMaker } from './service-grant.ts';
import type { ServiceTokenEvent } from './service-token-event.ts';
import { sharedToken, type Want } from './shared-token.ts';
import { type TokenKeeper, tokenKeeper } from './token-keeper.ts';

/** What {@link createServiceTokens} takes. */
export interface ServiceTokensOptions {
  /** The client, with its credentials. */
  readonly client: Client;
  /** The scope to ask for, space-separated, where a call names no other. */
  readonly scope?: string | undefined;
  /** The resources that tokens are for (RFC 8707), where a call names no others. */
  readonly resource?: string | readonly string[] | undefined;
  /** Parameters of this server's own, such as `audience`. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Another way to get tokens, such as a token exchange or a JWT of another issuer.
   * @default client credentials
   */
  readonly grant?: ServiceGrant | undefined;
  /** The APIs that `fetch` may send tokens to. */
  readonly resources?: readonly SessionResource[] | undefined;
  /**
   * Shares tokens among processes, with one request for all of them. It holds credentials, so it
   * should encrypt: `redisStore` does, `encryptedStore` adds it to any other.
   * @default none: tokens stay in this process
   */
  readonly store?: SessionStore | undefined;
  /**
   * How long a token lives where the server does not say, in seconds.
   * @default 300
   */
  readonly assumedLifetimeSeconds?: number | undefined;
  /**
   * The SHA-256 thumbprint of the client's certificate (`x5t#S256`), where tokens are bound to it
   * (RFC 8705). With `tlsClientAuth` and a `store` it has to be there, so that processes with
   * different certificates do not share tokens.
   */
  readonly certificateThumbprint?: string | undefined;
  /** Told what happens, for counters. What it throws harms nobody. */
  readonly metrics?: ((event: ServiceTokenEvent) => void) | undefined;
  /**
   * Numbers from 0 to below 1, for the jitter of renewals and pauses.
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
}

/** What a call of {@link ServiceTokens} may ask for. */
export interface ServiceTokenOptions extends ServiceTokenTarget, RequestOptions {
  /**
   * How long the token should live at least, in seconds. A server whose tokens live shorter gives
   * what it gives.
   * @default 0
   */
  readonly minValiditySeconds?: number | undefined;
  /** The access token that an API refused: any other one will do. */
  readonly rejected?: string | undefined;
}

/** Tokens of a service, one per scope, resource and subject. */
export interface ServiceTokens {
  /**
   * An access token that lives. From memory, mostly: one that is about to expire is given out while
   * it is renewed, and only without a living one does a caller wait, for the same request as all
   * others. Rejects with what the grant has thrown, again and again for a few seconds, or with
   * `refresh_postponed` where another process has failed.
   */
  getAccessToken(options?: ServiceTokenOptions): Promise<string>;
  /**
   * Calls one of the `resources` with a token, bearer or bound to the client's key. A token that the
   * API does not take is replaced once, unless it is younger than 30 seconds; a body that can be
   * sent only once is not repeated. Follows no redirect. The answer is yours, whatever its status.
   */
  fetch(
    input: string | URL | Request,
    init?: RequestInit,
    options?: Pick<ServiceTokenTarget, 'subject'>,
  ): Promise<Response>;
  /** Ends what is under way and forgets the tokens of this process; later calls are refused. */
  close(): void;
}

/** More would be a leak somewhere; those that were got longest ago go. */
const MOST_TOKENS = 10_000;
/** So long somebody else may take for a request and to lose the lock, and nobody waits for longer. */
const BEYOND_LEASE_MS = 6_000;
/** What timers of platforms take, and what is left of it for the sums below. */
const LONGEST_MS = 2 ** 28;

/**
 * Keeps tokens for a service that calls others on its own behalf: one request per token and
 * expiry, however many calls there are, and with a `store` however many processes. Tokens are
 * renewed ahead of their end, by the call that comes then, so a service that rests asks for none.
 * When the provider fails, tokens serve until they expire, and it is asked again after pauses of up
 * to eight seconds, or as it has asked for. When the store fails, every process helps itself.
 *
 * @param options `client`; `scope`, `resource`, `extraParameters`, `grant`; `resources` for
 * `fetch`; `store`, `assumedLifetimeSeconds`, `certificateThumbprint`, `metrics`, `random`.
 * @returns the tokens. Nothing is read or sent until they are used, and no timer runs between calls.
 * @throws ConfigurationError `invalid_option`, `insecure_url`, `reserved_parameter`
 * @see RFC 6749 section 4.4, RFC 7523, RFC 8693, RFC 8705 section 3, RFC 9449
 *
 * @example
 * ```ts
 * import { clientSecret, createClient, createServiceTokens } from 'relier'
 *
 * const tokens = createServiceTokens({
 *   client: createClient({
 *     issuer: 'https://login.example.com',
 *     clientId: 'reports',
 *     authentication: clientSecret('…'),
 *   }),
 *   scope: 'stock:read',
 *   resources: [{ url: 'https://stock.example.com' }],
 * })
 *
 * export async function stock(): Promise<unknown> {
 *   const response = await tokens.fetch('https://stock.example.com/items')
 *   return response.json()
 * }
 * ```
 */
export function createServiceTokens(options: ServiceTokensOptions): ServiceTokens {
  requireOptions(options);
  const { assumedLifetimeSeconds = 300, certificateThumbprint, client, grant } = options;
  const { metrics = () => {}, random = Math.random, resources = [], store } = options;
  const context = contextOf(client);
  const { allowLoopback, clock, clockToleranceSeconds } = context;
  const need = (option: keyof ServiceTokensOptions, ok: boolean, problem: string) => {
    if (!ok) throw invalidOption(option, problem);
  };
  need('resources', Array.isArray(resources), 'must be a list');
  if (store !== undefined) requireMethods(store, 'store', ['read', 'write', 'withLock']);
  for (const option of ['metrics', 'random'] as const) {
    const given = options[option];
    need(option, given === undefined || typeof given === 'function', 'must be a function');
  }
  if (grant !== undefined) {
    requireOptions(grant, 'grant');
    requireText(grant.name, 'grant.name');
    need('grant', typeof grant.request === 'function', 'must have a function request');
  }
  if (certificateThumbprint !== undefined) {
    requireText(certificateThumbprint, 'certificateThumbprint');
  } else {
    const isBound = !!store && !!context.authentication.mutualTls;
    need('certificateThumbprint', !isBound, 'is needed with tlsClientAuth and a store');
  }
  const lifetime = requireAmount(assumedLifetimeSeconds, 'assumedLifetimeSeconds');
  need('assumedLifetimeSeconds', lifetime > 0, 'must be more than 0');
  // With nothing of ours beside them; the grant looks once more.
  addExtraParameters(new URLSearchParams(), options.extraParameters);

  const emit = quiet<ServiceTokenEvent>(metrics);
  const flights = new Set<AbortController>();
  const timeoutMs = Math.min(context.timeoutMs, LONGEST_MS);
  const patienceMs = timeoutMs + BEYOND_LEASE_MS;
  const { nameOf, request } = tokenMaker(client, { ...options, assumedLifetimeSeconds });
  const alone = async (want: Want) => void (await want.request());
  // Not by import(): bundlers that split would cut every page's bundle in two for it.
  const obtain = store ? sharedToken({ clock, emit, patienceMs, store }) : alone;

  const targetOf = ({ resource, scope, subject }: ServiceTokenTarget) => {
    if (scope !== undefined) requireText(scope, 'scope');
    if (subject !== undefined) requireText(subject, 'subject');
    return { resource: requireResources(resource), scope, subject };
  };
  const usualTarget = targetOf({ resource: options.resource, scope: options.scope });
  const keyOf = (target: ServiceTokenTarget) => JSON.stringify(Object.values(target));
  const usualKey = keyOf(usualTarget);

  const keeperOf = (target: ServiceTokenTarget): TokenKeeper =>
    tokenKeeper({
      ...{ clock, emit, flights, obtain, random },
      toleranceMs: clockToleranceSeconds * 1000,
      // Metadata, a lock, and a request that is sent twice where the server asks for a nonce.
      deadlineMs: 3 * timeoutMs + patienceMs,
      name: () => nameOf(target),
      request: (key, signal) => request(target, key, signal),
    });

  let ended: AbortSignal | undefined;
  let usual = keeperOf(usualTarget);
  const others = new Map<string, TokenKeeper>();

  const find = (asked: ServiceTokenTarget): TokenKeeper => {
    const { resource = usualTarget.resource, scope = usualTarget.scope, subject } = asked;
    // However it was said, and checked first: what is not a text may look like one as a key.
    const target = targetOf({ resource, scope, subject });
    const key = keyOf(target);
    if (key === usualKey) return usual;
    const keeper = others.get(key) ?? keeperOf(target);
    if (!keeper.fresh()) {
      // In the order in which they were renewed, the first is the one to forget.
      others.delete(key);
      others.set(key, keeper);
      if (others.size > MOST_TOKENS) others.delete(others.keys().next().value as string);
    }
    return keeper;
  };

  const get = async (asked: ServiceTokenOptions = {}): Promise<HeldToken> => {
    requireOptions(asked);
    const { minValiditySeconds = 0, rejected } = asked;
    const minValidityMs = requireAmount(minValiditySeconds, 'minValiditySeconds') * 1000;
    const signal = ended ?? asked.signal;
    return abortable(() => find(asked).get({ minValidityMs, rejected }), signal, 'token');
  };

  const fetchFor = (subject: string | undefined) =>
    sessionFetch({
      resources,
      allowLoopback,
      getToken: ({ rejected, resource, scope, signal }) =>
        get({ rejected, resource, scope, signal, subject }),
      send: (token, url, init) => askResource(client, token, url, init),
      ageOf: ({ obtainedAt }) => Math.abs(clock.now() - obtainedAt),
      // Whoever it is on whose behalf the service calls can sign in again; it cannot.
      stepUpError: (origin, details) =>
        new StepUpRequiredError(`${origin} asks for a stronger or a newer sign-in.`, details),
    });
  const usualFetch = fetchFor(undefined);

  return Object.freeze({
    getAccessToken(asked?: ServiceTokenOptions) {
      const found = asked === undefined ? usual.fresh() : undefined;
      if (!found) return get(asked).then(({ promise }) => promise);
      emit({ type: 'hit' });
      return found.promise;
    },
    async fetch(input, init, asked = {}) {
      requireOptions(asked);
      const { subject } = asked;
      return (subject === undefined ? usualFetch : fetchFor(subject))(input, init);
    },
    close() {
      ended = AbortSignal.abort();
      for (const flight of flights) flight.abort();
      others.clear();
      usual = keeperOf(usualTarget);
    },
  } satisfies ServiceTokens);
}
