import {
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
} from 'oauth4webapi';
import { type RequestOptions, serverOf } from '../client/call-endpoint.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import { metadataList, type ServerMetadata } from '../discovery/server-metadata.ts';
import {
  addExtraParameters,
  addTexts,
  invalidOption,
  requireAmount,
  requireOptions,
  requireRedirectUri,
  requireResources,
  requireText,
} from '../options.ts';
import { unsupported } from '../protocol-errors.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';
import { protectionOf } from './protection.ts';
import { askedResponse, type ResponseOptions } from './response-shape.ts';
import { isOpenId, type Transaction } from './transaction.ts';

/** What {@link createAuthorizationRequest} takes. */
export interface AuthorizationRequestOptions extends RequestOptions, ResponseOptions {
  /** Where the provider sends the person back to; registered there, to the byte. */
  readonly redirectUri: string;
  /**
   * The scope to ask for, space-separated. Without `openid` no ID token is asked for.
   * @default 'openid'
   */
  readonly scope?: string | undefined;
  /** What the provider must ask the person: `none`, `login`, `consent`, `select_account`, `create`. */
  readonly prompt?: string | undefined;
  /** How long ago the person may have signed in, in seconds; the answer is held to it. */
  readonly maxAge?: number | undefined;
  /** Whom to sign in, as far as the application knows. */
  readonly loginHint?: string | undefined;
  /** An ID token of the person who should be signed in. Travels in the URL, unless pushed. */
  readonly idTokenHint?: string | undefined;
  /** Authentication context classes, best first, space-separated. A wish; see `claims`. */
  readonly acrValues?: string | undefined;
  /** Languages for the provider's pages, best first, space-separated (BCP 47). */
  readonly uiLocales?: string | undefined;
  /** How the provider shows its pages. */
  readonly display?: 'page' | 'popup' | 'touch' | 'wap' | undefined;
  /**
   * Single claims to ask for (OpenID Connect Core 1.0 section 5.5). An essential `acr` of the ID
   * token is held to the answer.
   */
  readonly claims?: object | undefined;
  /** The resources the access token is for: absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined;
  /** What exactly is asked for (RFC 9396). */
  readonly authorizationDetails?: readonly object[] | undefined;
  /** Okta: the external identity provider to sign in at. */
  readonly idp?: string | undefined;
  /** Okta: scopes for the external identity provider, space-separated. */
  readonly idpScope?: string | undefined;
  /** Okta: a one-time session token of its authentication API. Travels in the URL, unless pushed. */
  readonly sessionToken?: string | undefined;
  /** Parameters of this provider's own; they may not override the ones that relier sends. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
  /** Anything JSON can hold; comes back with the tokens and never leaves the transaction. */
  readonly appState?: unknown;
}

/** A sign-in that is ready to start. */
export interface AuthorizationRequest {
  /** Where to send the person's browser, once. */
  readonly url: URL;
  /** What `handleAuthorizationResponse` needs; keep it until then, under its `state`. */
  readonly transaction: Transaction;
  /** When a pushed request lapses, in milliseconds since the epoch; make a new one after that. */
  readonly expiresAt?: number;
}

