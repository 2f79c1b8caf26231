import { invalidOption, requireOptions } from '../options.ts';
import { contentOf } from './answer.ts';
import type { Cursor, List } from './list.ts';
import type { Resource, Timestamps } from './model.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import type { ManagementRequestOptions } from './request-options.ts';

/** A refresh token, as Okta keeps it: the token itself is not in it. */
export interface RefreshToken extends Timestamps, Resource {
  /** A revoked one stays in view for a while. */
  readonly status: 'ACTIVE' | 'REVOKED';
  /** Whom it was issued to. */
  readonly clientId?: string;
  /** Whose sign-in it keeps. */
  readonly userId?: string | null;
  /** The server that issued it. */
  readonly issuer?: string;
  /** Names of the granted scopes. */
  readonly scopes?: readonly string[];
  /** ISO 8601. */
  readonly expiresAt?: string | null;
  /** With `expand: 'scope'`: the granted scopes. */
  readonly _embedded?: {
    readonly scopes?: readonly RefreshTokenScope[];
    readonly [property: string]: unknown;
  } | null;
}

/** A granted scope. */
export interface RefreshTokenScope extends Resource {
  /** As clients ask for it. */
  readonly name: string;
  /** What people read when they are asked for consent. */
  readonly displayName?: string | null;
  /** What people read below it. */
  readonly description?: string | null;
}

/** What reading refresh tokens takes. */
export interface RefreshTokenOptions {
  /** Adds the granted scopes as `_embedded.scopes`. */
  readonly expand?: 'scope' | undefined;
}

/**
 * Refresh tokens of a client;
 * `/api/v1/authorizationServers/{authServerId}/clients/{clientId}/tokens`.
 */
export interface RefreshTokens {
  /** `limit` is 200 at most. */
  list(
    authServerId: string,
    clientId: string,
    options?: RefreshTokenOptions & Cursor,
  ): List<RefreshToken>;
  /** Reads what Okta keeps about a token. */
  get(
    authServerId: string,
    clientId: string,
    tokenId: string,
    options?: RefreshTokenOptions & ManagementRequestOptions,
  ): Promise<RefreshToken>;
  /** Revokes a token; the access tokens that came of it live on. */
  revoke(
    authServerId: string,
    clientId: string,
    tokenId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
  /** Revokes all refresh tokens of the client at this server. */
  revokeAll(
    authServerId: string,
    clientId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
}

export function refreshTokens(requests: Requests): RefreshTokens {
  const all = (authServerId: string, clientId: string) =>
    path`/authorizationServers/${{ authServerId }}/clients/${{ clientId }}/tokens`;
  const one = (authServerId: string, clientId: string, tokenId: string) =>
    all(authServerId, clientId) + path`/${{ tokenId }}`;
  return {
    list: (authServerId, clientId, options) =>
      requests.list(all(authServerId, clientId), options, expansion(options), withClientId),
    get: async (authServerId, clientId, tokenId, options) =>
      requests.value(
        'GET',
        one(authServerId, clientId, tokenId),
        { ...options, query: expansion(options) },
        withClientId,
      ),
    revoke: async (authServerId, clientId, tokenId, options) =>
      requests.nothing('DELETE', one(authServerId, clientId, tokenId), options),
    revokeAll: async (authServerId, clientId, options) =>
      requests.nothing('DELETE', all(authServerId, clientId), options),
  };
}

function expansion(options: RefreshTokenOptions = {}) {
  requireOptions(options);
  const { expand } = options;
  if (expand !== undefined && expand !== 'scope') throw invalidOption('expand', "can be 'scope'");
  return { expand };
}

/** Okta's description spells it `clientId`, its examples `client_id`. */
function withClientId(body: unknown): RefreshToken {
  const token = contentOf<RefreshToken>(body);
  const { client_id: clientId } = token;
  return typeof clientId === 'string' ? { clientId, ...token } : token;
}
