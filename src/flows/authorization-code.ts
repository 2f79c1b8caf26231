import {
  readAuthorizationResponse,
  type TransactionLookup,
} from '../authorization/authorization-response.ts';
import {
  type AuthorizationResponse,
  type ResponseParameters,
  responseParameters,
} from '../authorization/response-parameters.ts';
import { isOpenId, type Transaction } from '../authorization/transaction.ts';
import { checksOf } from '../checks.ts';
import type { RequestOptions } from '../client/call-endpoint.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import { withoutRetry } from '../errors.ts';
import { requireOptions } from '../options.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { requestGrant } from './token-request.ts';

/** A finished sign-in. */
export interface AuthorizationResult {
  /** The tokens, every check passed. */
  readonly tokens: TokenSet;
  /** What the application gave to `createAuthorizationRequest`. */
  readonly appState: unknown;
  /** The transaction that is now done. */
  readonly transaction: Transaction;
}

/**
 * Finishes a sign-in: checks the authorization response (`state`, `iss`, where it stands),
 * exchanges the code once, and verifies the ID token with its signature.
 *
 * @param client the client that started the sign-in.
 * @param transactions the transaction that `createAuthorizationRequest` made, or a function that
 * finds it by `state`. Such a function should also take it out of its store, so that the same
 * response cannot be used twice.
 * @param response the URL the browser came back to, the `Request` for it (a posted form included),
 * the data of a window message, or the parameters alone (where a proxy rewrites paths).
 * @param options `signal`.
 * @returns the tokens, `appState` and the transaction.
 * @throws OAuthResponseError `oauth_error`, InteractionRequiredError `interaction_required` for
 * the provider's own errors; ValidationError `invalid_authorization_response`,
 * `transaction_not_found`, `transaction_expired`, `invalid_token_response`, `invalid_id_token`,
 * `invalid_metadata`, `invalid_keys`; TransportError, TimeoutError `timeout` (never `retryable`
 * once the code was sent: start again); ConfigurationError `invalid_option`,
 * `invalid_transaction`, `insecure_url`, `unsupported_by_server`
 * @see RFC 6749 section 4.1, RFC 7636, RFC 9207, OpenID Connect Core 1.0 section 3.1
 *
 * @example
 * ```ts
 * import { type Client, handleAuthorizationResponse, type Transaction } from 'relier'
 *
 * export async function finish(client: Client, url: URL, pending: Map<string, Transaction>) {
 *   const { tokens } = await handleAuthorizationResponse(
 *     client,
 *     async (state) => {
 *       const transaction = pending.get(state)
 *       pending.delete(state)
 *       return transaction
 *     },
 *     url,
 *   )
 *   return tokens.claims?.sub
 * }
 * ```
 */
export async function handleAuthorizationResponse(
  client: Client,
  transactions: Transaction | TransactionLookup,
  response: AuthorizationResponse,
  options: RequestOptions = {},
): Promise<AuthorizationResult> {
  const context = contextOf(client);
  requireOptions(options);
  const { signal } = options;
  const received = await responseParameters(response, 'authorization_response', signal);
  return finishAuthorization(context, transactions, received, signal);
}

/** The same, once the parameters of the response have been read. */
export async function finishAuthorization(
  context: ClientContext,
  transactions: Transaction | TransactionLookup,
  received: ResponseParameters,
  signal: AbortSignal | undefined,
): Promise<AuthorizationResult> {
  const { code, tokens, transaction } = await readAuthorizationResponse(
    context,
    transactions,
    received,
    signal,
  );
  const { appState } = transaction;
  const done = (tokens: TokenSet) => Object.freeze({ tokens, appState, transaction });
  if (!code) return done(tokens as TokenSet);

  try {
    return done(await exchange(context, transaction, code, tokens?.claims?.sub, signal));
  } catch (error) {
    // The code is used up, whatever became of it.
    throw withoutRetry(error);
  }
}

async function exchange(
  context: ClientContext,
  transaction: Transaction,
  code: string,
  sub: string | undefined,
  signal: AbortSignal | undefined,
): Promise<TokenSet> {
  const { acr, codeVerifier, createdAt, maxAge, redirectUri, resource, scope } = transaction;
  const issued = await requestGrant(
    context,
    'authorization_code',
    { code, redirect_uri: redirectUri, code_verifier: codeVerifier },
    { resource, signal },
  );
  const isIdentified = isOpenId(scope);
  const check = checksOf('token_response', context.trace);
  check('id_token', !!issued.issued.id_token || !isIdentified);
  const nonce = isIdentified ? transaction.nonce : undefined;
  const expected = { acr, askedAt: createdAt, maxAge, nonce, sub };
  return identifiedTokenSet(context, issued, { scope, resource }, expected, signal);
}
