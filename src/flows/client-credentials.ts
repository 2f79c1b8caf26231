import { type Client, contextOf } from '../client/create-client.ts';
import { requireOptions } from '../options.ts';
import { type TokenSet, tokenSet } from '../tokens/token-set.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/**
 * Gets an access token for the client itself.
 *
 * Asks the server each time; keeping the token until `expiresAt` is the caller's part.
 *
 * @param client a client with credentials.
 * @param options `scope`, `resource`, `extraParameters`, `signal`.
 * @returns the tokens; there is no refresh token and no ID token in this grant.
 * @throws OAuthResponseError `oauth_error`; TransportError; TimeoutError `timeout`;
 * ValidationError `invalid_token_response`, `invalid_metadata`; ConfigurationError
 * `invalid_option`, `reserved_parameter`, `insecure_url`, `unsupported_by_server`
 * @see RFC 6749 section 4.4
 *
 * @example
 * ```ts
 * import { clientCredentialsGrant, clientSecret, createClient } from 'relier'
 *
 * const client = createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'reports',
 *   authentication: clientSecret('…'),
 * })
 * const { accessToken } = await clientCredentialsGrant(client, { scope: 'reports:read' })
 * ```
 */
export async function clientCredentialsGrant(
  client: Client,
  options: GrantOptions = {},
): Promise<TokenSet> {
  requireOptions(options);
  const { answer, issued, keyThumbprint } = await requestGrant(
    contextOf(client),
    'client_credentials',
    {},
    options,
  );
  return tokenSet(answer.sentAt, issued, { ...options, keyThumbprint });
}
