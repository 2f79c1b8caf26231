import type { AuthorizationServer } from 'oauth4webapi';
import { checkFailed, checksOf } from '../checks.ts';
import type { Clock } from '../clock.ts';
import { deepFreeze } from '../deep-freeze.ts';
import { TransportError } from '../errors.ts';
import type { Trace } from '../trace.ts';
import type { Transport } from '../transport.ts';
import { type CachedFetch, cachedFetch } from './cached-fetch.ts';
import { fetchDocument } from './fetch-document.ts';

/**
 * What a server says about itself, in the wire's own names (RFC 8414 section 2, OpenID Connect
 * Discovery 1.0 section 3).
 */
export type ServerMetadata = Readonly<AuthorizationServer>;

export interface ServerMetadataSource {
  readonly issuer: string;
  /** Members that win over discovered ones; all there is when `discover` is false. */
  readonly overrides: Partial<AuthorizationServer> | undefined;
  readonly discover: boolean;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly trace: Trace | undefined;
}

/** A member that lists names, if the server has it. */
export function metadataList(server: ServerMetadata, name: string): readonly string[] | undefined {
  const list = server[name];
  if (list !== undefined && !Array.isArray(list)) throw checkFailed('metadata', name);
  return list as readonly string[] | undefined;
}

const HOUR_MS = 3_600_000;

/** The metadata of one issuer: fetched once, shared, renewed hourly, kept through outages. */
export function serverMetadata(source: ServerMetadataSource): CachedFetch<ServerMetadata> {
  const { clock, issuer, overrides, trace } = source;
  return cachedFetch({
    clock,
    freshMs: HOUR_MS,
    staleMs: 24 * HOUR_MS,
    onStale: () => trace?.({ type: 'stale', phase: 'discovery', url: issuer }),
    fetch: async () =>
      deepFreeze(
        structuredClone({ ...(source.discover && (await discover(source))), ...overrides, issuer }),
      ),
  });
}

async function discover({ clock, issuer, transport, trace }: ServerMetadataSource) {
  const check = checksOf('metadata', trace);
  let missing: unknown;
  for (const url of wellKnownUrls(issuer)) {
    try {
      const { document, contentType } = await fetchDocument(transport, url, clock);
      check('content_type', /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType));
      // To the byte: any other equality lets one server pose as another (RFC 8414 section 3.3).
      check('issuer', document['issuer'] === issuer, issuer, document['issuer']);
      return document;
    } catch (error) {
      if (!(error instanceof TransportError && error.status === 404)) throw error;
      missing = error;
    }
  }
  throw missing;
}

/**
 * OpenID Connect Discovery appends; RFC 8414 inserts, without the path's last slash; servers that
 * misread it insert with the slash, or append.
 */
function wellKnownUrls(issuer: string): Set<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const wellKnown = '/.well-known/';
  const oauth = `${wellKnown}oauth-authorization-server`;
  return new Set([
    `${origin}${path}${wellKnown}openid-configuration`,
    origin + oauth + path,
    origin + oauth + (path && pathname),
    origin + path + oauth,
  ]);
}
