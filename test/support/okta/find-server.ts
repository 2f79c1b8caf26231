import { notFound } from './errors.ts';
import type { AuthorizationServer, Call, Json, Org } from './types.ts';

export const collection = '/api/v1/authorizationServers';

/** The server that the path names. */
export function findServer({ org, params }: Call): AuthorizationServer {
  return serverOf(org, params['authServerId'] ?? '');
}

/** A server by its id; `default` is another name of the default server. */
export function serverOf({ servers }: Org, id: string): AuthorizationServer {
  const found =
    id === 'default' ? [...servers.values()].find(({ data }) => data['default']) : servers.get(id);
  if (!found) throw notFound(id, 'AuthorizationServer');
  return found;
}

export function serverPath(server: AuthorizationServer): string {
  return `${collection}/${server.data['id'] as string}`;
}

export function byId(item: Json): string {
  return item['id'] as string;
}
