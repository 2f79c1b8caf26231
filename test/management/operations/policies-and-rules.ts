import { expect } from 'vitest';
import { api, type Row } from './row.ts';
import type { World } from './world.ts';

const policy = {
  name: 'Employees',
  description: 'Those who work here',
  priority: 1,
  conditions: { clients: { include: ['ALL_CLIENTS'] } },
} as const;

const conditions = {
  people: { groups: { include: ['EVERYONE'] } },
  grantTypes: {
    include: ['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange'],
  },
  scopes: { include: ['*'] },
};

const rule = {
  name: 'Short',
  conditions,
  actions: {
    token: {
      accessTokenLifetimeMinutes: 5,
      refreshTokenLifetimeMinutes: 0,
      refreshTokenWindowMinutes: 10,
    },
  },
} as const;

const tooShort = { ...rule, actions: { token: { accessTokenLifetimeMinutes: 4 } } };
const policyOf = ({ server }: World) => server.policies[0];
const ruleOf = (world: World) => policyOf(world)?.rules[0];

const policies: readonly Row[] = [
  {
    operation: 'listAuthorizationServerPolicies',
    call: 'authorizationServers.policies.list',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId }) =>
      okta.authorizationServers.policies.list(authServerId).toArray(),
    check: (found, { ids }) => expect(found).toMatchObject([{ id: ids.policyId, priority: 1 }]),
  },
  {
    operation: 'createAuthorizationServerPolicy',
    call: 'authorizationServers.policies.create',
    status: 201,
    declared: api.change,
    run: (okta, { authServerId }) =>
      okta.authorizationServers.policies.create(authServerId, policy),
    check(created, world) {
      expect(created).toMatchObject({ ...policy, status: 'ACTIVE' });
      expect(policyOf(world)?.data['name']).toBe('Employees');
    },
    refused: [
      {
        because: 'the name has more than 100 characters',
        run: (okta, { authServerId }) =>
          okta.authorizationServers.policies.create(authServerId, { name: 'n'.repeat(101) }),
        cause: 'Maximum: 100',
      },
    ],
  },
  {
    operation: 'getAuthorizationServerPolicy',
    call: 'authorizationServers.policies.get',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId, policyId }) =>
      okta.authorizationServers.policies.get(authServerId, policyId),
    check: (found) => expect(found).toMatchObject({ name: 'Partners', system: false }),
  },
  {
    operation: 'replaceAuthorizationServerPolicy',
    call: 'authorizationServers.policies.replace',
    status: 200,
    declared: api.change,
    run: (okta, { authServerId, policyId }) =>
      okta.authorizationServers.policies.replace(authServerId, policyId, policy),
    check: (replaced, { ids }) => expect(replaced).toMatchObject({ ...policy, id: ids.policyId }),
    refused: [
      {
        because: 'the description has more than 255 characters',
        run: (okta, { authServerId, policyId }) =>
          okta.authorizationServers.policies.replace(authServerId, policyId, {
            ...policy,
            description: 'd'.repeat(256),
          }),
        cause: 'Maximum: 255',
      },
    ],
  },
  {
    operation: 'deleteAuthorizationServerPolicy',
    call: 'authorizationServers.policies.delete',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, policyId }) =>
      okta.authorizationServers.policies.delete(authServerId, policyId),
    check: (_, { server }) => expect(server.policies).toEqual([]),
  },
  {
    operation: 'activateAuthorizationServerPolicy',
    call: 'authorizationServers.policies.activate',
    status: 204,
    declared: api.remove,
    arrange: (world) => Object.assign(policyOf(world)?.data ?? {}, { status: 'INACTIVE' }),
    run: (okta, { authServerId, policyId }) =>
      okta.authorizationServers.policies.activate(authServerId, policyId),
    check: (_, world) => expect(policyOf(world)?.data['status']).toBe('ACTIVE'),
  },
  {
    operation: 'deactivateAuthorizationServerPolicy',
    call: 'authorizationServers.policies.deactivate',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, policyId }) =>
      okta.authorizationServers.policies.deactivate(authServerId, policyId),
    check: (_, world) => expect(policyOf(world)?.data['status']).toBe('INACTIVE'),
  },
];

