import { expect } from 'vitest';
import { api, type Row } from './row.ts';

const input = {
  name: 'Reports',
  description: 'Who may read reports',
  audiences: ['https://reports.example.com'],
};

export const authorizationServers: readonly Row[] = [
  {
    operation: 'listAuthorizationServers',
    call: 'authorizationServers.list',
    status: 200,
    declared: api.list,
    run: (okta) => okta.authorizationServers.list({ q: 'r' }).toArray(),
    check: (found) => expect(found).toMatchObject([{ name: 'Orders' }]),
  },
  {
    operation: 'createAuthorizationServer',
    call: 'authorizationServers.create',
    status: 201,
    declared: api.create,
    run: (okta) => okta.authorizationServers.create(input),
    check: (created) =>
      expect(created).toMatchObject({
        ...input,
        id: expect.stringMatching(/^aus/),
        status: 'ACTIVE',
        credentials: { signing: { rotationMode: 'AUTO' } },
      }),
    refused: [
      {
        because: 'an audience is missing',
        run: (okta) => okta.authorizationServers.create({ name: 'Reports' } as typeof input),
        cause: 'audiences',
      },
      {
        because: 'there are two audiences',
        run: (okta) =>
          okta.authorizationServers.create({ ...input, audiences: ['api://a', 'api://b'] }),
        cause: 'one audience',
      },
      {
        because: 'an audience has a colon and is no URI',
        run: (okta) => okta.authorizationServers.create({ ...input, audiences: ['1: reports'] }),
        cause: 'URI',
      },
    ],
  },
  {
    operation: 'getAuthorizationServer',
    call: 'authorizationServers.get',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId }) => okta.authorizationServers.get(authServerId),
    check: (server, { ids, okta }) =>
      expect(server).toMatchObject({
        id: ids.authServerId,
        issuer: `${okta.origin}/oauth2/${ids.authServerId}`,
        _links: { rotateKey: { hints: { allow: ['POST'] } } },
      }),
  },
  {
    operation: 'replaceAuthorizationServer',
    call: 'authorizationServers.replace',
    status: 200,
    declared: api.change,
    run: (okta, { authServerId }) =>
      okta.authorizationServers.replace(authServerId, {
        ...input,
        credentials: { signing: { rotationMode: 'MANUAL' } },
      }),
    check: (server, { ids }) =>
      expect(server).toMatchObject({
        ...input,
        id: ids.authServerId,
        credentials: { signing: { rotationMode: 'MANUAL' } },
      }),
    refused: [
      {
        because: 'the name is left out',
        run: (okta, { authServerId }) =>
          okta.authorizationServers.replace(authServerId, {
            audiences: input.audiences,
          } as typeof input),
        cause: 'name: The field cannot be left blank',
      },
      {
        because: 'two encryption keys are active',
        run: (okta, { authServerId }) => {
          const key = { kty: 'RSA', use: 'enc', status: 'ACTIVE', n: 'AQAB', e: 'AQAB' } as const;
          return okta.authorizationServers.replace(authServerId, {
            ...input,
            jwks: {
              keys: [
                { ...key, kid: '1' },
                { ...key, kid: '2' },
              ],
            },
          });
        },
        cause: 'one active encryption key',
      },
    ],
  },
  {
    operation: 'deleteAuthorizationServer',
    call: 'authorizationServers.delete',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId }) => okta.authorizationServers.delete(authServerId),
    check: (_, { ids, okta }) => expect(okta.org.servers.has(ids.authServerId)).toBe(false),
  },
  {
    operation: 'activateAuthorizationServer',
    call: 'authorizationServers.activate',
    status: 204,
    declared: api.remove,
    arrange: ({ server }) => Object.assign(server.data, { status: 'INACTIVE' }),
    run: (okta, { authServerId }) => okta.authorizationServers.activate(authServerId),
    check: (_, { server }) => expect(server.data['status']).toBe('ACTIVE'),
  },
  {
    operation: 'deactivateAuthorizationServer',
    call: 'authorizationServers.deactivate',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId }) => okta.authorizationServers.deactivate(authServerId),
    check: (_, { server }) => expect(server.data['status']).toBe('INACTIVE'),
  },
  {
    operation: 'listAssociatedServersByTrustedType',
    call: 'authorizationServers.associatedServers.list',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId }) =>
      okta.authorizationServers.associatedServers.list(authServerId, { trusted: false }).toArray(),
    check: (found) => expect(found).toMatchObject([{ name: 'default', _links: null }]),
  },
  {
    operation: 'createAssociatedServers',
    call: 'authorizationServers.associatedServers.create',
    status: 200,
    declared: api.change,
    run: (okta, { authServerId }) =>
      okta.authorizationServers.associatedServers.create(authServerId, { trusted: ['default'] }),
    check(created, { server }) {
      expect(created).toMatchObject([{ name: 'default' }]);
      expect(server.trusted.size).toBe(2);
    },
    refused: [
      {
        because: 'it would trust itself',
        run: (okta, { authServerId }) =>
          okta.authorizationServers.associatedServers.create(authServerId, {
            trusted: [authServerId],
          }),
        cause: 'cannot trust itself',
      },
    ],
  },
  {
    operation: 'deleteAssociatedServer',
    call: 'authorizationServers.associatedServers.delete',
    status: 204,
    declared: api.remove,
    run: (okta, { associatedServerId, authServerId }) =>
      okta.authorizationServers.associatedServers.delete(authServerId, associatedServerId),
    check: (_, { server }) => expect(server.trusted.size).toBe(0),
  },
];
