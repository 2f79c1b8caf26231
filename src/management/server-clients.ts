import type { List, ListOptions } from './list.ts';
import type { Linked } from './model.ts';
import { path } from './path.ts';
import { type RefreshTokens, refreshTokens } from './refresh-tokens.ts';
import type { Requests } from './request.ts';

/** A client that has refresh tokens from an authorization server. */
export interface ServerClient extends Linked {
  /** As the calls for its tokens take it. */
  readonly client_id: string;
  /** For people. */
  readonly client_name?: string | null;
  /** The application's home page. */
  readonly client_uri?: string | null;
  /** Shown when people are asked for consent. */
  readonly logo_uri?: string | null;
}

/** Clients with refresh tokens; `/api/v1/authorizationServers/{authServerId}/clients`. */
export interface ServerClients {
  /** All of them, in one page. */
  list(authServerId: string, options?: ListOptions): List<ServerClient>;
  /** The refresh tokens of one of them. */
  readonly tokens: RefreshTokens;
}

export function serverClients(requests: Requests): ServerClients {
  return {
    list: (authServerId, options) =>
      requests.list(path`/authorizationServers/${{ authServerId }}/clients`, options),
    tokens: refreshTokens(requests),
  };
}