const rules: readonly Row[] = [
  {
    operation: 'listAuthorizationServerPolicyRules',
    call: 'authorizationServers.policies.rules.list',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId, policyId }) =>
      okta.authorizationServers.policies.rules.list(authServerId, policyId).toArray(),
    check: (found, { ids }) =>
      expect(found).toMatchObject([
        { id: ids.ruleId, conditions: { people: { users: { exclude: [] } } } },
      ]),
  },
  {
    operation: 'createAuthorizationServerPolicyRule',
    call: 'authorizationServers.policies.rules.create',
    status: 201,
    declared: api.change,
    run: (okta, { authServerId, policyId }) =>
      okta.authorizationServers.policies.rules.create(authServerId, policyId, rule),
    check: (created) => expect(created).toMatchObject({ ...rule, priority: 2, status: 'ACTIVE' }),
    refused: [
      {
        because: 'an access token would live four minutes',
        run: (okta, { authServerId, policyId }) =>
          okta.authorizationServers.policies.rules.create(authServerId, policyId, tooShort),
        cause: 'accessTokenLifetimeMinutes: Must be between 5 and 1440',
      },
    ],
  },
  {
    operation: 'getAuthorizationServerPolicyRule',
    call: 'authorizationServers.policies.rules.get',
    status: 200,
    declared: api.read,
    run: (okta, { authServerId, policyId, ruleId }) =>
      okta.authorizationServers.policies.rules.get(authServerId, policyId, ruleId),
    check: (found) =>
      expect(found).toMatchObject({
        name: 'Everybody',
        actions: { token: { accessTokenLifetimeMinutes: 60 } },
      }),
  },
  {
    operation: 'replaceAuthorizationServerPolicyRule',
    call: 'authorizationServers.policies.rules.replace',
    status: 200,
    declared: api.change,
    run: (okta, { authServerId, policyId, ruleId }) =>
      okta.authorizationServers.policies.rules.replace(authServerId, policyId, ruleId, {
        ...rule,
        priority: 2,
      }),
    // Priorities have no gaps: the only rule is the first.
    check: (replaced, { ids }) =>
      expect(replaced).toMatchObject({ ...rule, id: ids.ruleId, priority: 1 }),
    refused: [
      {
        because: 'a refresh token would live shorter than an access token',
        run: (okta, { authServerId, policyId, ruleId }) =>
          okta.authorizationServers.policies.rules.replace(authServerId, policyId, ruleId, {
            ...rule,
            actions: {
              token: { accessTokenLifetimeMinutes: 60, refreshTokenLifetimeMinutes: 59 },
            },
          }),
        cause: 'at least the access token lifetime',
      },
    ],
  },
  {
    operation: 'deleteAuthorizationServerPolicyRule',
    call: 'authorizationServers.policies.rules.delete',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, policyId, ruleId }) =>
      okta.authorizationServers.policies.rules.delete(authServerId, policyId, ruleId),
    check: (_, world) => expect(policyOf(world)?.rules).toEqual([]),
  },
  {
    operation: 'activateAuthorizationServerPolicyRule',
    call: 'authorizationServers.policies.rules.activate',
    status: 204,
    declared: api.remove,
    arrange: (world) => Object.assign(ruleOf(world) ?? {}, { status: 'INACTIVE' }),
    run: (okta, { authServerId, policyId, ruleId }) =>
      okta.authorizationServers.policies.rules.activate(authServerId, policyId, ruleId),
    check: (_, world) => expect(ruleOf(world)?.['status']).toBe('ACTIVE'),
  },
  {
    operation: 'deactivateAuthorizationServerPolicyRule',
    call: 'authorizationServers.policies.rules.deactivate',
    status: 204,
    declared: api.remove,
    run: (okta, { authServerId, policyId, ruleId }) =>
      okta.authorizationServers.policies.rules.deactivate(authServerId, policyId, ruleId),
    check: (_, world) => expect(ruleOf(world)?.['status']).toBe('INACTIVE'),
  },
];

export const policiesAndRules = [...policies, ...rules];
