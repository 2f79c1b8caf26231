import { invalidOption, requireToken } from '../options.ts';

/** What makes the `authorization` of each request: `apiToken()` or `accessToken()`. */
export interface HeaderAuth {
  /** The value of the header, which is the caller's to keep secret. */
  readonly authorization: () => Promise<string>;
}

/**
 * Whatever sends requests with tokens of its own: a session, service tokens, `oktaServiceApp()`. It
 * brings its own `fetch`, so that bound tokens get their proofs.
 */
export interface TokenSource {
  /** Sends a request, with a token added. */
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** How a management client proves who it is. */
export type ManagementAuth = HeaderAuth | TokenSource;

/**
 * An API token of an administrator (`SSWS`). It may do whatever that person may, for as long as it is
 * used at least every 30 days; prefer `oktaServiceApp()`, whose tokens have scopes and live an hour.
 *
 * @param token the token as the admin console shows it.
 * @returns the value for `createManagementClient({ auth })`.
 * @throws ConfigurationError `invalid_option`
 *
 * @example
 * ```ts
 * import { apiToken, createManagementClient } from 'relier/management'
 *
 * export const clientOf = (token: string) =>
 *   createManagementClient({ orgUrl: 'https://example.okta.com', auth: apiToken(token) })
 * ```
 */
export function apiToken(token: string): HeaderAuth {
  const value = `SSWS ${requireToken(token, 'token')}`;
  return { authorization: async () => value };
}

/**
 * An OAuth access token of the org's own authorization server, as a bearer token.
 *
 * @param token the token, or a function that gets it, which is asked before each request.
 * @returns the value for `createManagementClient({ auth })`.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 6750 section 2.1
 *
 * @example
 * ```ts
 * import type { Session } from 'relier'
 * import { accessToken, createManagementClient } from 'relier/management'
 *
 * export const clientOf = (session: Session) =>
 *   createManagementClient({
 *     orgUrl: 'https://example.okta.com',
 *     auth: accessToken(() => session.getAccessToken({ scope: 'okta.authorizationServers.read' })),
 *   })
 * ```
 */
export function accessToken(token: string | (() => string | Promise<string>)): HeaderAuth {
  if (typeof token !== 'function') {
    const value = bearer(token);
    return { authorization: async () => value };
  }
  return { authorization: async () => bearer(await token()) };
}

function bearer(token: string): string {
  return `Bearer ${requireToken(token, 'token')}`;
}

/** One of the two kinds, or a complaint. */
export function requireAuth(auth: unknown): Partial<HeaderAuth & TokenSource> {
  const { authorization, fetch } = Object(auth);
  const kinds = [authorization, fetch].filter((kind) => kind !== undefined);
  if (!kinds.length || kinds.some((kind) => typeof kind !== 'function')) {
    throw invalidOption(
      'auth',
      'must be apiToken(), accessToken() or have a fetch that adds tokens',
    );
  }
  return auth as Partial<HeaderAuth & TokenSource>;
}
