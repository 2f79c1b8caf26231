import type { Client } from '../client/create-client.ts';
import { isFrontchannelLogout } from '../logout/frontchannel-logout.ts';
import { invalidOption } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import type { Session } from '../session/create-session.ts';

/**
 * The whole of a page at the client's `frontchannel_logout_uri`, which the provider loads in a hidden
 * frame when the person signs out there. Ends the session if it is the one that is meant.
 *
 * Browsers give such a frame the application's storage only if provider and application are of one
 * site, WebKit only if they are of one origin; elsewhere there is nothing to see from here, and
 * nothing ends. A session also ends when its refresh token is refused.
 *
 * @param client the client that signed the person in.
 * @param session the session that may end.
 * @param url the address that was loaded.
 * @returns whether the session was meant, and has ended.
 * @throws StorageError; ConfigurationError `invalid_option`
 * @see OpenID Connect Front-Channel Logout 1.0 section 3
 *
 * @example
 * ```ts
 * import type { Client } from 'relier'
 * import { type BrowserSession, handleFrontchannelLogout } from 'relier/browser'
 *
 * export const logoutPage = (client: Client, session: BrowserSession) =>
 *   handleFrontchannelLogout(client, session)
 * ```
 */
export async function handleFrontchannelLogout(
  client: Client,
  session: Pick<Session, 'restore' | 'signOut'>,
  url: string | URL = location.href,
): Promise<boolean> {
  const address = parseUrl(url);
  if (!address) throw invalidOption('url', 'must be an absolute URL');
  const { claims } = await session.restore();
  if (!claims || !isFrontchannelLogout(client, address, claims)) return false;
  await session.signOut();
  return true;
}
