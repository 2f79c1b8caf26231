import { type Clock, systemClock } from '../clock.ts';
import {
  invalidOption,
  requireAmount,
  requireClock,
  requireOptions,
  requireText,
} from '../options.ts';
import { quiet, type Trace } from '../trace.ts';
import { type Fetch, portableTransport } from '../transport.ts';
import { type Applications, applications } from './applications.ts';
import { type ManagementAuth, requireAuth, type TokenSource } from './auth.ts';
import { type AuthorizationServers, authorizationServers } from './authorization-servers.ts';
import { orgOrigin } from './org-url.ts';
import { persistently, type RateLimitEvent, type RetryOptions } from './persistence.ts';
import { requestsTo } from './requests.ts';
import { sender } from './sender.ts';

/** What {@link createManagementClient} takes. */
export interface ManagementClientOptions {
  /**
   * The org's URL, such as `https://example.okta.com`, or its custom domain. Plain http only to this
   * machine.
   */
  readonly orgUrl: string;
  /**
   * `apiToken()`, `accessToken()`, or whatever has a `fetch` that adds tokens, such as
   * `oktaServiceApp()`, service tokens or a session.
   */
  readonly auth: ManagementAuth;
  /**
   * The `fetch` that all requests go through; where `auth` has one, it belongs there.
   * @default the platform's
   */
  readonly fetch?: Fetch | undefined;
  /**
   * How long one request may take, body included, in milliseconds.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * When calls are repeated; `false` for never. What was refused for its rate always is, and reading
   * also after lost connections, time-outs, and status 408 and 5xx.
   */
  readonly retry?: RetryOptions | false | undefined;
  /**
   * The `User-Agent`, where the platform lets us say it.
   * @default 'relier', but in a browser its own
   */
  readonly userAgent?: string | undefined;
  /** Told of every answer with a rate limit, before the call goes on. */
  readonly onRateLimit?: ((event: RateLimitEvent) => void) | undefined;
  /**
   * The source of time.
   * @default the platform's clock
   */
  readonly clock?: Clock | undefined;
  /** Receives redacted facts about every exchange. */
  readonly trace?: Trace | undefined;
}

/** The management API of one org. Holds no state but its credentials: keep one, or make many. */
export interface ManagementClient {
  /** Custom authorization servers, and what is in them. */
  readonly authorizationServers: AuthorizationServers;
  /** Credentials of applications. */
  readonly applications: Applications;
}

/**
 * Reads and changes an Okta org's authorization servers and the credentials of its applications.
 * Synchronous, and sends nothing. Every call takes ids in the order of the path, then what it sends,
 * then `{ signal }`; results are frozen data as Okta sent them, unknown properties included.
 *
 * @param options `orgUrl` and `auth`, and what differs from the defaults.
 * @returns the calls.
 * @throws ConfigurationError `invalid_option`, `insecure_url`; when called, also ManagementError
 * `management_error` (what Okta refused), ValidationError `invalid_management_response`,
 * TransportError, TimeoutError `timeout`, and what `auth` throws
 * @see https://developer.okta.com/docs/api/
 *
 * @example
 * ```ts
 * import { apiToken, createManagementClient } from 'relier/management'
 *
 * export async function renameScope(token: string) {
 *   const okta = createManagementClient({
 *     orgUrl: 'https://example.okta.com',
 *     auth: apiToken(token),
 *   })
 *   const { scopes } = okta.authorizationServers
 *   for await (const scope of scopes.list('default', { q: 'reports' })) {
 *     await scopes.replace('default', scope.id, { ...scope, displayName: 'Your reports' })
 *   }
 * }
 * ```
 */
export function createManagementClient(options: ManagementClientOptions): ManagementClient {
  requireOptions(options);
  const origin = orgOrigin(options.orgUrl);
  const auth = requireAuth(options.auth);
  const { clock = systemClock, userAgent = ownUserAgent() } = options;
  requireClock(clock);
  if (userAgent !== undefined) requireHeader(userAgent);
  for (const option of ['fetch', 'onRateLimit', 'trace'] as const) {
    if (typeof (options[option] ?? quiet) !== 'function') {
      throw invalidOption(option, 'must be a function');
    }
  }
  const source = auth.fetch && (auth as TokenSource);
  if (source && options.fetch) {
    throw invalidOption('fetch', 'belongs to what auth is made of');
  }
  const trace = options.trace && quiet(options.trace);
  const onRateLimit = options.onRateLimit && quiet(options.onRateLimit);
  const transport = portableTransport({
    fetch: source ? (url, init) => source.fetch(url, init) : options.fetch,
    timeoutMs: requireAmount(options.timeoutMs ?? 10_000, 'timeoutMs'),
    clock,
    allowLoopback: true,
    trace,
  });
  const send = sender({ auth, clock, transport, userAgent });
  const requests = requestsTo(
    origin,
    persistently(send, options.retry, { clock, onRateLimit, trace }),
  );
  return Object.freeze({
    authorizationServers: authorizationServers(requests),
    applications: applications(requests),
  });
}

function requireHeader(userAgent: string): void {
  if (!/^[\x20-\x7e]+$/.test(requireText(userAgent, 'userAgent'))) {
    throw invalidOption('userAgent', 'holds characters that a header cannot carry');
  }
}

/** Browsers have a name of their own, and ask the server's leave for another one. */
function ownUserAgent(): string | undefined {
  return /^Mozilla/.test(globalThis.navigator?.userAgent) ? undefined : 'relier';
}
