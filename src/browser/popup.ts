import type { Clock } from '../clock.ts';
import { PopupBlockedError, PopupClosedError } from '../errors.ts';
import { requireAmount, requireOptions } from '../options.ts';
import { method, requireOwnOrigin, type SignInMethod, type SignOutMethod } from './journey.ts';
import { randomName } from './random-name.ts';
import { relayName } from './relay.ts';
import type { SignInResult } from './sign-in-result.ts';
import { requireResponseMode, type WindowResponseMode, windowAnswer } from './window-answer.ts';

/** What {@link popup} takes. */
export interface PopupOptions {
  /**
   * The width of the window, in CSS pixels.
   * @default 480
   */
  readonly width?: number | undefined;
  /**
   * The height of the window, in CSS pixels.
   * @default 640
   */
  readonly height?: number | undefined;
  /**
   * How long the person may take, in milliseconds. A sign-in is good for 15 minutes, whatever is
   * said here; a sign-out may take longer.
   * @default 900_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How the answer comes: to the callback page, which calls `completePopup()`, or in a message of
   * the provider itself (the standard one, or Okta's).
   * @default 'query', or 'fragment' where the answer holds tokens
   */
  readonly responseMode?: WindowResponseMode | undefined;
}

/** A window that is closed while an answer is on its way has this long for it to arrive. */
const CLOSED_MS = 2_000;
const LOOK_MS = 500;

/**
 * Takes the person to the provider in a window of its own, while the page stays. Call `signIn` in the
 * very click: the window opens at once, before anything is asked of the network. Afterwards the
 * callback page passes the answer on with `completePopup()`, whatever the provider does to the
 * connection between the windows.
 *
 * @param options `width`, `height`, `timeoutMs`, `responseMode`.
 * @returns the value for `signIn({ via })` and `signOut({ via })`.
 * @throws ConfigurationError `invalid_option`; what uses it throws PopupBlockedError `popup_blocked`,
 * PopupClosedError `popup_closed`, TimeoutError `timeout`
 * @see OAuth 2.0 Web Message Response Mode (draft), RFC 9700 section 4.17
 *
 * @example
 * ```ts
 * import { type BrowserSession, popup } from 'relier/browser'
 *
 * export function wire(button: HTMLButtonElement, session: BrowserSession) {
 *   button.addEventListener('click', async () => {
 *     await session.signIn({ via: popup() })
 *     button.textContent = `Signed in as ${session.current().claims?.sub}`
 *   })
 * }
 * ```
 */
export function popup(options: PopupOptions = {}): SignInMethod<SignInResult> & SignOutMethod {
  requireOptions(options);
  const responseMode = requireResponseMode(options.responseMode);
  const width = requireAmount(options.width ?? 480, 'width');
  const height = requireAmount(options.height ?? 640, 'height');
  const timeoutMs = requireAmount(options.timeoutMs ?? 900_000, 'timeoutMs');
  return method({
    isLeaving: false,
    begin(journey) {
      requireOwnOrigin(journey);
      const { clock, signal } = journey;
      const left = Math.max(0, Math.round(screenX + (outerWidth - width) / 2));
      const top = Math.max(0, Math.round(screenY + (outerHeight - height) / 2));
      const features = `popup,width=${width},height=${height},left=${left},top=${top}`;
      const opened = openWindow(features);
      if (!opened) {
        throw new PopupBlockedError('The browser did not open a window: it wants a click first.');
      }
      // For the callback page, where it does not see our lock.
      opened.name = relayName(randomName());
      const ended = new AbortController();
      const hopeless = closing(opened, clock, ended.signal);
      return {
        parameters: { responseMode },
        go: (url, state) =>
          windowAnswer({
            ...{ url, state, clock, timeoutMs, signal, hopeless },
            source: () => opened,
            start: () => opened.location.replace(url),
          }),
        end() {
          ended.abort();
          opened.close();
        },
      };
    },
  });
}

/** Scripts of the page may have put something else in the place of `window.open`. */
function openWindow(features: string): Window | undefined {
  try {
    const opened = open('about:blank', '_blank', features);
    return opened?.location ? opened : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where the provider cuts the connection between the windows (COOP), `closed` says so while the
 * person still types. So it counts only while this page has the focus, after it had lost it.
 */
function closing(opened: Window, clock: Clock, signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    let wasAway = false;
    const away = () => {
      wasAway = true;
    };
    addEventListener('blur', away, { signal });
    addEventListener('focus', away, { signal });
    let stop = () => {};
    const look = (closedMs: number) => {
      if (closedMs > CLOSED_MS) {
        resolve(new PopupClosedError('The window was closed before it had an answer.'));
        return;
      }
      stop = clock.setTimer(() => {
        const isHere = document.hasFocus();
        wasAway ||= !isHere;
        look(isHere && wasAway && opened.closed ? closedMs + LOOK_MS : 0);
      }, LOOK_MS);
    };
    look(0);
    signal.addEventListener('abort', () => stop());
  });
}
