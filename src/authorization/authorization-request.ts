import {
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
} from 'oauth4webapi';
import { type RequestOptions, serverOf } from '../client/call-endpoint.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import type { ServerMetadata } from '../discovery/server-metadata.ts';
import {
  addExtraParameters,
  addTexts,
  invalidOption,
  requireAmount,
  requireRedirectUri,
  requireResources,
} from '../options.ts';
import { unsupported } from '../protocol-errors.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';
import type { Transaction } from './transaction.ts';

/** What {@link createAuthorizationRequest} takes. */
export interface AuthorizationRequestOptions extends RequestOptions {
  /** Where the provider sends the person back to; registered there, to the byte. */
  readonly redirectUri: string;
  /**
   * The scope to ask for, space-separated. Without `openid` no ID token is asked for.
   * @default 'openid'
   */
  readonly scope?: string | undefined;
  /**
   * Where in the redirect the answer stands.
   * @default 'query'
   */
  readonly responseMode?: 'query' | 'fragment' | undefined;
  /** What the provider must ask the person: `none`, `login`, `consent`, `select_account`, `create`. */
  readonly prompt?: string | undefined;
  /** How long ago the person may have signed in, in seconds; the answer is held to it. */
  readonly maxAge?: number | undefined;
  /** Whom to sign in, as far as the application knows. */
  readonly loginHint?: string | undefined;
  /** An ID token of the person who should be signed in. Travels in the URL. */
  readonly idTokenHint?: string | undefined;
  /** Authentication context classes, best first, space-separated. */
  readonly acrValues?: string | undefined;
  /** Languages for the provider's pages, best first, space-separated (BCP 47). */
  readonly uiLocales?: string | undefined;
  /** How the provider shows its pages. */
  readonly display?: 'page' | 'popup' | 'touch' | 'wap' | undefined;
  /** Single claims to ask for (OpenID Connect Core 1.0 section 5.5). */
  readonly claims?: object | undefined;
  /** The resources the access token is for: absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined;
  /** Parameters of this provider's own; they may not override the ones that relier sends. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
  /** Anything JSON can hold; comes back with the tokens and never leaves the transaction. */
  readonly appState?: unknown | undefined;
}

/** A sign-in that is ready to start. */
export interface AuthorizationRequest {
  /** Where to send the person's browser. */
  readonly url: URL;
  /** What `handleAuthorizationResponse` needs; keep it until then. */
  readonly transaction: Transaction;
}

/**
 * Starts a sign-in with the authorization code flow and PKCE (S256). `state`, `nonce` and the code
 * verifier are always made here, 256 bits each.
 *
 * @param client the client that signs people in.
 * @param options `redirectUri`, and what else the provider should know.
 * @returns the URL to send the browser to, and the transaction to keep.
 * @throws ConfigurationError `invalid_option`, `insecure_url`, `reserved_parameter`,
 * `unsupported_by_server`; TransportError; TimeoutError `timeout`; ValidationError
 * `invalid_metadata`
 * @see RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core 1.0 section 3.1.2.1
 *
 * @example
 * ```ts
 * import { createAuthorizationRequest, createClient } from 'relier'
 *
 * const client = createClient({ issuer: 'https://login.example.com', clientId: 'my-app' })
 * const { url, transaction } = await createAuthorizationRequest(client, {
 *   redirectUri: 'https://app.example.com/callback',
 *   scope: 'openid profile',
 * })
 * sessionStorage.setItem(transaction.state, JSON.stringify(transaction))
 * location.assign(url)
 * ```
 */
export async function createAuthorizationRequest(
  client: Client,
  options: AuthorizationRequestOptions,
): Promise<AuthorizationRequest> {
  const context = contextOf(client);
  const { maxAge, responseMode = 'query', scope = 'openid', claims, appState } = options;
  const redirectUri = requireRedirectUri(options.redirectUri, 'redirectUri');
  if (responseMode !== 'query' && responseMode !== 'fragment') {
    throw invalidOption('responseMode', "must be 'query' or 'fragment'");
  }
  const parameters = new URLSearchParams({
    client_id: context.clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
  });
  if (responseMode !== 'query') parameters.set('response_mode', responseMode);
  addTexts(parameters, { ...options, scope }, [
    'scope',
    'prompt',
    'loginHint',
    'idTokenHint',
    'acrValues',
    'uiLocales',
    'display',
  ]);
  if (maxAge !== undefined) parameters.set('max_age', `${requireAmount(maxAge, 'maxAge')}`);
  if (claims !== undefined) parameters.set('claims', toJson(claims, 'claims'));
  const resource = requireResources(options.resource);
  for (const uri of resource) parameters.append('resource', uri);
  if (appState !== undefined) toJson(appState, 'appState');

  const state = generateRandomState();
  const nonce = generateRandomNonce();
  const codeVerifier = generateRandomCodeVerifier();
  parameters.set('state', state);
  parameters.set('nonce', nonce);
  parameters.set('code_challenge', await calculatePKCECodeChallenge(codeVerifier));
  parameters.set('code_challenge_method', 'S256');
  addExtraParameters(parameters, options.extraParameters);

  const url = authorizationEndpoint(await serverOf(context, options.signal), context);
  // The endpoint may have a query of its own (RFC 6749 section 3.1), which stays.
  for (const name of new Set(parameters.keys())) url.searchParams.delete(name);
  for (const [name, value] of parameters) url.searchParams.append(name, value);

  const transaction = Object.freeze({
    version: 1,
    issuer: context.issuer,
    clientId: context.clientId,
    redirectUri,
    responseMode,
    scope,
    state,
    nonce,
    codeVerifier,
    createdAt: context.clock.now(),
    ...(maxAge !== undefined && { maxAge }),
    ...(resource.length > 0 && { resource }),
    ...(appState !== undefined && { appState }),
  }) as Transaction;
  return { url, transaction };
}

/** The endpoint, if a browser may be sent there and the server can do what we insist on. */
function authorizationEndpoint(server: ServerMetadata, context: ClientContext): URL {
  const url = parseUrl(server.authorization_endpoint);
  if (!url) throw unsupported('authorization_endpoint');
  // A server that lists nothing usually knows S256 all the same, and may ignore it.
  if (server.code_challenge_methods_supported?.includes('S256') === false) {
    throw unsupported('code_challenge_methods_supported');
  }
  return assertSecureUrl(url, context.allowLoopback, 'authorization_endpoint');
}

function toJson(value: unknown, option: string): string {
  try {
    const json = JSON.stringify(value);
    if (json !== undefined) return json;
  } catch {
    // Cyclic, or a BigInt: the message below says the same.
  }
  throw invalidOption(option, 'cannot be written as JSON');
}