/**
 * Starts a sign-in: with the authorization code flow and PKCE (S256), unless told otherwise.
 * `state`, `nonce` (sent with `openid`) and the code verifier are always made here, 256 bits each.
 *
 * @param client the client that signs people in.
 * @param options `redirectUri`, and what else the provider should know.
 * @returns the URL to send the browser to, and the transaction to keep.
 * @throws ConfigurationError `invalid_option`, `insecure_url`, `reserved_parameter`,
 * `unsupported_by_server`; TransportError; TimeoutError `timeout`; ValidationError
 * `invalid_metadata`. With `par()` also OAuthResponseError `oauth_error` and ValidationError
 * `invalid_pushed_authorization_response`; with an encrypting `jar()` also `invalid_keys`
 * @see RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core 1.0 section 3.1.2.1; RFC 9126, RFC
 * 9101, JARM and RFC 9449 where the client has these capabilities
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
  requireOptions(options);
  const asked = askedResponse(context, options);
  const redirectUri = requireRedirectUri(options.redirectUri, 'redirectUri');
  const state = generateRandomState();
  const nonce = generateRandomNonce();
  const codeVerifier = generateRandomCodeVerifier();
  const parameters = new URLSearchParams({
    client_id: context.clientId,
    response_type: asked.responseType,
    redirect_uri: redirectUri,
    state,
  });
  if (asked.wireMode) parameters.set('response_mode', asked.wireMode);
  if (asked.responseType.includes('code')) {
    parameters.set('code_challenge', await calculatePKCECodeChallenge(codeVerifier));
    parameters.set('code_challenge_method', 'S256');
  }
  const { appState, scope = 'openid' } = options;
  // Some providers refuse a nonce where no ID token can come back.
  if (isOpenId(scope)) parameters.set('nonce', nonce);
  addOptions(parameters, { ...options, scope });
  if (appState !== undefined) toJson(appState, 'appState');

  const server = await serverOf(context, options.signal);
  const endpoint = authorizationEndpoint(server, context);
  const { dpop } = context;
  if (dpop) {
    await dpop.assertSupported(server);
    parameters.set('dpop_jkt', await dpop.thumbprint());
  }
  const { expiresAt, url } = await requestUrl(
    context,
    server,
    endpoint,
    parameters,
    options.signal,
  );

  const acr = essentialAcr(options.claims);
  const resource = requireResources(options.resource);
  const transaction = Object.freeze({
    version: 1,
    issuer: context.issuer,
    clientId: context.clientId,
    redirectUri,
    responseType: asked.responseType,
    responsePlace: asked.place,
    scope,
    state,
    nonce,
    codeVerifier,
    createdAt: context.clock.now(),
    ...(options.maxAge !== undefined && { maxAge: options.maxAge }),
    ...(acr && { acr }),
    ...(resource.length > 0 && { resource }),
    ...(appState !== undefined && { appState }),
  }) as Transaction;
  return { url, transaction, ...(expiresAt !== undefined && { expiresAt }) };
}

function addOptions(parameters: URLSearchParams, options: AuthorizationRequestOptions): void {
  addTexts(parameters, options, [
    'scope',
    'prompt',
    'loginHint',
    'idTokenHint',
    'acrValues',
    'uiLocales',
    'display',
    'idp',
    'idpScope',
  ]);
  const { authorizationDetails, claims, maxAge, sessionToken } = options;
  // Okta's own spelling.
  if (sessionToken !== undefined) {
    parameters.set('sessionToken', requireText(sessionToken, 'sessionToken'));
  }
  if (maxAge !== undefined) {
    if (!Number.isSafeInteger(requireAmount(maxAge, 'maxAge'))) {
      throw invalidOption('maxAge', 'must be a whole number of seconds');
    }
    parameters.set('max_age', `${maxAge}`);
  }
  if (claims !== undefined) {
    requireOptions(claims, 'claims');
    parameters.set('claims', toJson(claims, 'claims'));
  }
  if (authorizationDetails !== undefined) {
    if (!Array.isArray(authorizationDetails)) {
      throw invalidOption('authorizationDetails', 'must be a list of objects');
    }
    for (const detail of authorizationDetails) requireOptions(detail, 'authorizationDetails');
    parameters.set('authorization_details', toJson(authorizationDetails, 'authorizationDetails'));
  }
  for (const uri of requireResources(options.resource)) parameters.append('resource', uri);
  addExtraParameters(parameters, options.extraParameters);
}

/** The endpoint, if a browser may be sent there and the server can do what we insist on. */
function authorizationEndpoint(server: ServerMetadata, context: ClientContext): URL {
  const url = parseUrl(server.authorization_endpoint);
  if (!url) throw unsupported('authorization_endpoint');
  // A server that lists nothing usually knows S256 all the same, and may ignore it.
  if (metadataList(server, 'code_challenge_methods_supported')?.includes('S256') === false) {
    throw unsupported('code_challenge_methods_supported');
  }
  return assertSecureUrl(url, context.allowLoopback, 'authorization_endpoint');
}

/** The parameters as the browser carries them: as they are, signed, or as a reference. */
async function requestUrl(
  context: ClientContext,
  server: ServerMetadata,
  url: URL,
  parameters: URLSearchParams,
  signal: AbortSignal | undefined,
): Promise<{ url: URL; expiresAt?: number }> {
  const { pushedAuthorization, requestObject } = protectionOf(context);
  let carried = parameters;
  if (requestObject) {
    carried = await requestObject.seal(context, server, parameters);
  } else if (server['require_signed_request_object']) {
    throw unsupported('require_signed_request_object');
  }
  const pushed = await pushedAuthorization?.push(context, server, carried, signal);
  if (pushed) {
    carried = new URLSearchParams({ client_id: context.clientId, request_uri: pushed.requestUri });
  } else if (server.require_pushed_authorization_requests) {
    throw unsupported('require_pushed_authorization_requests');
  }
  // The endpoint may have a query of its own (RFC 6749 section 3.1), which stays.
  for (const name of new Set(carried.keys())) url.searchParams.delete(name);
  for (const [name, value] of carried) url.searchParams.append(name, value);
  return { url, ...(pushed && { expiresAt: pushed.expiresAt }) };
}

/** The values of `acr` without which the sign-in would be worth nothing (section 5.5.1.1). */
function essentialAcr(claims: object | undefined): readonly string[] | undefined {
  const { acr } = Object(Object(claims).id_token);
  return acr?.essential ? [acr.values ?? acr.value ?? []].flat() : undefined;
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
