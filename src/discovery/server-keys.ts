import { customFetch, type JWK } from 'oauth4webapi';
import { checkFailed } from '../checks.ts';
import { type Clock, stopwatch } from '../clock.ts';
import { unsupported } from '../protocol-errors.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';
import type { Trace } from '../trace.ts';
import type { Transport } from '../transport.ts';
import { type CachedFetch, cachedFetch } from './cached-fetch.ts';
import { fetchDocument } from './fetch-document.ts';
import type { ServerMetadata } from './server-metadata.ts';

/**
 * One version of a server's keys, in the form the protocol core takes: it caches keys by the
 * identity of the metadata object, so every version comes with an object of its own.
 */
export interface KeySet {
  readonly keys: readonly JWK[];
  readonly server: ServerMetadata;
  readonly http: { readonly [customFetch]: () => Promise<Response> };
}

/** The keys that a server signs with. */
export interface ServerKeys {
  /** The kept set, or a new one, or (where that fails) the old one. */
  current(): Promise<KeySet>;
  /** The kept set, if it need not be renewed yet. */
  fresh(): KeySet | undefined;
  /**
   * A newer set than `seen`, in which a key was not found; `undefined` where asking once more is
   * not allowed yet. Two rotations in a row get through; a flood of invented key ids does not.
   */
  newerThan(seen: KeySet): Promise<KeySet | undefined>;
}

export interface ServerKeysOptions {
  readonly metadata: CachedFetch<ServerMetadata>;
  readonly transport: Transport;
  readonly allowLoopback: boolean;
  readonly clock: Clock;
  readonly trace: Trace | undefined;
}

const FRESH_MS = 600_000;
const OVERLAP_MS = 60_000;
const STALE_MS = 86_400_000;
const EXTRA_FETCHES = 2;
const EXTRA_FETCH_EVERY_MS = 60_000;

/** The keys of one issuer: one fetch for concurrent callers, kept through outages. */
export function serverKeys(options: ServerKeysOptions): ServerKeys {
  const { clock, metadata, trace } = options;
  let extraFetches = EXTRA_FETCHES;
  let sinceRefill = stopwatch(clock);

  const cache = cachedFetch<KeySet>({
    clock,
    freshMs: FRESH_MS,
    overlapMs: OVERLAP_MS,
    staleMs: STALE_MS,
    onStale: () => trace?.({ type: 'stale', phase: 'discovery', url: 'jwks_uri' }),
    fetch: async () => {
      const server = await metadata.get();
      const keys = await download(server, options);
      const body = JSON.stringify({ keys });
      const headers = { 'content-type': 'application/json' };
      return {
        keys,
        server: Object.freeze({ ...server }),
        http: { [customFetch]: async () => new Response(body, { headers }) },
      };
    },
  });

  let renewing: Promise<KeySet> | undefined;
  const mayAskAgain = () => {
    const refills = Math.floor(sinceRefill() / EXTRA_FETCH_EVERY_MS);
    if (refills > 0) {
      extraFetches = Math.min(EXTRA_FETCHES, extraFetches + refills);
      sinceRefill = stopwatch(clock);
    }
    if (extraFetches === 0) return false;
    extraFetches -= 1;
    return true;
  };

  return {
    current: cache.get,
    fresh: cache.fresh,
    async newerThan(seen) {
      const kept = await cache.get();
      if (kept !== seen) return kept;
      if (!renewing && mayAskAgain()) {
        renewing = cache.renew().finally(() => {
          renewing = undefined;
        });
      }
      return renewing;
    },
  };
}

/** Where the keys are, if the server says so and it can be trusted. */
export function keysUrl({ jwks_uri }: ServerMetadata, allowLoopback: boolean): string {
  const url = parseUrl(jwks_uri);
  if (!url) throw unsupported('jwks_uri');
  return assertSecureUrl(url, allowLoopback, 'jwks_uri').href;
}

async function download(
  server: ServerMetadata,
  { allowLoopback, clock, transport }: ServerKeysOptions,
): Promise<JWK[]> {
  const url = keysUrl(server, allowLoopback);
  const { keys } = (await fetchDocument(transport, url, clock)).document;
  if (!Array.isArray(keys)) throw checkFailed('keys', 'format');
  return keys.filter(isPublicKey);
}

/** A key of a kind nobody knows, or one that should never have been published, is passed over. */
function isPublicKey(key: unknown): key is JWK {
  const { kty, d } = Object(key);
  return /^(?:RSA|EC|OKP|AKP)$/.test(kty) && d === undefined;
}
