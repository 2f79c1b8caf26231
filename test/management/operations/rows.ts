import { authorizationServers } from './authorization-servers.ts';
import { clientJwks } from './client-jwks.ts';
import { clientSecrets } from './client-secrets.ts';
import { keysAndTokens } from './keys-and-tokens.ts';
import { policiesAndRules } from './policies-and-rules.ts';
import type { Row } from './row.ts';
import { scopesAndClaims } from './scopes-and-claims.ts';

/** All 53 operations, as they are called and answered. */
export const rows: readonly Row[] = [
  ...authorizationServers,
  ...keysAndTokens,
  ...policiesAndRules,
  ...scopesAndClaims,
  ...clientSecrets,
  ...clientJwks,
];
