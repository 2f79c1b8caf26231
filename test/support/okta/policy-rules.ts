import { created, lifecycleLink, link, noContent, ok, times, timestamp } from './answers.ts';
import { notFound, oktaError, validationFailed } from './errors.ts';
import { place } from './ordered.ts';
import { findPolicy, policyPath } from './policies.ts';
import { ignored, list, object, oneOf, readBody, text, whole } from './shapes.ts';
import type { Call, Json, Operation, Policy } from './types.ts';

const collection = '/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules';
const one = `${collection}/{ruleId}`;

const names = list(text({ min: 1 }));
const people = object({ include: names, exclude: names });

const shape = object(
  {
    name: text({ min: 1 }),
    type: oneOf('RESOURCE_ACCESS'),
    status: oneOf('ACTIVE', 'INACTIVE'),
    priority: whole(1, 1_000),
    conditions: object({
      people: object({ users: people, groups: people }),
      grantTypes: object({ include: names }),
      scopes: object({ include: names }),
    }),
    actions: object({
      token: object({
        accessTokenLifetimeMinutes: whole(5, 1_440),
        // 0 is "no limit"; anything else is at least the access token's lifetime.
        refreshTokenLifetimeMinutes: whole(0, Number.MAX_SAFE_INTEGER),
        refreshTokenWindowMinutes: whole(10, 2_628_000),
        inlineHook: object({ id: text() }),
      }),
    }),
    system: ignored,
    id: ignored,
    created: ignored,
    lastUpdated: ignored,
    _links: ignored,
  },
  ['name', 'conditions', 'type'],
);

export const policyRules: readonly Operation[] = [
  {
    id: 'listAuthorizationServerPolicyRules',
    method: 'GET',
    path: collection,
    run(call) {
      const policy = findPolicy(call);
      return ok(policy.rules.map((rule) => present(call, policy, rule)));
    },
  },
  {
    id: 'createAuthorizationServerPolicyRule',
    method: 'POST',
    path: collection,
    body: 'required',
    run(call) {
      const policy = findPolicy(call);
      const { priority, ...body } = readRule(call);
      const own = { id: call.org.id('0pr'), system: false, ...times(call) };
      const rule: Json = { status: 'ACTIVE', ...body, ...own };
      policy.rules = place(policy.rules, rule, priority);
      return created(present(call, policy, rule));
    },
  },
  {
    id: 'getAuthorizationServerPolicyRule',
    method: 'GET',
    path: one,
    run: (call) => ok(present(call, findPolicy(call), findRule(call))),
  },
  {
    id: 'replaceAuthorizationServerPolicyRule',
    method: 'PUT',
    path: one,
    body: 'required',
    run(call) {
      const policy = findPolicy(call);
      const old = findRule(call);
      const { priority = policy.rules.indexOf(old) + 1, ...body } = readRule(call);
      const { id, status, system } = old;
      const rule: Json = { status, ...body, id, system, ...times(call, old) };
      const others = policy.rules.filter((other) => other !== old);
      policy.rules = place(others, rule, priority);
      return ok(present(call, policy, rule));
    },
  },
  {
    id: 'deleteAuthorizationServerPolicyRule',
    method: 'DELETE',
    path: one,
    run(call) {
      const policy = findPolicy(call);
      const rule = findRule(call);
      if (rule['system']) throw oktaError('E0000006');
      policy.rules = policy.rules.filter((other) => other !== rule);
      return noContent;
    },
  },
  lifecycle('activate', 'ACTIVE'),
  lifecycle('deactivate', 'INACTIVE'),
];

function lifecycle(verb: 'activate' | 'deactivate', status: string): Operation {
  return {
    id: `${verb}AuthorizationServerPolicyRule`,
    method: 'POST',
    path: `${one}/lifecycle/${verb}`,
    run(call) {
      Object.assign(findRule(call), { status, lastUpdated: timestamp(call) });
      return noContent;
    },
  };
}

function findRule(call: Call): Json {
  const id = call.params['ruleId'] ?? '';
  const rule = findPolicy(call).rules.find((other) => other['id'] === id);
  if (!rule) throw notFound(id, 'PolicyRule');
  return rule;
}

function readRule(call: Call): Json {
  const rule = readBody(call, 'rule', shape);
  const { token = {} } = (rule['actions'] ?? {}) as { token?: Record<string, number> };
  const { accessTokenLifetimeMinutes: access = 60, refreshTokenLifetimeMinutes: refresh = 0 } =
    token;
  if (refresh !== 0 && refresh < access) {
    throw validationFailed('refreshTokenLifetimeMinutes', [
      'refreshTokenLifetimeMinutes: Must be at least the access token lifetime',
    ]);
  }
  return { ...rule, conditions: withExclusions(rule['conditions'] as Json) };
}

/** Live rules list excluded users even where nobody named any. */
function withExclusions(conditions: Json): Json {
  const people = conditions['people'] as { users?: Json } | undefined;
  return people
    ? { ...conditions, people: { ...people, users: { exclude: [], ...people.users } } }
    : conditions;
}

function present(call: Call, policy: Policy, rule: Json): Json {
  const path = `${policyPath(call, policy)}/rules/${rule['id'] as string}`;
  const { token } = (rule['actions'] ?? {}) as { token?: Json };
  return {
    ...rule,
    priority: policy.rules.indexOf(rule) + 1,
    actions: {
      token: {
        accessTokenLifetimeMinutes: 60,
        refreshTokenLifetimeMinutes: 0,
        refreshTokenWindowMinutes: 10_080,
        ...token,
      },
    },
    _links: {
      self: link(call, path, 'GET', 'PUT', 'DELETE'),
      ...lifecycleLink(call, path, rule['status']),
    },
  };
}
