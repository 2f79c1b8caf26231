import { associatedServers } from './associated-servers.ts';
import { authorizationServers } from './authorization-servers.ts';
import { claims } from './claims.ts';
import { clientJwks } from './client-jwks.ts';
import { clientSecrets } from './client-secrets.ts';
import { policies } from './policies.ts';
import { policyRules } from './policy-rules.ts';
import { refreshTokens } from './refresh-tokens.ts';
import { scopes } from './scopes.ts';
import { signingKeys } from './signing-keys.ts';
import type { Operation } from './types.ts';

/** All 53 operations. */
export const operations: readonly Operation[] = [
  ...authorizationServers,
  ...associatedServers,
  ...claims,
  ...refreshTokens,
  ...signingKeys,
  ...policies,
  ...policyRules,
  ...scopes,
  ...clientSecrets,
  ...clientJwks,
];

const patterns = operations.map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}));

interface Match {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** The operation of a request; `path` where only another method is known for it. */
export function match(method: string, pathname: string): Match | 'path' | undefined {
  const found = patterns.flatMap(({ operation, pattern }) => {
    const groups = pattern.exec(pathname);
    return groups ? [{ operation, params: decoded(groups.groups ?? {}) }] : [];
  });
  const known = found.find(({ operation }) => operation.method === method);
  return known ?? (found.length > 0 ? 'path' : undefined);
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
}
