import { abortable } from '../abortable.ts';
import type { RequestOptions } from '../client/call-endpoint.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { guardOf, type ReplayGuard } from '../client/replay-guard.ts';
import { requireOptions, requireText } from '../options.ts';
import {
  type AccessTokenRequirements,
  checkConfirmation,
  checkRequirements,
  requireRequirements,
} from './access-token-requirements.ts';
import { checkDpopProof } from './dpop-proof.ts';
import { tokenOfRequest } from './presented-token.ts';
import {
  type AccessToken,
  type AccessTokenRules,
  requireRules,
  verifyAccessToken,
} from './verify-access-token.ts';

/** What {@link validateAccessToken} takes besides the token. */
export interface AccessTokenOptions
  extends RequestOptions,
    AccessTokenRules,
    AccessTokenRequirements {
  /**
   * Remembers proofs of possession.
   * @default one in memory, for this client in this process
   */
  readonly replayGuard?: ReplayGuard | undefined;
}

/**
 * Checks an access token at the API that it was sent to: signature, issuer, audience, times, type
 * and claims of its profile, and what the caller requires. A token that is bound to a key or to a
 * certificate is taken only with the proof of it.
 *
 * @param client says which issuer is trusted; its `clientId` is the API's own, and is not compared.
 * @param token the token, or the `Request` that carries it: needed for tokens that are bound to a
 * key, and with the URL that the client called, also behind a proxy.
 * @param options `audience`, which is mandatory; what else the token must be. What `replayGuard`
 * throws is passed on as it is.
 * @returns the claims, with scopes, subject and client in one form for all profiles.
 * @throws ValidationError `invalid_access_token`, `invalid_metadata`, `invalid_keys`;
 * ConfigurationError `invalid_option`, `insecure_url`, `unsupported_by_server`; TransportError;
 * TimeoutError `timeout`
 * @see RFC 9068 section 4, RFC 9449 section 7, RFC 8705 section 3, RFC 9470
 *
 * @example
 * ```ts
 * import { createClient, validateAccessToken } from 'relier'
 *
 * const issuer = createClient({ issuer: 'https://login.example.com', clientId: 'orders-api' })
 *
 * export async function authorize(request: Request) {
 *   const { subject } = await validateAccessToken(issuer, request, {
 *     audience: 'https://api.example.com',
 *     requireScopes: ['orders:read'],
 *   })
 *   return subject
 * }
 * ```
 */
export async function validateAccessToken(
  client: Client,
  token: string | Request,
  options: AccessTokenOptions,
): Promise<AccessToken> {
  const context = contextOf(client);
  requireOptions(options);
  const rules = requireRules(options);
  requireRequirements(options);
  const guard = guardOf(context, options.replayGuard);
  const { accessToken, proof } =
    token instanceof Request
      ? tokenOfRequest(token)
      : { accessToken: requireText(token, 'token'), proof: undefined };
  const { token: found } = await abortable(
    () => verifyAccessToken(context, accessToken, rules),
    options.signal,
    'validation',
  );
  checkRequirements(context, found, options);
  checkConfirmation(context, found, proof !== undefined, options.certificateThumbprint);
  if (proof) await checkDpopProof(context, proof, accessToken, found, guard);
  return found;
}
