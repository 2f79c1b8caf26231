import { type Client, contextOf } from '../client/create-client.ts';
import { addTexts, invalidOption, requireOptions, requireText } from '../options.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/** What {@link tokenExchangeGrant} takes. Types are URIs (RFC 8693 section 3). */
export interface TokenExchangeOptions extends GrantOptions {
  /** The token of the party on whose behalf the new one is asked for. */
  readonly subjectToken: string;
  /** @default 'urn:ietf:params:oauth:token-type:access_token' */
  readonly subjectTokenType?: string | undefined;
  /** The token of the party that acts for it, where that is somebody else. */
  readonly actorToken?: string | undefined;
  /** @default 'urn:ietf:params:oauth:token-type:access_token', with an `actorToken` */
  readonly actorTokenType?: string | undefined;
  /** What kind of token is wanted. */
  readonly requestedTokenType?: string | undefined;
  /** Whom the new token is for, by the name that the server knows. */
  readonly audience?: string | undefined;
}

/** A token that was exchanged for another. */
export interface ExchangedTokenSet extends TokenSet {
  /** What kind of token `accessToken` is: not always an access token. */
  readonly issuedTokenType: string;
}

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * Exchanges one token for another: for another audience, with less scope, on somebody's behalf.
 *
 * @param client the client that asks, with its credentials.
 * @param options `subjectToken` and what the new token should be.
 * @returns the new token as `accessToken`, with its type.
 * @throws OAuthResponseError `oauth_error`; TransportError; TimeoutError `timeout`;
 * ValidationError `invalid_token_response`, `invalid_id_token`, `invalid_metadata`,
 * `invalid_keys`; ConfigurationError `invalid_option`, `insecure_url`, `reserved_parameter`,
 * `unsupported_by_server`
 * @see RFC 8693
 *
 * @example
 * ```ts
 * import { type Client, tokenExchangeGrant } from 'relier'
 *
 * export const onBehalfOf = (client: Client, accessToken: string) =>
 *   tokenExchangeGrant(client, { subjectToken: accessToken, audience: 'https://api.example.com' })
 * ```
 */
export async function tokenExchangeGrant(
  client: Client,
  options: TokenExchangeOptions,
): Promise<ExchangedTokenSet> {
  const context = contextOf(client);
  requireOptions(options);
  const { actorToken, actorTokenType = ACCESS_TOKEN, subjectTokenType = ACCESS_TOKEN } = options;
  requireText(options.subjectToken, 'subjectToken');
  const parameters = new URLSearchParams();
  addTexts(parameters, { ...options, subjectTokenType }, [
    'subjectToken',
    'subjectTokenType',
    'actorToken',
    'requestedTokenType',
    'audience',
  ]);
  if (options.actorTokenType !== undefined && actorToken === undefined) {
    throw invalidOption('actorTokenType', 'needs an actorToken');
  }
  if (actorToken !== undefined) {
    parameters.set('actor_token_type', requireText(actorTokenType, 'actorTokenType'));
  }
  const issued = await requestGrant(
    context,
    'urn:ietf:params:oauth:grant-type:token-exchange',
    Object.fromEntries(parameters),
    options,
    'issued_token_type',
  );
  const tokens = await identifiedTokenSet(context, issued, options, {}, options.signal);
  const issuedTokenType = issued.issued['issued_token_type'] as string;
  return Object.freeze({ ...tokens, issuedTokenType });
}
