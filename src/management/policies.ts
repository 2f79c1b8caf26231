import { requireOptions } from '../options.ts';
import type { List, ListOptions } from './list.ts';
import type { LifecycleStatus, Resource, Timestamps } from './model.ts';
import { path } from './path.ts';
import { type PolicyRules, policyRules } from './policy-rules.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** What a policy is made of. */
export interface PolicyInput {
  /** @default 'OAUTH_AUTHORIZATION_POLICY', the only one there is */
  readonly type?: 'OAUTH_AUTHORIZATION_POLICY' | undefined;
  /** 1 to 100 characters. */
  readonly name: string;
  /** 1 to 255 characters. */
  readonly description?: string | null | undefined;
  /** Policies are tried in this order, from 1 on; Okta closes gaps by itself. */
  readonly priority?: number | undefined;
  /** An inactive policy is passed over. */
  readonly status?: LifecycleStatus | undefined;
  /** Which clients it is for: client ids, or `ALL_CLIENTS`. */
  readonly conditions?:
    | {
        readonly clients?: { readonly include?: readonly string[] } | null;
        readonly [more: string]: unknown;
      }
    | null
    | undefined;
}

/** A policy: which clients it is for. Its rules say what they get. */
export interface Policy extends PolicyInput, Timestamps, Resource {
  /** Whether Okta made it. */
  readonly system?: boolean;
}

/** Access policies; `/api/v1/authorizationServers/{authServerId}/policies`. */
export interface Policies {
  /** All policies, in one page. */
  list(authServerId: string, options?: ListOptions): List<Policy>;
  /** Reads a policy. */
  get(authServerId: string, policyId: string, options?: ManagementRequestOptions): Promise<Policy>;
  /** Adds a policy, without rules. */
  create(
    authServerId: string,
    policy: PolicyInput,
    options?: ManagementRequestOptions,
  ): Promise<Policy>;
  /** Replaces the whole policy, but for its rules: what is not sent is gone. */
  replace(
    authServerId: string,
    policyId: string,
    policy: PolicyInput,
    options?: ManagementRequestOptions,
  ): Promise<Policy>;
  /** Deletes a policy and its rules. */
  delete(authServerId: string, policyId: string, options?: ManagementRequestOptions): Promise<void>;
  /** Lets the policy count again. */
  activate(
    authServerId: string,
    policyId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
  /** Has the policy passed over. */
  deactivate(
    authServerId: string,
    policyId: string,
    options?: ManagementRequestOptions,
  ): Promise<void>;
  /** What its clients get. */
  readonly rules: PolicyRules;
}

export function policies(requests: Requests): Policies {
  const all = (authServerId: string) => path`/authorizationServers/${{ authServerId }}/policies`;
  const one = (authServerId: string, policyId: string) =>
    all(authServerId) + path`/${{ policyId }}`;
  const typed = (policy: PolicyInput) => {
    requireOptions(policy, 'body');
    return { ...policy, type: policy.type ?? 'OAUTH_AUTHORIZATION_POLICY' };
  };
  return {
    list: (authServerId, options) => requests.list(all(authServerId), options),
    get: async (authServerId, policyId, options) =>
      requests.value('GET', one(authServerId, policyId), options),
    create: async (authServerId, policy, options) =>
      requests.value('POST', all(authServerId), withBody(typed(policy), options)),
    replace: async (authServerId, policyId, policy, options) =>
      requests.value('PUT', one(authServerId, policyId), withBody(typed(policy), options)),
    delete: async (authServerId, policyId, options) =>
      requests.nothing('DELETE', one(authServerId, policyId), options),
    activate: async (authServerId, policyId, options) =>
      requests.nothing('POST', `${one(authServerId, policyId)}/lifecycle/activate`, options),
    deactivate: async (authServerId, policyId, options) =>
      requests.nothing('POST', `${one(authServerId, policyId)}/lifecycle/deactivate`, options),
    rules: policyRules(requests),
  };
}
