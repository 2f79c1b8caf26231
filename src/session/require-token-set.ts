import { invalidOption, requireOptions, requireToken } from '../options.ts';
import type { TokenSet } from '../tokens/token-set.ts';

/** Tokens from outside, which a session is to keep. */
export function requireTokenSet(value: TokenSet, option: string): void {
  requireOptions(value, option);
  const { accessToken, claims, expiresAt = 0, obtainedAt, scope } = value;
  const { idToken = '', keyThumbprint = '', refreshToken = '', resource = '' } = value;
  requireToken(accessToken, 'accessToken');
  const isTokenSet =
    Number.isFinite(obtainedAt) &&
    Number.isFinite(expiresAt) &&
    [idToken, keyThumbprint, refreshToken, resource, scope].every(isText) &&
    isClaims(claims);
  if (!isTokenSet) throw invalidOption(option, 'must be a TokenSet');
}

/** Claims that name somebody, if there are any. */
export function isClaims(claims: unknown): boolean {
  return claims === undefined || isText(Object(claims).sub);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
