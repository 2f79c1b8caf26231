import { type Client, contextOf } from '../client/create-client.ts';
import { invalidOption, requireOptions } from '../options.ts';

/** The session that the browser has here, as its ID token names it. */
export interface FrontchannelSession {
  /** The `sid` of the ID token's claims; without one no session can be told from another. */
  readonly sid?: unknown;
  /** Other claims do not matter here. */
  readonly [claim: string]: unknown;
}

/**
 * Whether a request to the client's `frontchannel_logout_uri` means the session that this browser
 * has: the provider loads that page in a hidden frame. Anybody else can do so too, so nothing ends
 * on a guess.
 *
 * @param client the client whose session may end.
 * @param request the URL that was loaded, or the `Request` for it.
 * @param session the claims of the ID token that the session began with (`tokens.claims`).
 * @returns `true` if the session has to end.
 * @throws ConfigurationError `invalid_option`
 * @see OpenID Connect Front-Channel Logout 1.0 section 3
 *
 * @example
 * ```ts
 * import { type Client, isFrontchannelLogout, type TokenSet } from 'relier'
 *
 * export const mustEnd = (client: Client, request: Request, tokens: TokenSet) =>
 *   isFrontchannelLogout(client, request, tokens.claims ?? {})
 * ```
 */
export function isFrontchannelLogout(
  client: Client,
  request: URL | Request,
  session: FrontchannelSession,
): boolean {
  const { issuer } = contextOf(client);
  if (!(request instanceof URL) && !(request instanceof Request)) {
    throw invalidOption('request', 'must be a URL or a Request');
  }
  requireOptions(session, 'session');
  const { sid } = session;
  const { searchParams } = request instanceof URL ? request : new URL(request.url);
  const isOnly = (name: string, value: unknown) =>
    searchParams.getAll(name).length === 1 && searchParams.get(name) === value;
  return typeof sid === 'string' && sid !== '' && isOnly('iss', issuer) && isOnly('sid', sid);
}
