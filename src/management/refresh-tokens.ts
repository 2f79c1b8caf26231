import { invalidOption } from '../options.ts';
import type { Cursor, List } from './list.ts';
import type { Known, Links, Timestamps } from './model.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import type { ManagementRequestOptions } from './request-options.ts';

/** A refresh token, as Okta keeps it: the token itself is not in it. */
export interface RefreshToken extends Timestamps, Known {
  readonly id: string;
  readonly status: 'ACTIVE' | 'REVOKED';
  readonly clientId?: string;
  readonly userId?: string | null;
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
  readonly _links?: Links | null;
}

/** A granted scope. */
export interface RefreshTokenScope extends Known {
  readonly id: string;
  readonly name: string;
  readonly displayName?: string | null;
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
  get(
    authServerId: string,
    clientId: string,
    tokenId: string,
    options?: RefreshTokenOptions & ManagementRequestOptions,
  ): Promise<RefreshToken>;
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

function expansion({ expand }: RefreshTokenOptions = {}) {
  if (expand !== undefined && expand !== 'scope') throw invalidOption('expand', "can be 'scope'");
  return { expand };
}

/** Okta's description spells it `clientId`, its examples `client_id`. */
function withClientId(token: RefreshToken): RefreshToken {
  const { client_id: clientId } = token;
  return typeof clientId === 'string' ? { clientId, ...token } : token;
}
