import { type Client, contextOf } from '../client/create-client.ts';
import { addExtraParameters, invalidOption, requireOptions } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/** What {@link extensionGrant} takes. */
export interface ExtensionGrantOptions extends GrantOptions {
  /** The grant's name: an absolute URI. */
  readonly grantType: string;
  /**
   * The grant's own parameters, by their wire names; `scope` and `resource` have options of their
   * own. All of them count as secrets.
   */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * Asks for tokens with a grant that relier has no function for.
 *
 * @param client the client that asks, with its credentials if it has any.
 * @param options `grantType`, `parameters`; `scope`, `resource`, `extraParameters`, `signal`.
 * @returns the tokens; an ID token, where the server issued one, is verified.
 * @throws OAuthResponseError `oauth_error`; TransportError; TimeoutError `timeout`;
 * ValidationError `invalid_token_response`, `invalid_id_token`, `invalid_metadata`,
 * `invalid_keys`; ConfigurationError `invalid_option`, `insecure_url`, `reserved_parameter`,
 * `unsupported_by_server`
 * @see RFC 6749 section 4.5
 *
 * @example
 * ```ts
 * import { type Client, extensionGrant } from 'relier'
 *
 * export const signInWithOtp = (client: Client, otp: string) =>
 *   extensionGrant(client, {
 *     grantType: 'urn:example:params:oauth:grant-type:otp',
 *     parameters: { otp },
 *   })
 * ```
 */
export async function extensionGrant(
  client: Client,
  options: ExtensionGrantOptions,
): Promise<TokenSet> {
  const context = contextOf(client);
  requireOptions(options);
  const { grantType, parameters = {}, signal } = options;
  if (typeof grantType !== 'string' || !parseUrl(grantType)) {
    throw invalidOption('grantType', 'must be an absolute URI');
  }
  const own = new URLSearchParams();
  addExtraParameters(own, parameters, 'parameters');
  const issued = await requestGrant(context, grantType, Object.fromEntries(own), options);
  return identifiedTokenSet(context, issued, options, {}, signal);
}
