import { requireAmount, requireOptions } from '../options.ts';
import { type Journey, method, requireOwnOrigin, type SilentMethod } from './journey.ts';
import { randomName } from './random-name.ts';
import { relayName } from './relay.ts';
import { requireResponseMode, type WindowResponseMode, windowAnswer } from './window-answer.ts';

/** What {@link silent} takes. */
export interface SilentOptions {
  /**
   * How long the provider may take, in milliseconds. Some show a page that nobody sees, instead of an
   * answer.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How the answer comes: to the callback page, which calls `completePopup()`, or in a message of
   * the provider itself (the standard one, or Okta's).
   * @default 'query', or 'fragment' where the answer holds tokens
   */
  readonly responseMode?: WindowResponseMode | undefined;
}

/** One frame at a time in a page, whoever asks for it. */
let line: Promise<unknown> = Promise.resolve();

/**
 * Asks the provider in a hidden frame whether the person is signed in there (`prompt=none`), and signs
 * in here if so. Needs the provider's cookies in a frame, which browsers refuse more and more unless
 * it is of the same site; a refresh token is the better way to renew.
 *
 * @param options `timeoutMs`, `responseMode`.
 * @returns the value for `signIn({ via })` and `createBrowserSession({ renew })`.
 * @throws ConfigurationError `invalid_option`; what uses it throws InteractionRequiredError
 * `interaction_required` where the person has to do something (`error` is `login_required`,
 * `consent_required`, …), TimeoutError `timeout`
 * @see OpenID Connect Core 1.0 section 3.1.2.1 (`prompt`)
 *
 * @example
 * ```ts
 * import { isRelierError } from 'relier'
 * import { type BrowserSession, silent } from 'relier/browser'
 *
 * export async function isSignedInElsewhere(session: BrowserSession) {
 *   try {
 *     await session.signIn({ via: silent() })
 *     return true
 *   } catch (error) {
 *     if (isRelierError(error) && error.code === 'interaction_required') return false
 *     throw error
 *   }
 * }
 * ```
 */
export function silent(options: SilentOptions = {}): SilentMethod {
  requireOptions(options);
  const responseMode = requireResponseMode(options.responseMode);
  const timeoutMs = requireAmount(options.timeoutMs ?? 10_000, 'timeoutMs');
  return method({
    isLeaving: false,
    isSilent: true,
    async begin(journey): Promise<Journey> {
      requireOwnOrigin(journey);
      const { clock, signal } = journey;
      const before = line;
      let leave = () => {};
      line = new Promise<void>((resolve) => {
        leave = resolve;
      });
      const frame = document.createElement('iframe');
      frame.hidden = true;
      frame.name = relayName(randomName());
      await before;
      return {
        parameters: { prompt: 'none', responseMode },
        go: (url, state) =>
          windowAnswer({
            ...{ url, state, clock, timeoutMs, signal },
            source: () => frame.contentWindow,
            start() {
              frame.src = url.href;
              document.documentElement.append(frame);
            },
          }),
        end() {
          frame.remove();
          leave();
        },
      };
    },
  });
}
