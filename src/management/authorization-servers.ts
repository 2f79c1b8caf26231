import { type AssociatedServers, associatedServers } from './associated-servers.ts';
import type { AuthorizationServer, AuthorizationServerInput } from './authorization-server.ts';
import { type Claims, claims } from './claims.ts';
import type { Cursor, List } from './list.ts';
import { path } from './path.ts';
import { type Policies, policies } from './policies.ts';
import { requirePublicKeys } from './public-key.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';
import { type Scopes, scopes } from './scopes.ts';
import { type ServerClients, serverClients } from './server-clients.ts';
import { type ServerKeys, serverKeys } from './server-keys.ts';

/** What `authorizationServers.list` takes. */
export interface AuthorizationServerQuery extends Cursor {
  /** Part of a name or an audience. */
  readonly q?: string | undefined;
}

/** Custom authorization servers; `/api/v1/authorizationServers`. */
export interface AuthorizationServers {
  /** All servers of the org, 200 a page unless `limit` says fewer. */
  list(options?: AuthorizationServerQuery): List<AuthorizationServer>;
  /** Reads a server; `default` is one of them. */
  get(authServerId: string, options?: ManagementRequestOptions): Promise<AuthorizationServer>;
  /** Adds a server, without scopes, claims and policies of its own. */
  create(
    server: AuthorizationServerInput,
    options?: ManagementRequestOptions,
  ): Promise<AuthorizationServer>;
  /** Replaces the whole server: what is not sent is gone. */
  replace(
    authServerId: string,
    server: AuthorizationServerInput,
    options?: ManagementRequestOptions,
  ): Promise<AuthorizationServer>;
  /** Deletes the server, an active one too, with everything in it. */
  delete(authServerId: string, options?: ManagementRequestOptions): Promise<void>;
  /** Lets the server issue tokens again. */
  activate(authServerId: string, options?: ManagementRequestOptions): Promise<void>;
  /** Tokens are no longer issued, and those that were are no longer valid at Okta. */
  deactivate(authServerId: string, options?: ManagementRequestOptions): Promise<void>;
  /** Which clients are served. */
  readonly policies: Policies;
  /** What clients may ask for. */
  readonly scopes: Scopes;
  /** What is in tokens besides the standard's claims. */
  readonly claims: Claims;
  /** What tokens are signed with. */
  readonly keys: ServerKeys;
  /** Who has refresh tokens. */
  readonly clients: ServerClients;
  /** Other servers that it trusts. */
  readonly associatedServers: AssociatedServers;
}

export function authorizationServers(requests: Requests): AuthorizationServers {
  const all = '/authorizationServers';
  const one = (authServerId: string) => path`/authorizationServers/${{ authServerId }}`;
  return {
    list: (options) => requests.list(all, options, { q: options?.q }),
    get: async (id, options) => requests.value('GET', one(id), options),
    async create(body, options) {
      requirePublicKeys(Object(body).jwks, 'jwks');
      return requests.value('POST', all, withBody(body, options));
    },
    async replace(id, body, options) {
      requirePublicKeys(Object(body).jwks, 'jwks');
      return requests.value('PUT', one(id), withBody(body, options));
    },
    delete: async (id, options) => requests.nothing('DELETE', one(id), options),
    activate: async (id, options) =>
      requests.nothing('POST', `${one(id)}/lifecycle/activate`, options),
    deactivate: async (id, options) =>
      requests.nothing('POST', `${one(id)}/lifecycle/deactivate`, options),
    policies: policies(requests),
    scopes: scopes(requests),
    claims: claims(requests),
    keys: serverKeys(requests),
    clients: serverClients(requests),
    associatedServers: associatedServers(requests),
  };
}
