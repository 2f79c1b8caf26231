import type { List, ListOptions } from './list.ts';
import type { LifecycleStatus, Resource } from './model.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** What all claims have. */
export interface ClaimBase {
  /** The claim's name in the token. */
  readonly name: string;
  /** Whether it goes into access tokens (`RESOURCE`) or ID tokens (`IDENTITY`). */
  readonly claimType: 'IDENTITY' | 'RESOURCE';
  /**
   * Access tokens always have their claims. An ID token that comes with an access token has only
   * those with `true`; the others are at the userinfo endpoint.
   */
  readonly alwaysIncludeInToken?: boolean | undefined;
  /** Only when one of these scopes was granted; with none, always. */
  readonly conditions?: { readonly scopes?: readonly string[] | null } | null | undefined;
  /** An inactive claim is in no token. */
  readonly status?: LifecycleStatus | undefined;
}

/** A claim whose value is worked out. */
export interface ExpressionClaimInput extends ClaimBase {
  /** Tells it from the others. */
  readonly valueType: 'EXPRESSION';
  /** An expression in Okta's language, such as `user.email` or `"a literal"`. */
  readonly value: string;
}

/** A claim with the names of a person's groups. */
export interface GroupsClaimInput extends ClaimBase {
  /** Tells it from the others. */
  readonly valueType: 'GROUPS';
  /** What names are compared with. */
  readonly value: string;
  /** How they are compared: `REGEX` minds the case, the others don't. */
  readonly group_filter_type: 'CONTAINS' | 'EQUALS' | 'REGEX' | 'STARTS_WITH';
}

/** A claim that Okta fills; only some of its properties can be changed. */
export interface SystemClaimInput extends ClaimBase {
  /** Tells it from the others. */
  readonly valueType: 'SYSTEM';
  /** Okta mostly shows none. */
  readonly value?: string | null | undefined;
}

/** What a claim is made of, told apart by `valueType`. */
export type ClaimInput = ExpressionClaimInput | GroupsClaimInput | SystemClaimInput;

/** A claim that tokens of an authorization server carry, told apart by `valueType`. */
export type Claim = ClaimInput &
  Resource & {
    /** Whether Okta made it. */
    readonly system?: boolean;
  };

/** Custom claims; `/api/v1/authorizationServers/{authServerId}/claims`. */
export interface Claims {
  /** All claims, in one page. */
  list(authServerId: string, options?: ListOptions): List<Claim>;
  /** Reads a claim. */
  get(authServerId: string, claimId: string, options?: ManagementRequestOptions): Promise<Claim>;
  /** Adds a claim; its name may be there once for each kind of token. */
  create(
    authServerId: string,
    claim: ClaimInput,
    options?: ManagementRequestOptions,
  ): Promise<Claim>;
  /** Replaces the whole claim: what is not sent is gone. */
  replace(
    authServerId: string,
    claimId: string,
    claim: ClaimInput,
    options?: ManagementRequestOptions,
  ): Promise<Claim>;
  /** Deletes a claim that Okta did not make. */
  delete(authServerId: string, claimId: string, options?: ManagementRequestOptions): Promise<void>;
}

export function claims(requests: Requests): Claims {
  const all = (authServerId: string) => path`/authorizationServers/${{ authServerId }}/claims`;
  const one = (authServerId: string, claimId: string) => all(authServerId) + path`/${{ claimId }}`;
  return {
    list: (authServerId, options) => requests.list(all(authServerId), options),
    get: async (authServerId, claimId, options) =>
      requests.value('GET', one(authServerId, claimId), options),
    create: async (authServerId, body, options) =>
      requests.value('POST', all(authServerId), withBody(body, options)),
    replace: async (authServerId, claimId, body, options) =>
      requests.value('PUT', one(authServerId, claimId), withBody(body, options)),
    delete: async (authServerId, claimId, options) =>
      requests.nothing('DELETE', one(authServerId, claimId), options),
  };
}
