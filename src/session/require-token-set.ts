import { invalidOption, requireOptions, requireToken } from '../options.ts';
import type { TokenSet } from '../tokens/token-set.ts';

/** Tokens from outside, which a session is to keep. */
export function requireTokenSet(value: TokenSet, option: string): void {
  requireOptions(value, option);
  const { accessToken, claims, expiresAt = 0, obtainedAt, refreshToken = '', scope } = value;
  requireToken(accessToken, 'accessToken');
  const isTokenSet =
    Number.isFinite(obtainedAt) &&
    Number.isFinite(expiresAt) &&
    typeof refreshToken === 'string' &&
    typeof scope === 'string' &&
    (claims === undefined || typeof Object(claims).sub === 'string');
  if (!isTokenSet) throw invalidOption(option, 'must be a TokenSet');
}
