import type { AuthorizationServer } from 'oauth4webapi';
import { type Clock, systemClock } from '../clock.ts';
import type { CachedFetch } from '../discovery/cached-fetch.ts';
import { type ServerMetadata, serverMetadata } from '../discovery/server-metadata.ts';
import {
  invalidOption,
  requireAmount,
  requireClock,
  requireFunctions,
  requireIssuer,
  requireOptions,
  requireText,
  requireTexts,
} from '../options.ts';
import { quiet, type Trace } from '../trace.ts';
import { type Fetch, portableTransport, type Transport } from '../transport.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { type Capabilities, type CapabilityOptions, capabilitiesOf } from './capability.ts';
import { type ClientAuthentication, none } from './client-authentication.ts';

/** What {@link createClient} takes. */
export interface ClientOptions extends CapabilityOptions {
  /**
   * The provider's issuer identifier, exactly as the provider writes it (a trailing slash counts).
   */
  readonly issuer: string;
  /** The client identifier that the provider assigned. */
  readonly clientId: string;
  /**
   * How the client proves who it is at the provider's endpoints.
   * @default none()
   */
  readonly authentication?: ClientAuthentication | undefined;
  /**
   * Server metadata (wire names, RFC 8414) that wins over discovered members. With
   * `discovery: false` it is all there is.
   */
  readonly metadata?: Partial<AuthorizationServer> | undefined;
  /**
   * `auto` fetches the OpenID Connect discovery document, and the RFC 8414 one where that is
   * missing; `false` never asks.
   * @default 'auto'
   */
  readonly discovery?: 'auto' | false | undefined;
  /**
   * The one algorithm that ID tokens must be signed with, as registered for this client.
   * @default 'RS256', or the only one that the server's metadata lists
   */
  readonly idTokenSigningAlgorithm?: string | undefined;
  /**
   * Audiences besides this client that an ID token may name (OpenID Connect Core 1.0 section
   * 3.1.3.7, rule 3). Every other one is refused.
   * @default []
   */
  readonly trustedAudiences?: readonly string[] | undefined;
  /**
   * The `fetch` that all requests go through.
   * @default the platform's
   */
  readonly fetch?: Fetch | undefined;
  /**
   * How long one request may take, body included, in milliseconds.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The source of time.
   * @default the platform's clock
   */
  readonly clock?: Clock | undefined;
  /**
   * How far the provider's clock may be off, in seconds.
   * @default 30
   */
  readonly clockToleranceSeconds?: number | undefined;
  /**
   * `loopback` allows plain http to this machine, for development. Nothing else turns TLS off.
   */
  readonly allowInsecureRequests?: 'loopback' | undefined;
  /** Receives redacted facts about every exchange. */
  readonly trace?: Trace | undefined;
}

/**
 * One client at one issuer: what every function of relier takes first. Holds the issuer's metadata
 * and keys, so keep one for the life of the program.
 */
export interface Client {
  /** The issuer identifier, to the byte. */
  readonly issuer: string;
  /** The client identifier. */
  readonly clientId: string;
}

/** What the functions behind the public surface see of a client. */
export interface ClientContext extends Client, Capabilities {
  readonly authentication: ClientAuthentication;
  readonly idTokenSigningAlgorithm: string | undefined;
  readonly trustedAudiences: readonly string[];
  readonly clock: Clock;
  readonly clockToleranceSeconds: number;
  readonly timeoutMs: number;
  readonly allowLoopback: boolean;
  readonly trace: Trace | undefined;
  readonly transport: Transport;
  readonly metadata: CachedFetch<ServerMetadata>;
}

// A client is plain frozen data to its owner; that it is in here proves that its options were
// checked.
const contexts = new WeakMap<Client, ClientContext>();

/** Asymmetric algorithms only: `none` proves nothing, and HMAC only what the client knows itself. */
export function isSigningAlgorithm(name: string): boolean {
  // A list of one would pass for it, and never be equal to it.
  return (
    typeof name === 'string' && /^(?:[RPE]S(?:256|384|512)|EdDSA|Ed25519|ML-DSA-\d\d)$/.test(name)
  );
}

/**
 * Describes one client at one issuer. Synchronous, and sends nothing: metadata is fetched when a
 * function first needs it, once for all callers.
 *
 * @param options `issuer` and `clientId`, and what differs from the defaults.
 * @returns a client to pass to the other functions.
 * @throws ConfigurationError `invalid_option`, `insecure_url`
 * @see RFC 6749 section 2, RFC 8414
 *
 * @example
 * ```ts
 * import { createClient } from 'relier'
 *
 * const client = createClient({ issuer: 'https://login.example.com', clientId: 'my-app' })
 * ```
 */
export function createClient(options: ClientOptions): Client {
  requireOptions(options);
  const {
    allowInsecureRequests,
    clock = systemClock,
    discovery = 'auto',
    idTokenSigningAlgorithm,
  } = options;
  const trace = options.trace && quiet(options.trace);
  const need = (option: keyof ClientOptions, ok: boolean, problem: string) => {
    if (!ok) throw invalidOption(option, problem);
  };
  const allowLoopback = allowInsecureRequests === 'loopback';
  need('allowInsecureRequests', allowLoopback || !allowInsecureRequests, "can only be 'loopback'");
  const metadata = copyOf(options.metadata);
  need(
    'discovery',
    discovery === 'auto' || (!discovery && !!metadata),
    "must be 'auto', or false with metadata",
  );
  const issuer = requireIssuer(options.issuer, allowLoopback);
  const clientId = requireText(options.clientId, 'clientId');
  need('metadata', (metadata?.issuer ?? issuer) === issuer, 'has another issuer');
  need(
    'idTokenSigningAlgorithm',
    isSigningAlgorithm(idTokenSigningAlgorithm ?? 'RS256'),
    'is not a supported asymmetric algorithm',
  );
  const trustedAudiences = requireTexts(options.trustedAudiences, 'trustedAudiences');
  requireClock(clock);
  requireFunctions(options, ['authentication', 'fetch', 'trace']);
  const timeoutMs = requireAmount(options.timeoutMs ?? 10_000, 'timeoutMs');
  const transport = portableTransport({
    fetch: options.fetch,
    timeoutMs,
    clock,
    allowLoopback,
    trace,
  });
  const client = Object.freeze({ issuer, clientId });
  contexts.set(client, {
    issuer,
    clientId,
    authentication: options.authentication ?? none(),
    idTokenSigningAlgorithm,
    trustedAudiences,
    clock,
    clockToleranceSeconds: requireAmount(
      options.clockToleranceSeconds ?? 30,
      'clockToleranceSeconds',
    ),
    timeoutMs,
    allowLoopback,
    trace,
    ...capabilitiesOf(options),
    transport,
    metadata: serverMetadata({
      issuer,
      overrides: metadata,
      discover: !!discovery,
      transport,
      clock,
      trace,
    }),
  });
  return client;
}

/** The caller's metadata as it is now, without the members that say nothing. */
function copyOf(metadata: ClientOptions['metadata']): ClientOptions['metadata'] {
  if (metadata === undefined) return undefined;
  requireOptions(metadata, 'metadata');
  try {
    return withoutUndefined(structuredClone(metadata));
  } catch {
    throw invalidOption('metadata', 'must be plain JSON');
  }
}

/** The inside of a client. */
export function contextOf(client: Client): ClientContext {
  const context = contexts.get(client);
  if (!context) throw invalidOption('client', 'must be made by createClient');
  return context;
}
