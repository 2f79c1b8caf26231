import { decodeBase64Url } from '../base64url.ts';
import { type Check, checksOf } from '../checks.ts';
import type { ClientAuthentication } from '../client/client-authentication.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { parseJsonObject } from '../json.ts';
import { introspectToken } from '../tokens/introspect-token.ts';
import { type AccessToken, accessTokenOf } from '../tokens/verify-access-token.ts';
import { knownTokens, type TokenCacheOptions } from './known-tokens.ts';

/** When and how the server is asked about tokens (RFC 7662). */
export interface TokenIntrospection {
  /** The client identifier that the server has assigned to the API. */
  readonly clientId: string;
  /** How the API proves who it is. */
  readonly authentication: ClientAuthentication;
  /**
   * `opaque` asks about tokens that cannot be read; `always` also about those that can, after they
   * have been verified: a token that was revoked is noticed.
   * @default 'opaque'
   */
  readonly when?: 'opaque' | 'always' | undefined;
  /**
   * Asks for answers that the server signs (RFC 9701), and takes no others.
   * @default false
   */
  readonly signedAnswer?: boolean | undefined;
}

/** What the server says of tokens: one request for all who ask about the same one at a time. */
export function introspectedTokens(
  client: Client,
  { signedAnswer }: TokenIntrospection,
  cache: TokenCacheOptions | undefined,
): (token: string, digest: string) => Promise<AccessToken> {
  const { clock, trace } = contextOf(client);
  const check: Check = checksOf('access_token', trace);
  const living = cache && knownTokens<AccessToken>(clock, cache);
  // Apart, so that a flood of invented tokens drives out none of the others.
  const dead = cache && knownTokens<true>(clock, cache);
  const inFlight = new Map<string, Promise<AccessToken>>();

  const ask = async (accessToken: string, digest: string) => {
    const { active, ...claims } = await introspectToken(client, accessToken, {
      tokenTypeHint: 'access_token',
      signedAnswer,
      expected: {},
    });
    if (!active) dead?.add(digest, client, true);
    check('active', active);
    // The hint is no condition: the answer may be about a refresh token.
    const { sub, token_type = 'bearer', token_use } = claims;
    check('kind', /^(?:bearer|dpop)$/i.test(token_type) && token_use !== 'refresh_token');
    check('sub', sub === undefined || (typeof sub === 'string' && sub !== ''));
    const token = accessTokenOf(claims);
    living?.add(digest, client, token);
    return token;
  };

  return async (accessToken, digest) => {
    const found = living?.find(digest, client);
    if (found) return found;
    check('active', !dead?.find(digest, client));
    let asked = inFlight.get(digest);
    if (!asked) {
      asked = ask(accessToken, digest).finally(() => inFlight.delete(digest));
      inFlight.set(digest, asked);
    }
    return asked;
  };
}

/** Whether a token is a signed JWT, which can be verified here. */
export function isReadable(token: string): boolean {
  const [header = '', ...others] = token.split('.', 4);
  try {
    return others.length === 2 && parseJsonObject(decodeBase64Url(header)) !== undefined;
  } catch {
    return false;
  }
}
