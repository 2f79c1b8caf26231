import type { Cursor, List } from './list.ts';
import type { Resource } from './model.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** What a scope is made of. */
export interface ScopeInput {
  /** As clients ask for it. Once per server; it cannot start with `okta.`, which are Okta's own. */
  readonly name: string;
  /** What people read when they are asked for consent. */
  readonly displayName?: string | null | undefined;
  /** What people read below it. */
  readonly description?: string | null | undefined;
  /**
   * Whether people are asked: `IMPLICIT` never, `REQUIRED` always, `FLEXIBLE` as the app says.
   * @default 'IMPLICIT'
   */
  readonly consent?: 'IMPLICIT' | 'REQUIRED' | 'FLEXIBLE' | undefined;
  /**
   * Whether the server's metadata lists it.
   * @default 'NO_CLIENTS'
   */
  readonly metadataPublish?: 'ALL_CLIENTS' | 'NO_CLIENTS' | undefined;
  /**
   * Whether a client gets it that asks for no scope at all.
   * @default false
   */
  readonly default?: boolean | undefined;
  /**
   * Whether people may leave it out of their consent.
   * @default false
   */
  readonly optional?: boolean | undefined;
}

/** A scope that an authorization server grants. */
export interface Scope extends ScopeInput, Resource {
  /** Whether Okta made it, such as `openid`. */
  readonly system?: boolean;
}

/** What `scopes.list` takes. `limit` is 200 at most. */
export interface ScopeQuery extends Cursor {
  /** Part of a name. */
  readonly q?: string | undefined;
  /** A filter expression, such as `name eq "openid"`. */
  readonly filter?: string | undefined;
}

/** Custom scopes; `/api/v1/authorizationServers/{authServerId}/scopes`. */
export interface Scopes {
  /** All scopes, or those that fit. */
  list(authServerId: string, options?: ScopeQuery): List<Scope>;
  /** Reads a scope. */
  get(authServerId: string, scopeId: string, options?: ManagementRequestOptions): Promise<Scope>;
  /** Adds a scope. */
  create(
    authServerId: string,
    scope: ScopeInput,
    options?: ManagementRequestOptions,
  ): Promise<Scope>;
  /** Replaces the whole scope: what is not sent is gone. */
  replace(
    authServerId: string,
    scopeId: string,
    scope: ScopeInput,
    options?: ManagementRequestOptions,
  ): Promise<Scope>;
  /** Deletes a scope that Okta did not make. */
  delete(authServerId: string, scopeId: string, options?: ManagementRequestOptions): Promise<void>;
}

export function scopes(requests: Requests): Scopes {
  const all = (authServerId: string) => path`/authorizationServers/${{ authServerId }}/scopes`;
  const one = (authServerId: string, scopeId: string) => all(authServerId) + path`/${{ scopeId }}`;
  return {
    list: (authServerId, options) =>
      requests.list(all(authServerId), options, { q: options?.q, filter: options?.filter }),
    get: async (authServerId, scopeId, options) =>
      requests.value('GET', one(authServerId, scopeId), options),
    create: async (authServerId, body, options) =>
      requests.value('POST', all(authServerId), withBody(body, options)),
    replace: async (authServerId, scopeId, body, options) =>
      requests.value('PUT', one(authServerId, scopeId), withBody(body, options)),
    delete: async (authServerId, scopeId, options) =>
      requests.nothing('DELETE', one(authServerId, scopeId), options),
  };
}
