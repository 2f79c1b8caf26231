import { type Clock, LONGEST_TIMER_MS, systemClock } from '../clock.ts';
import { invalidOption, requireClock, requireOptions } from '../options.ts';
import type { ConnectionSettings } from './transport-connections.ts';
import { proxySettings, type TransportProxy } from './transport-proxy.ts';
import type { RetrySettings } from './transport-retries.ts';
import { type ClientCertificate, tlsContexts } from './transport-tls.ts';

/** What {@link createTransport} takes. */
export interface TransportOptions {
  /**
   * `environment` takes the proxy from `HTTPS_PROXY` and `HTTP_PROXY` (for `https:` too, where the
   * first is not set), except for the hosts in `NO_PROXY`; names in lower case come first. They are
   * read once, here. Requests to this machine never go through a proxy.
   * @default 'environment'
   */
  readonly proxy?: 'environment' | 'none' | TransportProxy | undefined;
  /**
   * The certificate authorities that servers and proxies are checked against, in PEM, in place of
   * those that Node trusts. For both: `[...rootCertificates, yours]`, with those of `node:tls`.
   * @default those that Node trusts
   */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /**
   * Shown to servers that ask for one, and not to a proxy.
   */
  readonly certificate?: ClientCertificate | undefined;
  /**
   * How long a connection may take to be ready, TLS included, in milliseconds; through a proxy, each
   * of its three steps.
   * @default 5_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long after a request its answer may begin, in milliseconds.
   * @default 10_000
   */
  readonly headersTimeoutMs?: number | undefined;
  /**
   * How long the next piece of a body may take, in milliseconds.
   * @default 10_000
   */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * How long all of it may take, retries and body included, in milliseconds. A client has a
   * `timeoutMs` for that already; this is for bodies that it hands on unread, and for use without
   * a client.
   * @default Infinity
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long a connection without a request is kept, in milliseconds, where the server does not say.
   * A server that closes first loses the request that is just being sent, and a refresh is never
   * sent twice: stay below its limit.
   * @default 4_000
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * How many connections to one server there are at most. Further requests wait.
   * @default 64
   */
  readonly maxConnections?: number | undefined;
  /**
   * How large a body may be, in bytes after decompression. A client's own limit for what the
   * provider answers is 1 MiB; this one is for APIs. `Infinity` for none.
   * @default 10_485_760
   */
  readonly maxResponseBytes?: number | undefined;
  /**
   * How often GET and HEAD are sent again, after a failure of the connection or a status of 408,
   * 429, 500, 502, 503 or 504. Nothing else is ever sent again.
   * @default 2
   */
  readonly maxRetries?: number | undefined;
  /**
   * The source of time for retries, for `timeoutMs` and for `close()`.
   * @default the platform's clock
   */
  readonly clock?: Clock | undefined;
}

/** The options of a transport, checked, with the defaults. */
export interface TransportSettings extends ConnectionSettings, RetrySettings {
  /** `Infinity` for none. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

/** Checks everything that can be checked without a connection. */
export function transportSettings(options: TransportOptions): TransportSettings {
  requireOptions(options);
  const { clock = systemClock, maxResponseBytes = 10_485_760, timeoutMs = Infinity } = options;
  requireClock(clock);
  return {
    tls: tlsContexts(options.ca, options.certificate),
    proxy: proxySettings(options.proxy ?? 'environment'),
    connectTimeoutMs: duration(options.connectTimeoutMs ?? 5_000, 'connectTimeoutMs'),
    headersTimeoutMs: duration(options.headersTimeoutMs ?? 10_000, 'headersTimeoutMs'),
    bodyTimeoutMs: duration(options.bodyTimeoutMs ?? 10_000, 'bodyTimeoutMs'),
    keepAliveMs: duration(options.keepAliveMs ?? 4_000, 'keepAliveMs'),
    maxConnections: whole(options.maxConnections ?? 64, 'maxConnections', 1, 65_535),
    timeoutMs: timeoutMs === Infinity ? timeoutMs : duration(timeoutMs, 'timeoutMs'),
    maxResponseBytes: positive(maxResponseBytes, 'maxResponseBytes'),
    maxRetries: whole(options.maxRetries ?? 2, 'maxRetries', 0, 10),
    clock,
    random: Math.random,
  };
}

/** As timers take it: beyond this they overflow, and fire at once. */
function duration(value: number, option: string): number {
  if (positive(value, option) === Infinity) throw invalidOption(option, 'must be finite');
  return Math.min(Math.ceil(value), LONGEST_TIMER_MS);
}

function positive(value: number, option: string): number {
  if (typeof value !== 'number' || !(value > 0)) {
    throw invalidOption(option, 'must be a number above 0');
  }
  return value;
}

function whole(value: number, option: string, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalidOption(option, `must be a whole number from ${least} to ${most}`);
  }
  return value;
}
