import { type RequestOptions, serverOf } from '../client/call-endpoint.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { addExtraParameters, addTexts, requireOptions, requireRedirectUri } from '../options.ts';
import { unsupported } from '../protocol-errors.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';

/** What {@link createLogoutRequest} takes. */
export interface LogoutRequestOptions extends RequestOptions {
  /** The ID token of the session that ends (`tokens.idToken`). */
  readonly idTokenHint?: string | undefined;
  /** Who is signing out, where there is no ID token at hand. */
  readonly logoutHint?: string | undefined;
  /** Where the provider sends the person afterwards; registered there. */
  readonly postLogoutRedirectUri?: string | undefined;
  /** Comes back with the person at `postLogoutRedirectUri`. */
  readonly state?: string | undefined;
  /** Languages for the provider's pages, best first, space-separated (BCP 47). */
  readonly uiLocales?: string | undefined;
  /** Parameters of this provider's own; they may not override the ones that relier sends. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
}

/** A sign-out that is ready to start, in both forms that the specification knows. */
export interface LogoutRequest {
  /** Where to send the person's browser. Holds the ID token, where one was given. */
  readonly url: URL;
  /** The same as a form to POST, which keeps the ID token out of the URL. */
  readonly form: {
    readonly action: string;
    readonly fields: Readonly<Record<string, string>>;
  };
}

/**
 * Starts a sign-out at the provider. Sends nothing to it, and ends nothing here: the application
 * forgets its tokens itself.
 *
 * @param client the client that signed the person in.
 * @param options `idTokenHint` and `postLogoutRedirectUri`, in most cases.
 * @returns a URL, and the same as a form.
 * @throws ConfigurationError `invalid_option`, `insecure_url`, `reserved_parameter`,
 * `unsupported_by_server` (the provider has no such endpoint); TransportError; TimeoutError
 * `timeout`; ValidationError `invalid_metadata`
 * @see OpenID Connect RP-Initiated Logout 1.0 section 2
 *
 * @example
 * ```ts
 * import { type Client, createLogoutRequest, type TokenSet } from 'relier'
 *
 * export async function signOut(client: Client, tokens: TokenSet) {
 *   const { url } = await createLogoutRequest(client, {
 *     idTokenHint: tokens.idToken,
 *     postLogoutRedirectUri: 'https://app.example.com/',
 *   })
 *   return url
 * }
 * ```
 */
export async function createLogoutRequest(
  client: Client,
  options: LogoutRequestOptions = {},
): Promise<LogoutRequest> {
  const context = contextOf(client);
  requireOptions(options);
  const parameters = new URLSearchParams({ client_id: context.clientId });
  addTexts(parameters, options, [
    'idTokenHint',
    'logoutHint',
    'postLogoutRedirectUri',
    'state',
    'uiLocales',
  ]);
  if (options.postLogoutRedirectUri !== undefined) {
    requireRedirectUri(options.postLogoutRedirectUri, 'postLogoutRedirectUri');
  }
  addExtraParameters(parameters, options.extraParameters);

  const { end_session_endpoint } = await serverOf(context, options.signal);
  const url = parseUrl(end_session_endpoint);
  if (!url) throw unsupported('end_session_endpoint');
  assertSecureUrl(url, context.allowLoopback, 'end_session_endpoint');
  const action = url.href;
  for (const [name, value] of parameters) url.searchParams.set(name, value);
  return { url, form: { action, fields: Object.fromEntries(parameters) } };
}
