import { decodeBase64Url } from '../base64url.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { prepareServerKeys } from '../client/server-keys-of.ts';
import { withoutRetry } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import type { IdTokenClaims } from '../tokens/id-token.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import { assertOwn } from '../tokens/own-tokens.ts';
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
  requireOptions(options);
  const refreshToken = requireText(tokens.refreshToken, 'refreshToken');
  await assertOwn(context, tokens);
  const previous = tokens.claims ?? claimsOf(tokens.idToken);
  if (previous) await prepareServerKeys(context, options.signal);
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
      { isRenewal: true, previous },
      options.signal,
    );
  } catch (error) {
    // A server that rotates has given a new one by now, and would take the old one for stolen.
    throw withoutRetry(error);
  }
}

/** Of an ID token of our own; an encrypted one keeps them to itself. */
function claimsOf(idToken: string | undefined): IdTokenClaims | undefined {
  const [, payload, , isEncrypted] = idToken?.split('.') ?? [];
  if (!payload || isEncrypted) return undefined;
  try {
    return parseJsonObject(decodeBase64Url(payload)) as IdTokenClaims | undefined;
  } catch {
    throw invalidOption('idToken', 'is not an ID token');
  }
}
