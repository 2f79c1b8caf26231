import { type Ensured, ensureClaim, ensureScope, type ManagementClient } from 'relier/management';
import { ensureNamed } from './ensure-named.ts';
import type { Plan } from './plan.ts';

/** One thing that is now as planned. */
export interface Done {
  readonly outcome: Ensured<unknown>['outcome'];
  readonly what: string;
}

/**
 * Makes a server what the plan says, and returns its issuer. One step after the other, because the rate
 * limits of small orgs are soon reached; may be repeated, after a failure too.
 */
export async function* provision(okta: ManagementClient, plan: Plan): AsyncGenerator<Done, string> {
  const { authorizationServers: servers } = okta;
  const { policies } = servers;
  const { rules } = policies;

  const server = await ensureNamed(plan.server, {
    ...servers,
    list: servers.list({ q: plan.server.name }),
  });
  const { id, issuer = '' } = server.value;
  yield { outcome: server.outcome, what: `server ${plan.server.name} (${id})` };

  for (const scope of plan.scopes) {
    const { outcome } = await ensureScope(okta, id, scope);
    yield { outcome, what: `scope ${scope.name}` };
  }
  for (const claim of plan.claims) {
    const { outcome } = await ensureClaim(okta, id, claim);
    yield { outcome, what: `claim ${claim.name}` };
  }

  const policy = await ensureNamed(plan.policy, {
    list: policies.list(id),
    create: (planned) => policies.create(id, planned),
    get: (policyId) => policies.get(id, policyId),
    replace: (policyId, planned) => policies.replace(id, policyId, planned),
  });
  const policyId = policy.value.id;
  yield { outcome: policy.outcome, what: `policy ${plan.policy.name}` };

  for (const rule of plan.rules) {
    const { outcome } = await ensureNamed(rule, {
      list: rules.list(id, policyId),
      create: (planned) => rules.create(id, policyId, planned),
      get: (ruleId) => rules.get(id, policyId, ruleId),
      replace: (ruleId, planned) => rules.replace(id, policyId, ruleId, planned),
    });
    yield { outcome, what: `rule ${rule.name}` };
  }
  return issuer;
}
