import { decodeBase64Url } from '../base64url.ts';
import type { EndpointAnswer } from '../client/call-endpoint.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import { prepareServerKeys } from '../client/server-keys-of.ts';
import { withoutRetry } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import type { IdTokenClaims } from '../tokens/id-token.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import { assertOwn } from '../tokens/own-tokens.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { type GrantCall, type GrantOptions, readGrant, sendGrant } from './token-request.ts';

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
  tokens: Refreshable,
  options: GrantOptions = {},
): Promise<TokenSet> {
  const context = contextOf(client);
  requireOptions(tokens, 'tokens');
  requireOptions(options);
  requireText(tokens.refreshToken, 'refreshToken');
  const { iss, sub } = Object(tokens.claims ?? { iss: '', sub: '' });
  if (typeof iss !== 'string' || typeof sub !== 'string') {
    throw invalidOption('claims', 'must be those of an ID token');
  }
  await prepareRefresh(context, tokens, options.signal);
  const answer = await sendRefresh(context, tokens, options);
  try {
    return await readRefresh(context, answer, tokens, options);
  } catch (error) {
    // A server that rotates has given a new one by now, and would take the old one for stolen.
    throw withoutRetry(error);
  }
}

/** What {@link refreshTokenGrant} renews: the refresh token, and what came with it. */
export type Refreshable = Partial<
  Pick<TokenSet, 'refreshToken' | 'idToken' | 'claims' | 'scope' | 'keyThumbprint'>
>;

/** Sees to it that nothing but the server's answer is missing, before the token is spent. */
export async function prepareRefresh(
  context: ClientContext,
  tokens: Refreshable,
  signal?: AbortSignal,
): Promise<void> {
  await assertOwn(context, tokens);
  if (identityOf(tokens)) await prepareServerKeys(context, signal);
}

/** Spends the refresh token. */
export function sendRefresh(
  context: ClientContext,
  { refreshToken }: Refreshable,
  options: GrantOptions,
  call?: GrantCall,
): Promise<EndpointAnswer> {
  const own = { refresh_token: refreshToken as string };
  return sendGrant(context, 'refresh_token', own, options, call);
}

/** Checks what came back: an ID token in it must name the same person. */
export async function readRefresh(
  context: ClientContext,
  answer: EndpointAnswer,
  tokens: Refreshable,
  { resource, scope = tokens.scope, signal }: GrantOptions,
): Promise<TokenSet> {
  return identifiedTokenSet(
    context,
    await readGrant(context, answer),
    { scope, resource, previous: tokens },
    { isRenewal: true, previous: identityOf(tokens) },
    signal,
  );
}

function identityOf({ claims, idToken }: Refreshable): IdTokenClaims | undefined {
  return claims ?? claimsOf(idToken);
}

/** Of an ID token of our own; an encrypted one keeps them to itself. */
function claimsOf(idToken: string | undefined): IdTokenClaims | undefined {
  try {
    const [, payload, , isEncrypted] = idToken?.split('.') ?? [];
    if (!payload || isEncrypted) return undefined;
    const bytes = Uint8Array.from(decodeBase64Url(payload), (byte) => byte.charCodeAt(0));
    return parseJsonObject(new TextDecoder().decode(bytes)) as IdTokenClaims | undefined;
  } catch {
    throw invalidOption('idToken', 'is not an ID token');
  }
}
