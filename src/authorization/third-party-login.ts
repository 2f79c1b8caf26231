import { checksOf } from '../checks.ts';
import type { RequestOptions } from '../client/call-endpoint.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import { responseParameters } from './response-parameters.ts';

/** What {@link readThirdPartyLogin} takes besides the request. */
export interface ThirdPartyLoginOptions extends RequestOptions {
  /** The application's own origin, such as `https://app.example.com`. */
  readonly origin: string;
}

/** A sign-in that somebody else asks for. */
export interface ThirdPartyLogin {
  /** The client to sign in with. */
  readonly client: Client;
  /** For `createAuthorizationRequest`. */
  readonly loginHint?: string;
  /** Where to go afterwards; within the application's origin. */
  readonly targetLinkUri?: string;
}

/**
 * Reads a request to the application's `initiate_login_uri`. Anybody can send a browser there, so
 * only an issuer that one of the clients is configured for is taken, and nothing is fetched.
 *
 * @param clients the clients that may be signed in with.
 * @param request the URL that was called, or the `Request` (GET or a posted form).
 * @param options `origin`.
 * @returns the client to sign in with, and what the request says beyond.
 * @throws ValidationError `invalid_login_initiation` (a parameter twice, an unknown issuer, a
 * `login_hint` with control characters, a target elsewhere);
 * ConfigurationError `invalid_option`
 * @see OpenID Connect Core 1.0 section 4
 *
 * @example
 * ```ts
 * import { type Client, createAuthorizationRequest, readThirdPartyLogin } from 'relier'
 *
 * export async function initiate(client: Client, request: Request) {
 *   const login = await readThirdPartyLogin([client], request, { origin: 'https://app.example.com' })
 *   return createAuthorizationRequest(login.client, {
 *     redirectUri: 'https://app.example.com/callback',
 *     loginHint: login.loginHint,
 *     appState: login.targetLinkUri,
 *   })
 * }
 * ```
 */
export async function readThirdPartyLogin(
  clients: readonly Client[],
  request: URL | Request | URLSearchParams,
  options: ThirdPartyLoginOptions,
): Promise<ThirdPartyLogin> {
  requireOptions(options);
  const { origin, signal } = options;
  if (!Array.isArray(clients)) throw invalidOption('clients', 'must be a list');
  for (const client of clients) contextOf(client);
  if (parseUrl(requireText(origin, 'origin'))?.origin !== origin)
    throw invalidOption('origin', 'must be an origin');
  const { parameters } = await responseParameters(request, 'login_initiation', signal);
  const names = [...parameters.keys()];
  const client = clients.find(({ issuer }) => issuer === parameters.get('iss'));
  const check = checksOf('login_initiation', client && contextOf(client).trace);
  check('duplicate', new Set(names).size === names.length);
  check('iss', client !== undefined);

  const loginHint = parameters.get('login_hint') ?? undefined;
  const targetLinkUri = parameters.get('target_link_uri') ?? undefined;
  check('login_hint', !loginHint || /^[^\p{Cc}]{1,500}$/u.test(loginHint));
  check('target_link_uri', !targetLinkUri || isWithin(targetLinkUri, origin));
  return {
    client: client as Client,
    ...(loginHint && { loginHint }),
    ...(targetLinkUri && { targetLinkUri }),
  };
}

/** Absolute, of that origin, and written as browsers read it: no tabs, no backslashes. */
function isWithin(uri: string, origin: string): boolean {
  const url = parseUrl(uri);
  return (
    url?.origin === origin &&
    uri.startsWith(origin) &&
    !url.pathname.startsWith('//') &&
    !/[\s\\\p{Cc}]/u.test(uri)
  );
}
