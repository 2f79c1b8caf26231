import { expect } from 'vitest';
import { api, type Row } from './row.ts';

const scope = {
  name: 'orders:write',
  displayName: 'Change your orders',
  consent: 'REQUIRED',
  metadataPublish: 'ALL_CLIENTS',
  default: true,
} as const;

const claim = {
  name: 'groups',
  claimType: 'IDENTITY',
  valueType: 'GROUPS',
  value: 'Sales',
  group_filter_type: 'STARTS_WITH',
  conditions: { scopes: ['orders:read'] },
} as const;

const taken = {
  because: 'another scope has the name',
  cause: 'already exists',
} as const;

const unfiltered = {
  name: 'groups',
  claimType: 'IDENTITY',
  valueType: 'EXPRESSION',
  value: '',
} as const;

export const scopesAndClaims: readonly Row[] = [
  {
    operation: 'listOAuth2Scopes',
    call: 'authorizationServers.scopes.list',
    status: 200,
    declared: api.read,
    arrange: ({ ids: { authServerId }, okta }) =>
      okta.atConsole('createOAuth2Scope', { authServerId }, { name: 'stock:write' }),
    // Also in the name of a scope of Okta's, which the filter leaves out.
    run: (okta, { authServerId }) =>
      okta.authorizationServers.scopes
        .list(authServerId, { q: 'ad', filter: 'system eq false', limit: 200 })
        .toArray(),
    check: (scopes, { ids }) =>
      expect(scopes).toMatchObject([{ id: ids.scopeId, description: null }]),
  },
  {
    operation: 'createOAuth2Scope',
    call: 'authorizationServers.scopes.create',
    status: 201,
    declared: api.change,
    run: (okta, { authServerId }) => okta.authorizationServers.scopes.create(authServerId, scope),
    check: (created) => expect(created).toMatchObject({ ...scope, system: false }),
    refused: [
      {
        ...taken,
        run: (okta, { authServerId }) =>
          okta.authorizationServers.scopes.create(authServerId, { name: 'openid' }),
      },
    ],
  },
  {
    operation: 'getOAuth2Scope',
    call: 'authorizationServers.scopes.get',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId, scopeId }) =>
      okta.authorizationServers.scopes.get(authServerId, scopeId),
    check: (found) => expect(found).toMatchObject({ name: 'orders:read', consent: 'IMPLICIT' }),
  },
  {
    operation: 'replaceOAuth2Scope',
    call: 'authorizationServers.scopes.replace',
    status: 200,
    declared: api.change,
    run: (okta, { authServerId, scopeId }) =>
      okta.authorizationServers.scopes.replace(authServerId, scopeId, scope),
    check: (replaced, { ids }) => expect(replaced).toMatchObject({ ...scope, id: ids.scopeId }),
    refused: [
      {
        ...taken,
        run: (okta, { authServerId, scopeId }) =>
          okta.authorizationServers.scopes.replace(authServerId, scopeId, { name: 'openid' }),
      },
    ],
  },
  {
    operation: 'deleteOAuth2Scope',
    call: 'authorizationServers.scopes.delete',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, scopeId }) =>
      okta.authorizationServers.scopes.delete(authServerId, scopeId),
    check: (_, { ids, server }) => expect(server.scopes.has(ids.scopeId)).toBe(false),
  },
  {
    operation: 'listOAuth2Claims',
    call: 'authorizationServers.claims.list',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId }) => okta.authorizationServers.claims.list(authServerId).toArray(),
    check: (claims, { ids }) =>
      expect(claims).toMatchObject([{ name: 'sub', valueType: 'SYSTEM' }, { id: ids.claimId }]),
  },
  {
    operation: 'createOAuth2Claim',
    call: 'authorizationServers.claims.create',
    status: 201,
    declared: api.change,
    run: (okta, { authServerId }) => okta.authorizationServers.claims.create(authServerId, claim),
    check: (created) => expect(created).toMatchObject({ ...claim, status: 'ACTIVE' }),
    refused: [
      {
        because: 'it has no value',
        run: (okta, { authServerId }) =>
          okta.authorizationServers.claims.create(authServerId, unfiltered),
        cause: 'value: The field cannot be left blank',
      },
    ],
  },
  {
    operation: 'getOAuth2Claim',
    call: 'authorizationServers.claims.get',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId, claimId }) =>
      okta.authorizationServers.claims.get(authServerId, claimId),
    check: (found) =>
      expect(found).toMatchObject({ name: 'department', alwaysIncludeInToken: true }),
  },
  {
    operation: 'replaceOAuth2Claim',
    call: 'authorizationServers.claims.replace',
    status: 200,
    declared: api.change,
    run: (okta, { authServerId, claimId }) =>
      okta.authorizationServers.claims.replace(authServerId, claimId, claim),
    check: (replaced, { ids }) => expect(replaced).toMatchObject({ ...claim, id: ids.claimId }),
    refused: [
      {
        because: 'it names a scope that is not there',
        run: (okta, { authServerId, claimId }) =>
          okta.authorizationServers.claims.replace(authServerId, claimId, {
            ...claim,
            conditions: { scopes: ['nobody:knows'] },
          }),
        cause: "no scope 'nobody:knows'",
      },
    ],
  },
  {
    operation: 'deleteOAuth2Claim',
    call: 'authorizationServers.claims.delete',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, claimId }) =>
      okta.authorizationServers.claims.delete(authServerId, claimId),
    check: (_, { ids, server }) => expect(server.claims.has(ids.claimId)).toBe(false),
  },
];
