import { expect } from 'vitest';
import { api, type Row } from './row.ts';

/** A server's signing keys, the clients that have its refresh tokens, and those tokens. */
export const keysAndTokens: readonly Row[] = [
  {
    operation: 'listAuthorizationServerKeys',
    call: 'authorizationServers.keys.list',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId }) => okta.authorizationServers.keys.list(authServerId).toArray(),
    check: (keys) => expect(keys).toMatchObject([{ status: 'ACTIVE' }, { status: 'NEXT' }]),
  },
  {
    operation: 'rotateAuthorizationServerKeys',
    call: 'authorizationServers.keys.rotate',
    status: 200,
    declared: api.change,
    arrange: ({ server }) => {
      server.keys = server.keys.map((key) => ({ ...key, kid: `was ${String(key['status'])}` }));
    },
    run: (okta, { authServerId }) => okta.authorizationServers.keys.rotate(authServerId),
    check: (keys) =>
      expect(keys).toMatchObject([
        { status: 'ACTIVE', kid: 'was NEXT' },
        { status: 'NEXT' },
        { status: 'EXPIRED', kid: 'was ACTIVE' },
      ]),
    refused: [
      {
        because: 'Okta says so (the one documented mistake cannot be made)',
        arrange: ({ okta }) => okta.happen('refusal'),
        cause: 'not entitled',
      },
    ],
  },
  {
    operation: 'listOAuth2ClientsForAuthorizationServer',
    call: 'authorizationServers.clients.list',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId }) => okta.authorizationServers.clients.list(authServerId).toArray(),
    check: (clients, { ids }) => expect(clients).toMatchObject([{ client_id: ids.clientId }]),
  },
  {
    operation: 'listRefreshTokensForAuthorizationServerAndClient',
    call: 'authorizationServers.clients.tokens.list',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId, clientId }) =>
      okta.authorizationServers.clients.tokens
        .list(authServerId, clientId, { expand: 'scope', limit: 200 })
        .toArray(),
    check: (tokens, { ids }) =>
      expect(tokens).toMatchObject([
        {
          id: ids.tokenId,
          _embedded: { scopes: [{ name: 'openid' }, { name: 'offline_access' }] },
        },
        { clientId: ids.clientId },
      ]),
  },
  {
    operation: 'revokeRefreshTokensForAuthorizationServerAndClient',
    call: 'authorizationServers.clients.tokens.revokeAll',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, clientId }) =>
      okta.authorizationServers.clients.tokens.revokeAll(authServerId, clientId),
    check: (_, { ids, server }) => expect(server.clients.get(ids.clientId)?.tokens.size).toBe(0),
  },
  {
    operation: 'getRefreshTokenForAuthorizationServerAndClient',
    call: 'authorizationServers.clients.tokens.get',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId, clientId, tokenId }) =>
      okta.authorizationServers.clients.tokens.get(authServerId, clientId, tokenId, {
        expand: 'scope',
      }),
    check: (token, { ids }) =>
      expect(token).toMatchObject({ id: ids.tokenId, _embedded: { scopes: [{}, {}] } }),
  },
  {
    operation: 'revokeRefreshTokenForAuthorizationServerAndClient',
    call: 'authorizationServers.clients.tokens.revoke',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, clientId, tokenId }) =>
      okta.authorizationServers.clients.tokens.revoke(authServerId, clientId, tokenId),
    check: (_, { ids, server }) => expect(server.clients.get(ids.clientId)?.tokens.size).toBe(1),
  },
];
