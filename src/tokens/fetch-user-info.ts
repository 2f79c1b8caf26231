import { processUserInfoResponse, type UserInfoResponse, userInfoRequest } from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { callEndpoint, type RequestOptions } from '../client/call-endpoint.ts';
import { coreDecryption } from '../client/core-client.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { requireOptions, requireText, requireToken } from '../options.ts';
import { text } from '../protocol-errors.ts';
import { verifySignature } from './jwt-signature.ts';
import { assertOwn, isBound } from './own-tokens.ts';
import type { TokenSet } from './token-set.ts';

/** What the provider says about a person (OpenID Connect Core 1.0 section 5.1). */
export type UserInfo = Readonly<UserInfoResponse>;

/** What {@link fetchUserInfo} takes besides the tokens. */
export interface UserInfoOptions extends RequestOptions {
  /**
   * Whom the answer must be about.
   * @default the `sub` of the tokens' claims
   */
  readonly expectedSubject?: string | undefined;
}

/**
 * Asks the provider who the person is. The answer must be about the person whom the ID token
 * names; a signed answer is verified.
 *
 * @param client the client that the tokens were issued to.
 * @param tokens the tokens of the sign-in, or an access token with the claims it came with.
 * @param options `expectedSubject`, where the tokens hold no claims; `signal`.
 * @returns the claims; `sub` is always among them.
 * @throws ConfigurationError `invalid_option` (nobody to compare with), `unsupported_by_server`;
 * OAuthResponseError `oauth_error` (`error: 'invalid_token'` for an expired access token);
 * TransportError; TimeoutError `timeout`; ValidationError `invalid_userinfo`, `invalid_metadata`, `invalid_keys`
 * @see OpenID Connect Core 1.0 section 5.3
 *
 * @example
 * ```ts
 * import { type Client, fetchUserInfo, type TokenSet } from 'relier'
 *
 * export async function nameOf(client: Client, tokens: TokenSet) {
 *   const { name, sub } = await fetchUserInfo(client, tokens)
 *   return name ?? sub
 * }
 * ```
 */
export async function fetchUserInfo(
  client: Client,
  tokens: Pick<TokenSet, 'accessToken'> &
    Partial<Pick<TokenSet, 'claims' | 'keyThumbprint' | 'tokenType'>>,
  options: UserInfoOptions = {},
): Promise<UserInfo> {
  const context = contextOf(client);
  requireOptions(tokens, 'tokens');
  requireOptions(options);
  const accessToken = requireToken(tokens.accessToken, 'accessToken');
  const subject = 'userinfo';
  const sub = requireText(options.expectedSubject ?? tokens.claims?.sub, 'expectedSubject');
  await assertOwn(context, tokens);
  return callEndpoint(
    context,
    {
      subject,
      shape: { members: { sub: text }, required: 'sub' },
      endpoint: 'userinfo_endpoint',
      proof: isBound(tokens) ? 'resource' : undefined,
      signal: options.signal,
    },
    ({ server, client, http }) => userInfoRequest(server, client, accessToken, http),
    async (answer) => {
      const { client, response, server } = answer;
      const decryption = coreDecryption(context);
      const userInfo = await processUserInfoResponse(server, client, sub, response, decryption);
      checksOf(subject, context.trace)('sub', true);
      if (!answer.body) await verifySignature(context, subject, answer, options.signal);
      return Object.freeze(userInfo);
    },
  );
}
