import type { PageResponse } from '../authorization/response-parameters.ts';
import type { ResponseMode } from '../authorization/transaction.ts';
import { type Clock, LONGEST_TIMER_MS } from '../clock.ts';
import { TimeoutError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { relayedAnswer, relayName } from './relay.ts';

/** How an answer reaches a page that did not go away: by its callback page, or by the provider's own. */
export type WindowResponseMode = Exclude<ResponseMode, 'form_post'>;

/** A form would be posted to a server. */
export function requireResponseMode(mode: unknown): WindowResponseMode | undefined {
  if (mode === 'form_post') throw invalidOption('responseMode', 'does not reach a page');
  return mode as WindowResponseMode | undefined;
}

/** Whose answer is awaited. */
export interface WindowAnswerOptions {
  /** The window that was sent to the provider. */
  readonly source: () => Window | null;
  readonly url: URL;
  readonly state: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Sends the window on its way. */
  readonly start: () => void;
  /** Settles with the reason if there will be no answer. */
  readonly hopeless?: Promise<Error>;
}

/**
 * Waits for the one answer of another window, and leaves nothing behind. It counts if it comes from
 * that very window, from our own callback page or from exactly the provider's origin, and with our
 * `state`; or on the channel that only this `state` leads to. Whatever else arrives is not for us.
 */
export async function windowAnswer(options: WindowAnswerOptions): Promise<PageResponse> {
  const { clock, signal, state, timeoutMs, url } = options;
  const ended = new AbortController();
  const until = { signal: ended.signal };
  const atEnd = (stop: () => void) => ended.signal.addEventListener('abort', stop);
  try {
    return await new Promise((resolve, reject) => {
      if (signal.aborted) throw signal.reason;
      signal.addEventListener('abort', () => reject(signal.reason), until);
      const take = (answer: PageResponse | undefined) => answer && resolve(answer);
      addEventListener(
        'message',
        ({ data, origin, source }) => {
          if (source !== options.source()) return;
          if (origin === location.origin) take(relayedAnswer(data, state));
          if (origin === url.origin) take(providerAnswer(data, state));
        },
        until,
      );
      const channel = new BroadcastChannel(relayName(state));
      channel.addEventListener('message', ({ data }) => take(relayedAnswer(data, state)));
      atEnd(() => channel.close());
      const late = new TimeoutError(`No answer within ${timeoutMs} ms.`, 'authorization');
      atEnd(clock.setTimer(() => reject(late), Math.min(timeoutMs, LONGEST_TIMER_MS)));
      options.hopeless?.then(reject, reject);
      // The callback page sees by the lock that somebody waits, even where it sees no window.
      const holding = new Promise<void>((release) => atEnd(release));
      const begin = () => {
        if (!ended.signal.aborted) options.start();
        return holding;
      };
      // Where locks are forbidden, the callback page still knows the window's name.
      const lock = async () => navigator.locks.request(relayName(state), begin);
      lock().catch(begin).catch(reject);
    });
  } finally {
    ended.abort();
  }
}

/** An answer in a message of the provider itself: the standard one, or Okta's, which is flat. */
function providerAnswer(data: unknown, state: string): PageResponse | undefined {
  const { response = data } = Object(data);
  return Object(response).state === state ? (data as PageResponse) : undefined;
}
