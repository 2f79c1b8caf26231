import { invalidOption, requireOptions, requireText } from '../options.ts';
import { withoutUndefined } from '../without-undefined.ts';
import type { Claim, ClaimInput } from './claims.ts';
import type { ManagementClient } from './create-management-client.ts';
import type { ManagementRequestOptions } from './request-options.ts';
import type { Scope, ScopeInput } from './scopes.ts';

/** What had to be done, and what there is now. */
export interface Ensured<T> {
  /** What had to be done. */
  readonly outcome: 'created' | 'replaced' | 'unchanged';
  /** The resource as it is now. */
  readonly value: T;
}

/**
 * Makes sure that an authorization server has a scope of that name, and that it is as given. What is
 * not given stays as it is. May be repeated; scopes that Okta made cannot be changed.
 *
 * @param client the client.
 * @param authServerId the server.
 * @param scope the scope, by its `name`.
 * @param options `signal`.
 * @throws what `scopes.list`, `scopes.get`, `scopes.create` and `scopes.replace` throw
 *
 * @example
 * ```ts
 * import { ensureScope, type ManagementClient } from 'relier/management'
 *
 * export const provide = (okta: ManagementClient) =>
 *   ensureScope(okta, 'default', { name: 'reports:read', consent: 'REQUIRED' })
 * ```
 */
export async function ensureScope(
  client: ManagementClient,
  authServerId: string,
  scope: ScopeInput,
  options?: ManagementRequestOptions,
): Promise<Ensured<Scope>> {
  requireOptions(scope, 'scope');
  const name = requireText(scope.name, 'name');
  const { scopes } = serversOf(client);
  return ensured<Scope>(
    scope,
    await first(scopes.list(authServerId, options), (found) => found.name === name),
    () => scopes.create(authServerId, scope, options),
    ({ id }) => scopes.get(authServerId, id, options),
    (merged) => scopes.replace(authServerId, merged.id, merged, options),
  );
}

/**
 * Makes sure that an authorization server has a claim of that name for that kind of token, and that it
 * is as given. What is not given stays as it is. May be repeated.
 *
 * @param client the client.
 * @param authServerId the server.
 * @param claim the claim, by its `name` and `claimType`.
 * @param options `signal`.
 * @throws what `claims.list`, `claims.get`, `claims.create` and `claims.replace` throw
 *
 * @example
 * ```ts
 * import { ensureClaim, type ManagementClient } from 'relier/management'
 *
 * export const provide = (okta: ManagementClient) =>
 *   ensureClaim(okta, 'default', {
 *     name: 'department',
 *     claimType: 'RESOURCE',
 *     valueType: 'EXPRESSION',
 *     value: 'user.department',
 *   })
 * ```
 */
export async function ensureClaim(
  client: ManagementClient,
  authServerId: string,
  claim: ClaimInput,
  options?: ManagementRequestOptions,
): Promise<Ensured<Claim>> {
  requireOptions(claim, 'claim');
  const name = requireText(claim.name, 'name');
  const claimType = requireText(claim.claimType, 'claimType');
  const { claims } = serversOf(client);
  return ensured<Claim>(
    claim,
    await first(
      claims.list(authServerId, options),
      (found) => found.name === name && found.claimType === claimType,
    ),
    () => claims.create(authServerId, claim, options),
    ({ id }) => claims.get(authServerId, id, options),
    (merged) => {
      // Of the kind that the claim may have been before; Okta refuses it with the others.
      const { group_filter_type: _, ...others } = merged;
      const replacement = (merged.valueType === 'GROUPS' ? merged : others) as Claim;
      return claims.replace(authServerId, merged.id, replacement, options);
    },
  );
}

function serversOf(client: ManagementClient): ManagementClient['authorizationServers'] {
  const { authorizationServers } = Object(client);
  if (!authorizationServers) throw invalidOption('client', 'must be a management client');
  return authorizationServers;
}

async function ensured<T extends object>(
  wanted: object,
  found: T | undefined,
  create: () => Promise<T>,
  read: (found: T) => Promise<T>,
  replace: (merged: T) => Promise<T>,
): Promise<Ensured<T>> {
  if (!found) return { outcome: 'created', value: await create() };
  if (covers(found, wanted)) return { outcome: 'unchanged', value: found };
  // Lists may lag behind, and what they say would undo what somebody has changed since.
  const latest = await read(found);
  return covers(latest, wanted)
    ? { outcome: 'unchanged', value: latest }
    : { outcome: 'replaced', value: await replace(merged(latest, wanted) as T) };
}

/** What is wanted in the place of what is there; what is not spoken of stays, at every level. */
function merged(found: unknown, wanted: unknown): unknown {
  const isObject = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(found) || !isObject(wanted)) return wanted;
  const there = found as Record<string, unknown>;
  const members = Object.entries(withoutUndefined(wanted as object));
  return {
    ...there,
    ...Object.fromEntries(members.map(([name, value]) => [name, merged(there[name], value)])),
  };
}

async function first<T>(items: AsyncIterable<T>, fits: (item: T) => boolean) {
  for await (const item of items) if (fits(item)) return item;
  return undefined;
}

/** Whether everything that is wanted is there already, in whatever order; what else is does not matter. */
function covers(found: unknown, wanted: unknown): boolean {
  // Okta leaves out some of what is null.
  if (wanted === undefined || (found ?? null) === wanted) return true;
  if (typeof wanted !== 'object' || typeof found !== 'object' || !wanted || !found) return false;
  if (Array.isArray(wanted)) {
    const there = Array.isArray(found) ? found : [];
    return (
      there.length === wanted.length &&
      wanted.every((value) => there.some((other) => covers(other, value))) &&
      there.every((other) => wanted.some((value) => covers(other, value)))
    );
  }
  return Object.entries(wanted).every(([name, value]) =>
    covers((found as Record<string, unknown>)[name], value),
  );
}
