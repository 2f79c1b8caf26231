import { created, lifecycleLink, link, noContent, ok, times, timestamp } from './answers.ts';
import { notFound, oktaError } from './errors.ts';
import { findServer, serverPath } from './find-server.ts';
import { place } from './ordered.ts';
import { ignored, list, object, oneOf, readBody, text, whole } from './shapes.ts';
import type { Call, Json, Operation, Policy } from './types.ts';

const collection = '/api/v1/authorizationServers/{authServerId}/policies';
const one = `${collection}/{policyId}`;

const shape = object(
  {
    name: text({ min: 1, max: 100 }),
    description: text({ min: 1, max: 255 }),
    type: oneOf('OAUTH_AUTHORIZATION_POLICY'),
    status: oneOf('ACTIVE', 'INACTIVE'),
    priority: whole(1, 1_000),
    conditions: object({ clients: object({ include: list(text({ min: 1 })) }) }),
    system: ignored,
    id: ignored,
    created: ignored,
    lastUpdated: ignored,
    _links: ignored,
  },
  ['name'],
);

export const policies: readonly Operation[] = [
  {
    id: 'listAuthorizationServerPolicies',
    method: 'GET',
    path: collection,
    run: (call) => ok(findServer(call).policies.map((policy) => present(call, policy))),
  },
  {
    id: 'createAuthorizationServerPolicy',
    method: 'POST',
    path: collection,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const { priority, ...body } = readBody(call, 'policy', shape);
      const data = { status: 'ACTIVE', ...body, id: call.org.id('00p'), system: false };
      const policy: Policy = { data: { ...data, ...times(call) }, rules: [] };
      server.policies = place(server.policies, policy, priority);
      return created(present(call, policy));
    },
  },
  {
    id: 'getAuthorizationServerPolicy',
    method: 'GET',
    path: one,
    run: (call) => ok(present(call, findPolicy(call))),
  },
  {
    id: 'replaceAuthorizationServerPolicy',
    method: 'PUT',
    path: one,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const policy = findPolicy(call);
      const { priority, ...body } = readBody(call, 'policy', shape);
      const { id, status, system } = policy.data;
      policy.data = { status, ...body, id, system, ...times(call, policy.data) };
      if (priority !== undefined) server.policies = place(server.policies, policy, priority);
      return ok(present(call, policy));
    },
  },
  {
    id: 'deleteAuthorizationServerPolicy',
    method: 'DELETE',
    path: one,
    run(call) {
      const server = findServer(call);
      const policy = findPolicy(call);
      if (policy.data['system']) throw oktaError('E0000006');
      server.policies = server.policies.filter((other) => other !== policy);
      return noContent;
    },
  },
  lifecycle('activate', 'ACTIVE'),
  lifecycle('deactivate', 'INACTIVE'),
];

function lifecycle(verb: 'activate' | 'deactivate', status: string): Operation {
  return {
    id: `${verb}AuthorizationServerPolicy`,
    method: 'POST',
    path: `${one}/lifecycle/${verb}`,
    run(call) {
      Object.assign(findPolicy(call).data, { status, lastUpdated: timestamp(call) });
      return noContent;
    },
  };
}

export function findPolicy(call: Call): Policy {
  const id = call.params['policyId'] ?? '';
  const policy = findServer(call).policies.find(({ data }) => data['id'] === id);
  if (!policy) throw notFound(id, 'Policy');
  return policy;
}

export function policyPath(call: Call, policy: Policy): string {
  return `${serverPath(findServer(call))}/policies/${policy.data['id'] as string}`;
}

function present(call: Call, policy: Policy): Json {
  const path = policyPath(call, policy);
  return {
    type: 'OAUTH_AUTHORIZATION_POLICY',
    conditions: { clients: { include: ['ALL_CLIENTS'] } },
    ...policy.data,
    priority: findServer(call).policies.indexOf(policy) + 1,
    _links: {
      self: link(call, path, 'GET', 'PUT', 'DELETE'),
      ...lifecycleLink(call, path, policy.data['status']),
      rules: link(call, `${path}/rules`, 'GET'),
    },
  };
}
