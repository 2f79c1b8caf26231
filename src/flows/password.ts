import { type Client, contextOf } from '../client/create-client.ts';
import { requireOptions, requireText } from '../options.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/** What {@link passwordGrant} takes. */
export interface PasswordGrantOptions extends GrantOptions {
  /** The person's user name. */
  readonly username: string;
  /** The person's password. */
  readonly password: string;
}

/**
 * Exchanges a person's password for tokens. For migrations and for tests: it keeps people from
 * using second factors and teaches them to type their password anywhere (RFC 9700 section 2.4).
 *
 * @param client the client, with its credentials if it has any.
 * @param options `username` and `password`; `scope`, `resource`, `extraParameters`, `signal`.
 * @returns the tokens; an ID token, where the server issued one, is verified.
 * @throws OAuthResponseError `oauth_error` (`error: 'invalid_grant'` for a wrong password);
 * TransportError; TimeoutError `timeout`; ValidationError `invalid_token_response`,
 * `invalid_id_token`, `invalid_metadata`, `invalid_keys`; ConfigurationError `invalid_option`,
 * `reserved_parameter`, `insecure_url`, `unsupported_by_server`
 * @see RFC 6749 section 4.3
 *
 * @example
 * ```ts
 * import { createClient, passwordGrant } from 'relier'
 *
 * const client = createClient({ issuer: 'https://login.example.com', clientId: 'legacy' })
 * const tokens = await passwordGrant(client, { username: 'ada', password: '…', scope: 'openid' })
 * ```
 */
export async function passwordGrant(
  client: Client,
  options: PasswordGrantOptions,
): Promise<TokenSet> {
  const context = contextOf(client);
  requireOptions(options);
  const username = requireText(options.username, 'username');
  const password = requireText(options.password, 'password');
  const issued = await requestGrant(context, 'password', { username, password }, options);
  return identifiedTokenSet(context, issued, options, {}, options.signal);
}
