import { type Client, contextOf } from '../client/create-client.ts';
import { requireOptions, requireText } from '../options.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/** What {@link jwtBearerGrant} takes. */
export interface JwtBearerGrantOptions extends GrantOptions {
  /** A signed JWT that says who is asking for whom; made by an issuer that the server trusts. */
  readonly assertion: string;
}

/**
 * Exchanges a JWT of an issuer that the server trusts for an access token.
 *
 * @param client the client that asks, with its credentials if it has any.
 * @param options `assertion`; `scope`, `resource`, `extraParameters`, `signal`.
 * @returns the tokens; an ID token, where the server issued one, is verified.
 * @throws OAuthResponseError `oauth_error` (`error: 'invalid_grant'` for an assertion that is not
 * taken); TransportError; TimeoutError `timeout`; ValidationError `invalid_token_response`,
 * `invalid_id_token`, `invalid_metadata`, `invalid_keys`; ConfigurationError `invalid_option`,
 * `insecure_url`, `reserved_parameter`, `unsupported_by_server`
 * @see RFC 7523 section 2.1
 *
 * @example
 * ```ts
 * import { type Client, jwtBearerGrant } from 'relier'
 *
 * export const tokensFor = (client: Client, assertion: string) =>
 *   jwtBearerGrant(client, { assertion, scope: 'reports:read' })
 * ```
 */
export async function jwtBearerGrant(
  client: Client,
  options: JwtBearerGrantOptions,
): Promise<TokenSet> {
  const context = contextOf(client);
  requireOptions(options);
  const assertion = requireText(options.assertion, 'assertion');
  const issued = await requestGrant(
    context,
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    { assertion },
    options,
  );
  return identifiedTokenSet(context, issued, options, {}, options.signal);
}
