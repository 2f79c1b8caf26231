import { processRevocationResponse, revocationRequest } from 'oauth4webapi';
import { callEndpoint } from '../client/call-endpoint.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { requireOptions, requireText } from '../options.ts';
import { type TokenHintOptions, tokenTypeHint } from './introspect-token.ts';

/**
 * Tells the server that a token is no longer needed. A token that the server does not know counts
 * as revoked.
 *
 * @param client the client that the token was issued to.
 * @param token the refresh token (which ends the whole grant at most servers) or access token.
 * @param options `tokenTypeHint`, `signal`.
 * @throws OAuthResponseError `oauth_error`; TransportError; TimeoutError `timeout`;
 * ValidationError `invalid_metadata`; ConfigurationError `invalid_option`, `insecure_url`,
 * `unsupported_by_server`
 * @see RFC 7009
 *
 * @example
 * ```ts
 * import { type Client, revokeToken } from 'relier'
 *
 * export const forget = (client: Client, refreshToken: string) =>
 *   revokeToken(client, refreshToken, { tokenTypeHint: 'refresh_token' })
 * ```
 */
export async function revokeToken(
  client: Client,
  token: string,
  options: TokenHintOptions = {},
): Promise<void> {
  const context = contextOf(client);
  requireText(token, 'token');
  requireOptions(options);
  try {
    await callEndpoint(
      context,
      // What a success says does not matter (RFC 7009 section 2.2).
      {
        subject: 'token_response',
        endpoint: 'revocation_endpoint',
        isAnyAnswerGood: true,
        keepalive: true,
        signal: options.signal,
      },
      ({ server, client, authentication, http }) =>
        revocationRequest(server, client, authentication, token, {
          ...http,
          ...tokenTypeHint(options),
        }),
      async ({ response }) => {
        if (!response.ok) await processRevocationResponse(response);
      },
    );
  } catch (error) {
    // Some servers answer so to a token that is no longer one, which is what was wanted.
    const { error: answer, status } = Object(error);
    if (status !== 400 || !/^invalid_(?:token|grant)$/.test(answer)) throw error;
  }
}
