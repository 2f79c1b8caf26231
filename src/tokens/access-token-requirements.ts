import { type Check, checksOf } from '../checks.ts';
import type { ClientContext } from '../client/create-client.ts';
import { requireAmount, requireText, requireTexts } from '../options.ts';
import type { AccessToken } from './verify-access-token.ts';

/** What one request asks of its access token. */
export interface AccessTokenRequirements {
  /** Scopes that the token must all have. */
  readonly requireScopes?: readonly string[] | undefined;
  /** Authentication context classes of which the token must have one (RFC 9470). */
  readonly acr?: readonly string[] | undefined;
  /** How old the person's authentication may be, in seconds (RFC 9470). */
  readonly maxAge?: number | undefined;
  /** SHA-256 thumbprint of the client certificate of this connection, base64url (RFC 8705). */
  readonly certificateThumbprint?: string | undefined;
}

export function requireRequirements(options: AccessTokenRequirements): void {
  const { acr, certificateThumbprint, maxAge, requireScopes } = options;
  requireTexts(requireScopes, 'requireScopes');
  requireTexts(acr, 'acr');
  if (maxAge !== undefined) requireAmount(maxAge, 'maxAge');
  if (certificateThumbprint !== undefined) {
    requireText(certificateThumbprint, 'certificateThumbprint');
  }
}

/** Whether a token will do for this request. */
export function checkRequirements(
  { clock, clockToleranceSeconds, trace }: ClientContext,
  { claims, scopes }: AccessToken,
  { acr, maxAge, requireScopes = [] }: AccessTokenRequirements,
): void {
  const check: Check = checksOf('access_token', trace);
  const isEnough = requireScopes.every((name) => scopes.includes(name));
  check('scope', isEnough, ...(isEnough ? [] : [requireScopes.join(' '), scopes.join(' ')]));
  if (acr) check('acr', acr.includes(claims['acr'] as string), acr, claims['acr']);
  if (maxAge !== undefined) {
    const oldest = clock.now() / 1000 - maxAge - clockToleranceSeconds;
    const at = claims['auth_time'];
    check('auth_time', typeof at === 'number' && at >= oldest, undefined, at);
  }
}

/**
 * A bound token without its proof is a stolen one, and so may be one that is bound in a way nobody
 * here knows. Whether the proof is a good one is for `checkDpopProof`.
 */
export function checkConfirmation(
  { trace }: ClientContext,
  { claims: { cnf } }: AccessToken,
  hasProof: boolean,
  certificateThumbprint: string | undefined,
): void {
  const check: Check = checksOf('access_token', trace);
  const { jkt, 'x5t#S256': certificate } = Object(cnf);
  check('cnf', cnf === undefined || typeof jkt === 'string' || typeof certificate === 'string');
  check('scheme', hasProof === (jkt !== undefined));
  if (certificate !== undefined) check('certificate', certificate === certificateThumbprint);
}
