import type { AuthorizationRequestOptions, ClientOptions } from 'relier';

/** What the page has to be told by its server: `/config.json`. */
export interface PageConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly apiUrl: string;
}

/** The one page that the provider sends people back to, after a sign-in and after a sign-out. */
export const callbackPath = '/callback';

/** Which client of which provider this page is. */
export function clientOptions({ issuer, clientId }: PageConfig): ClientOptions {
  // The demo's provider speaks plain http on this machine. Yours does not: leave this out.
  return { issuer, clientId, allowInsecureRequests: 'loopback' };
}

/** What every sign-in asks for. */
export function authorization({
  apiUrl,
}: PageConfig): Pick<AuthorizationRequestOptions, 'resource' | 'scope'> {
  return { scope: 'openid profile email reports:read', resource: apiUrl };
}
