import { itemsOf } from './answer.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import type { Cursor, List } from './list.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** What `associatedServers.list` takes. */
export interface AssociatedServerQuery extends Cursor {
  /** `true` for the servers that are trusted, `false` for those that could be. */
  readonly trusted?: boolean | undefined;
  /** Part of a name or an audience. */
  readonly q?: string | undefined;
}

/** Servers to trust. */
export interface AssociatedServersInput {
  /** Ids of authorization servers. */
  readonly trusted: readonly string[];
}

/**
 * Other servers of the org whose tokens a server takes in a token exchange;
 * `/api/v1/authorizationServers/{authServerId}/associatedServers`.
 */
export interface AssociatedServers {
  /** The servers that are trusted, or could be. */
  list(authServerId: string, options?: AssociatedServerQuery): List<AuthorizationServer>;
  /** Adds servers to those that are trusted, and returns the added ones. */
  create(
    authServerId: string,
    servers: AssociatedServersInput,
    options?: ManagementRequestOptions,
  ): Promise<readonly AuthorizationServer[]>;
  /** Trusts a server no longer. The server itself stays. */
  delete(
    authServerId: string,
    associatedServerId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
}

export function associatedServers(requests: Requests): AssociatedServers {
  const all = (authServerId: string) =>
    path`/authorizationServers/${{ authServerId }}/associatedServers`;
  return {
    list: (authServerId, options) =>
      requests.list(all(authServerId), options, { trusted: options?.trusted, q: options?.q }),
    create: async (authServerId, body, options) =>
      requests.value(
        'POST',
        all(authServerId),
        withBody(body, options),
        itemsOf<AuthorizationServer[]>,
      ),
    delete: async (authServerId, associatedServerId, options) =>
      requests.nothing('DELETE', all(authServerId) + path`/${{ associatedServerId }}`, options),
  };
}
