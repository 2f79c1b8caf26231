import type { ManagementClient } from '../../../src/management/index.ts';
import type { World } from './world.ts';

/** Path parameters, by their names in Okta's description. */
export interface Ids {
  readonly authServerId: string;
  readonly associatedServerId: string;
  readonly policyId: string;
  readonly ruleId: string;
  readonly scopeId: string;
  readonly claimId: string;
  readonly clientId: string;
  readonly tokenId: string;
  readonly appId: string;
  readonly keyId: string;
  readonly secretId: string;
}

/** A call that Okta refuses with status 400. */
export interface RefusedCall {
  /** What is wrong with it. */
  readonly because: string;
  /** What makes it so, if it isn't the call itself. */
  arrange?(world: World): unknown;
  /** The row's own call by default. */
  run?(okta: ManagementClient, ids: Ids): Promise<unknown>;
  /** Part of Okta's reason. */
  readonly cause: string;
}

/** One operation, as it is called and as it may be answered. */
export interface Row {
  /** Its id in Okta's description. */
  readonly operation: string;
  /** The name of our method. */
  readonly call: string;
  /** The status of success. */
  readonly status: 200 | 201 | 204;
  /** The statuses of failure that the description declares. */
  readonly declared: readonly (400 | 401 | 403 | 404 | 429)[];
  /** What must be so for success. */
  arrange?(world: World): unknown;
  run(okta: ManagementClient, ids: Ids): Promise<unknown>;
  /** What the result is, or what has become of the org. */
  check(result: unknown, world: World): void;
  readonly refused?: readonly RefusedCall[];
}

export const api = {
  read: [403, 404, 429],
  list: [403, 429],
  create: [400, 403, 429],
  change: [400, 403, 404, 429],
  remove: [403, 404, 429],
} as const;
