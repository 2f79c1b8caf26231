import { link, noContent, ok } from './answers.ts';
import { notFound, validationFailed } from './errors.ts';
import { byId, findServer, serverPath } from './find-server.ts';
import { page } from './paging.ts';
import type { AuthorizationServer, Call, Json, OktaClient, Operation } from './types.ts';

const clients = '/api/v1/authorizationServers/{authServerId}/clients';
const collection = `${clients}/{clientId}/tokens`;
const one = `${collection}/{tokenId}`;

/** The clients that have refresh tokens of a server, and their tokens. */
export const refreshTokens: readonly Operation[] = [
  {
    id: 'listOAuth2ClientsForAuthorizationServer',
    method: 'GET',
    path: clients,
    run(call) {
      const server = findServer(call);
      const found = [...server.clients.values()].filter(({ tokens }) => tokens.size > 0);
      return ok(found.map((client) => presentClient(call, server, client)));
    },
  },
  {
    id: 'listRefreshTokensForAuthorizationServerAndClient',
    method: 'GET',
    path: collection,
    query: ['expand', 'after', 'limit'],
    run(call) {
      const server = findServer(call);
      const client = findClient(call);
      const found = [...client.tokens.values()].map((token) =>
        present(call, server, client, token),
      );
      return page(call, found, byId);
    },
  },
  {
    id: 'revokeRefreshTokensForAuthorizationServerAndClient',
    method: 'DELETE',
    path: collection,
    run(call) {
      findClient(call).tokens.clear();
      return noContent;
    },
  },
  {
    id: 'getRefreshTokenForAuthorizationServerAndClient',
    method: 'GET',
    path: one,
    query: ['expand'],
    run: (call) => ok(present(call, findServer(call), findClient(call), findToken(call))),
  },
  {
    id: 'revokeRefreshTokenForAuthorizationServerAndClient',
    method: 'DELETE',
    path: one,
    run(call) {
      findClient(call).tokens.delete(findToken(call)['id'] as string);
      return noContent;
    },
  },
];

function findClient(call: Call): OktaClient {
  const id = call.params['clientId'] ?? '';
  const client = findServer(call).clients.get(id);
  if (!client) throw notFound(id, 'PublicClientApp');
  return client;
}

function findToken(call: Call): Json {
  const id = call.params['tokenId'] ?? '';
  const token = findClient(call).tokens.get(id);
  if (!token) throw notFound(id, 'OAuth2RefreshToken');
  return token;
}

function presentClient(call: Call, server: AuthorizationServer, { data }: OktaClient): Json {
  const id = data['client_id'] as string;
  return {
    ...data,
    _links: {
      client: { href: `${call.org.origin}/oauth2/v1/clients/${id}`, title: data['client_name'] },
      tokens: link(call, `${serverPath(server)}/clients/${id}/tokens`, 'GET', 'DELETE'),
    },
  };
}

function present(call: Call, server: AuthorizationServer, client: OktaClient, token: Json): Json {
  const { clientId, ...rest } = token;
  const own = `${serverPath(server)}/clients/${clientId as string}/tokens/${token['id'] as string}`;
  return {
    ...rest,
    [call.org.faults.snakeCaseClientId ? 'client_id' : 'clientId']: clientId,
    issuer: `${call.org.origin}/oauth2/${server.data['id'] as string}`,
    ...(expandsScopes(call) && { _embedded: { scopes: embedded(call, server, token) } }),
    _links: {
      self: { href: `${call.org.origin}${own}` },
      revoke: link(call, own, 'DELETE'),
      client: { href: `${call.org.origin}/oauth2/v1/clients/${clientId as string}` },
      authorizationServer: { href: `${call.org.origin}${serverPath(server)}` },
      app: {
        href: `${call.org.origin}/api/v1/apps/${clientId as string}`,
        title: client.data['client_name'],
      },
      user: { href: `${call.org.origin}/api/v1/users/${token['userId'] as string}` },
    },
  };
}

function expandsScopes({ url }: Call): boolean {
  const expand = url.searchParams.get('expand');
  if (expand !== null && expand !== 'scope') {
    throw validationFailed('expand', [`expand: '${expand}' is not a valid value`]);
  }
  return expand === 'scope';
}

function embedded(call: Call, server: AuthorizationServer, token: Json): Json[] {
  const names = token['scopes'] as string[];
  return [...server.scopes.values()]
    .filter(({ name }) => names.includes(name as string))
    .map(({ id, name, displayName, description }) => ({
      id,
      name,
      displayName,
      description,
      _links: {
        scope: { href: `${call.org.origin}${serverPath(server)}/scopes/${id as string}` },
      },
    }));
}
