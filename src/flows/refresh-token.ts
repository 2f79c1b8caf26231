import { type Client, contextOf } from '../client/create-client.ts';
import { withoutRetry } from '../errors.ts';
import { requireOptions, requireText } from '../options.ts';
import { assertKey } from '../tokens/bound-token.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/**
 * Exchanges a refresh token for new tokens. A server that rotates refresh tokens takes each one
 * once, so one holder at a time may call this for one token.
 *
 * @param client the client that the refresh token was issued to.
 * @param tokens the tokens in hand; the refresh token is used, and a new ID token must name the
 * same person as `claims`. What the server does not issue anew is carried over.
 * @param options a narrower `scope`, a `resource`, `extraParameters`, `signal`.
 * @returns the new tokens, with the newest refresh token.
 * @throws OAuthResponseError `oauth_error` (`error: 'invalid_grant'` once the refresh token is
 * dead); TransportError; TimeoutError `timeout`; ValidationError `invalid_token_response`,
 * `invalid_id_token`, `invalid_metadata`, `invalid_keys`; ConfigurationError `invalid_option`,
 * `reserved_parameter`, `insecure_url`, `unsupported_by_server`
 * @see RFC 6749 section 6, OpenID Connect Core 1.0 section 12
 *
 * @example
 * ```ts
 * import { type Client, refreshTokenGrant, type TokenSet } from 'relier'
 *
 * export const renew = (client: Client, tokens: TokenSet) => refreshTokenGrant(client, tokens)
 * ```
 */
export async function refreshTokenGrant(
  client: Client,
  tokens: Partial<
    Pick<TokenSet, 'refreshToken' | 'idToken' | 'claims' | 'scope' | 'keyThumbprint'>
  >,
  options: GrantOptions = {},
): Promise<TokenSet> {
  const context = contextOf(client);
  requireOptions(tokens, 'tokens');
  const refreshToken = requireText(tokens.refreshToken, 'refreshToken');
  await assertKey(context, tokens);
  const issued = await requestGrant(
    context,
    'refresh_token',
    { refresh_token: refreshToken },
    options,
  );
  try {
    return await identifiedTokenSet(
      context,
      issued,
      { scope: options.scope ?? tokens.scope, resource: options.resource, previous: tokens },
      { isRenewal: true, previous: tokens.claims },
      options.signal,
    );
  } catch (error) {
    // A server that rotates has given a new one by now, and would take the old one for stolen.
    throw withoutRetry(error);
  }
}
