import type { List, ListOptions } from './list.ts';
import type { Known, Links } from './model.ts';
import { path } from './path.ts';
import { type RefreshTokens, refreshTokens } from './refresh-tokens.ts';
import type { Requests } from './request.ts';

/** A client that has refresh tokens from an authorization server. */
export interface ServerClient extends Known {
  readonly client_id: string;
  readonly client_name?: string | null;
  readonly client_uri?: string | null;
  readonly logo_uri?: string | null;
  readonly _links?: Links | null;
}

/** Clients with refresh tokens; `/api/v1/authorizationServers/{authServerId}/clients`. */
export interface ServerClients {
  /** All of them, in one page. */
  list(authServerId: string, options?: ListOptions): List<ServerClient>;
  readonly tokens: RefreshTokens;
}

export function serverClients(requests: Requests): ServerClients {
  return {
    list: (authServerId, options) =>
      requests.list(path`/authorizationServers/${{ authServerId }}/clients`, options),
    tokens: refreshTokens(requests),
  };
}
