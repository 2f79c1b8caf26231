import { requireFunctions, requireOptions } from '../options.ts';
import { method, type SignInMethod, type SignOutMethod } from './journey.ts';

/** What {@link redirect} takes. */
export interface RedirectOptions {
  /**
   * Sends the browser there.
   * @default location.assign
   */
  readonly navigate?: ((url: URL) => unknown) | undefined;
}

/**
 * Takes the person to the provider in this very window. The page ends here; `handleRedirect()` goes
 * on where the provider sends the person back to. If the browser shows this page again, as it was
 * (the back button), the call resolves with `null`.
 *
 * @param options `navigate`.
 * @returns the value for `signIn({ via })` and `signOut({ via })`.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 6749 section 4.1.1
 *
 * @example
 * ```ts
 * import { type BrowserSession, redirect } from 'relier/browser'
 *
 * export const signIn = (session: BrowserSession) =>
 *   session.signIn({ via: redirect(), returnTo: location.pathname })
 * ```
 */
export function redirect(options: RedirectOptions = {}): SignInMethod<null> & SignOutMethod {
  requireOptions(options);
  requireFunctions(options, ['navigate']);
  const { navigate = (url) => location.assign(url) } = options;
  return method({
    isLeaving: true,
    begin({ signal }) {
      const ended = new AbortController();
      return {
        go: (url) =>
          new Promise((resolve, reject) => {
            // A page loads but once: shown again, it comes out of the browser's cache.
            const back = ({ persisted }: PageTransitionEvent) => persisted && resolve(null);
            addEventListener('pageshow', back, { signal: ended.signal });
            signal.addEventListener('abort', () => reject(signal.reason), { signal: ended.signal });
            if (signal.aborted) throw signal.reason;
            Promise.resolve(navigate(new URL(url))).catch(reject);
          }),
        end: () => ended.abort(),
      };
    },
  });
}
