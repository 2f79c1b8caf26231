import { parseUrl } from '../secure-url.ts';
import { answerParameters, type Relay, relayName } from './relay.ts';

/**
 * Ends a sign-in (or a sign-out) in a popup or a hidden frame: call it on the page that the provider
 * sends the person back to. If a page of this origin waits for this answer, it gets it, and this
 * window closes. A page for all ways of signing in calls `handleRedirect()` if nobody waits.
 *
 * The answer goes to this origin only. Tokens that come through the browser go to the window that
 * waits, and nowhere else.
 *
 * @param url the address that the provider has called.
 * @returns whether somebody waited.
 * @throws nothing
 * @see RFC 9700 section 4.17
 *
 * @example
 * ```ts
 * import { type BrowserSession, completePopup } from 'relier/browser'
 *
 * export async function callbackPage(session: BrowserSession) {
 *   if (await completePopup()) return
 *   const result = await session.handleRedirect()
 *   location.replace(result?.returnTo ?? '/')
 * }
 * ```
 */
export async function completePopup(url: string | URL = location.href): Promise<boolean> {
  const address = parseUrl(url);
  const parameters = address && answerParameters(address);
  if (!parameters) return false;
  const opener: Window | null = parent === window ? window.opener : parent;
  const state = parameters.get('state');
  const isNamed = !!opener && window.name.startsWith(relayName(''));
  const locks = await heldLocks();
  // The state of a protected response is inside of it.
  const isAwaited = (name: string) =>
    state === null ? isNamed && name.startsWith(relayName('')) : name === relayName(state);
  // A page in the frame of another site has its locks elsewhere.
  const isUnseen = isNamed && (!locks || opener.parent !== opener);
  if (!isUnseen && !locks?.some(isAwaited)) return false;

  history.replaceState(history.state, '', address.origin + address.pathname);
  const answer: Relay = { type: 'relier:response', url: address.href };
  opener?.postMessage(answer, location.origin);
  if (state !== null && !/[?&#](?:access|id)_token=/.test(answer.url)) {
    const channel = new BroadcastChannel(relayName(state));
    channel.postMessage(answer);
    channel.close();
  }
  if (parent === window) close();
  return true;
}

/** Their names; `undefined` where the browser forbids to look. */
async function heldLocks(): Promise<string[] | undefined> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.map(({ name = '' }) => name);
  } catch {
    return undefined;
  }
}
