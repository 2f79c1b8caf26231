import { readFile } from 'node:fs/promises';
import type {
  AuthorizationServerInput,
  ClaimInput,
  PolicyInput,
  PolicyRuleInput,
  ScopeInput,
} from 'relier/management';

/** What a server should be like. Okta checks the parts; this checks that they are there. */
export interface Plan {
  readonly server: AuthorizationServerInput;
  readonly scopes: readonly ScopeInput[];
  readonly claims: readonly ClaimInput[];
  readonly policy: PolicyInput;
  readonly rules: readonly PolicyRuleInput[];
}

export async function readPlan(file: string | URL): Promise<Plan> {
  const plan = JSON.parse(await readFile(file, 'utf8'));
  for (const part of ['server', 'policy']) {
    if (typeof plan[part]?.name !== 'string') throw new Error(`${file}: ${part} has no name.`);
  }
  for (const part of ['scopes', 'claims', 'rules']) {
    if (!Array.isArray(plan[part])) throw new Error(`${file}: ${part} is no list.`);
  }
  return plan;
}
