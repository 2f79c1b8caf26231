import type { TokenEndpointResponse } from 'oauth4webapi';
import type { IdTokenClaims } from './id-token.ts';

/**
 * What a server issued: frozen plain data. It holds credentials, so it belongs in memory or in a
 * protected store, never in a log or a URL.
 */
export interface TokenSet {
  /** The access token; the empty string where none was asked for (`responseType: 'id_token'`). */
  readonly accessToken: string;
  /**
   * How the access token is presented (RFC 6750, RFC 9449); `N_A` for a token that was exchanged for
   * and is not presented as one (RFC 8693).
   */
  readonly tokenType: 'Bearer' | 'DPoP' | 'N_A';
  /** When the tokens were asked for, in milliseconds since the epoch. */
  readonly obtainedAt: number;
  /** When the access token expires, in milliseconds since the epoch; absent if the server gave no lifetime. */
  readonly expiresAt?: number;
  /** The granted scope: what the server says, or else what was asked for (RFC 6749 section 5.1). */
  readonly scope: string;
  /** The refresh token: the newest one, or the one in use where the server issued no new one. */
  readonly refreshToken?: string;
  /** The ID token as issued, for `idTokenHint`. */
  readonly idToken?: string;
  /**
   * The claims of the ID token, all checks passed. A renewed ID token often repeats only `sub`; what
   * it does not repeat stays as it was.
   */
  readonly claims?: IdTokenClaims;
  /** The resource the access token was asked for (RFC 8707), where there was exactly one. */
  readonly resource?: string;
  /** Thumbprint of the key that the access token is bound to (RFC 7638, RFC 9449). */
  readonly keyThumbprint?: string;
}

const TYPES = { dpop: 'DPoP', n_a: 'N_A' } as const;

/** What was asked for, and what is carried over from the tokens that are replaced. */
export interface Requested {
  readonly scope?: string | undefined;
  readonly resource?: string | readonly string[] | undefined;
  /** Thumbprint of the key that the tokens were asked to be bound to (RFC 7638). */
  readonly keyThumbprint?: string | undefined;
  readonly previous?: Partial<Pick<TokenSet, 'refreshToken' | 'idToken' | 'claims'>> | undefined;
}

/** Turns a validated token response into a {@link TokenSet}. */
export function tokenSet(
  obtainedAt: number,
  issued: TokenEndpointResponse,
  requested: Requested,
  claims?: IdTokenClaims,
): TokenSet {
  const { expires_in, scope, refresh_token = requested.previous?.refreshToken } = issued;
  const resources = [requested.resource ?? []].flat();
  const { idToken, claims: earlier } = requested.previous ?? {};
  return Object.freeze({
    accessToken: issued.access_token,
    tokenType: TYPES[issued.token_type as keyof typeof TYPES] ?? 'Bearer',
    obtainedAt,
    // From the moment of asking, so that a slow answer never makes a token look younger.
    ...(expires_in !== undefined && { expiresAt: obtainedAt + Math.min(expires_in, 1e9) * 1000 }),
    scope: scope ?? requested.scope ?? '',
    ...(refresh_token !== undefined && { refreshToken: refresh_token }),
    ...((claims || idToken) && { idToken: claims ? issued.id_token : idToken }),
    ...((claims || earlier) && { claims: carriedOver(earlier, claims) }),
    ...(issued.token_type === 'dpop' && { keyThumbprint: requested.keyThumbprint as string }),
    ...(resources.length === 1 && { resource: resources[0] as string }),
  });
}

/** What a renewed ID token does not repeat, except what was said of a value that it changes. */
function carriedOver(earlier: IdTokenClaims | undefined, newer?: IdTokenClaims): IdTokenClaims {
  if (!newer) return earlier as IdTokenClaims;
  const kept = Object.entries(earlier ?? {}).filter(
    ([name]) => !name.endsWith('_hash') && !(name.replace(/_verified$/, '') in newer),
  );
  return Object.freeze({ ...Object.fromEntries(kept), ...newer }) as IdTokenClaims;
}
