import { requireOptions } from '../options.ts';
import type { List, ListOptions } from './list.ts';
import type { Known, LifecycleStatus, Resource, Timestamps } from './model.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** What a rule is made of. */
export interface PolicyRuleInput {
  /** @default 'RESOURCE_ACCESS', the only one there is */
  readonly type?: 'RESOURCE_ACCESS' | undefined;
  /** Shown in the admin console. */
  readonly name: string;
  /** Rules are tried in this order, from 1 on; Okta closes gaps by itself. */
  readonly priority?: number | undefined;
  /** An inactive rule is passed over. */
  readonly status?: LifecycleStatus | undefined;
  /** Whom and what it is for. */
  readonly conditions: PolicyRuleConditions;
  /** What they get. */
  readonly actions?: PolicyRuleActions | null | undefined;
}

/** Whom and what a rule is for: all of these have to fit. */
export interface PolicyRuleConditions extends Known {
  /** Users and groups by their ids; the group `EVERYONE`. */
  readonly people?: {
    readonly users?: Selection | null;
    readonly groups?: Selection | null;
    readonly [property: string]: unknown;
  } | null;
  /** Names of grants, such as `authorization_code`, `client_credentials`, `password`. */
  readonly grantTypes?: Selection | null;
  /** Names of scopes, or `*` for all. */
  readonly scopes?: Selection | null;
}

/** Who is in, and where Okta knows that: who is not. */
export interface Selection extends Known {
  /** Who or what is in. */
  readonly include?: readonly string[] | null;
  /** Live answers have it for people, though Okta's description does not know it. */
  readonly exclude?: readonly string[] | null;
}

/** What a rule gives. */
export interface PolicyRuleActions extends Known {
  /** Of the tokens that are issued by this rule. */
  readonly token?: {
    /** From 5 minutes to one day (1,440). */
    readonly accessTokenLifetimeMinutes?: number;
    /** At least as long as the access token's; 0 for no limit. */
    readonly refreshTokenLifetimeMinutes?: number;
    /**
     * How long a refresh token may lie unused: from 10 minutes, and from the access token's lifetime,
     * to five years (2,628,000).
     */
    readonly refreshTokenWindowMinutes?: number;
    /** A hook of the org that may change tokens. */
    readonly inlineHook?: { readonly id: string } | null;
    readonly [property: string]: unknown;
  } | null;
}

/** A rule of a policy: what clients and people get, and for how long. */
export interface PolicyRule extends PolicyRuleInput, Timestamps, Resource {
  /** Whether Okta made it; such a rule cannot be deleted. */
  readonly system?: boolean;
}

/** Rules; `/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules`. */
export interface PolicyRules {
  /** All rules, in one page. */
  list(authServerId: string, policyId: string, options?: ListOptions): List<PolicyRule>;
  /** Reads a rule. */
  get(
    authServerId: string,
    policyId: string,
    ruleId: string,
    options?: ManagementRequestOptions,
  ): Promise<PolicyRule>;
  /** Adds a rule. */
  create(
    authServerId: string,
    policyId: string,
    rule: PolicyRuleInput,
    options?: ManagementRequestOptions,
  ): Promise<PolicyRule>;
  /** Replaces the whole rule: what is not sent is gone. */
  replace(
    authServerId: string,
    policyId: string,
    ruleId: string,
    rule: PolicyRuleInput,
    options?: ManagementRequestOptions,
  ): Promise<PolicyRule>;
  /** Deletes a rule that Okta did not make. */
  delete(
    authServerId: string,
    policyId: string,
    ruleId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
  /** Lets the rule count again. */
  activate(
    authServerId: string,
    policyId: string,
    ruleId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
  /** Has the rule passed over. */
  deactivate(
    authServerId: string,
    policyId: string,
    ruleId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
}

export function policyRules(requests: Requests): PolicyRules {
  const all = (authServerId: string, policyId: string) =>
    path`/authorizationServers/${{ authServerId }}/policies/${{ policyId }}/rules`;
  const one = (authServerId: string, policyId: string, ruleId: string) =>
    all(authServerId, policyId) + path`/${{ ruleId }}`;
  const typed = (rule: PolicyRuleInput) => {
    requireOptions(rule, 'body');
    return { ...rule, type: rule.type ?? 'RESOURCE_ACCESS' };
  };
  return {
    list: (authServerId, policyId, options) => requests.list(all(authServerId, policyId), options),
    get: async (authServerId, policyId, ruleId, options) =>
      requests.value('GET', one(authServerId, policyId, ruleId), options),
    create: async (authServerId, policyId, rule, options) =>
      requests.value('POST', all(authServerId, policyId), withBody(typed(rule), options)),
    replace: async (authServerId, policyId, ruleId, rule, options) =>
      requests.value('PUT', one(authServerId, policyId, ruleId), withBody(typed(rule), options)),
    delete: async (authServerId, policyId, ruleId, options) =>
      requests.nothing('DELETE', one(authServerId, policyId, ruleId), options),
    activate: async (authServerId, policyId, ruleId, options) =>
      requests.nothing(
        'POST',
        `${one(authServerId, policyId, ruleId)}/lifecycle/activate`,
        options,
      ),
    deactivate: async (authServerId, policyId, ruleId, options) =>
      requests.nothing(
        'POST',
        `${one(authServerId, policyId, ruleId)}/lifecycle/deactivate`,
        options,
      ),
  };
}
