import type { Clock } from '../clock.ts';
import { isRelierError } from '../errors.ts';
import { httpFacts } from '../server-errors.ts';

export interface RetrySettings {
  readonly maxRetries: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Only what changes nothing may be sent twice. A proof of a key (RFC 9449) is good for one use, and
 * a server that has seen it takes it for a replay.
 */
export function mayRetry(request: RequestInit & { readonly headers: Headers }): boolean {
  const { headers, method = 'GET' } = request;
  return /^(?:GET|HEAD)$/i.test(method) && !headers.has('dpop');
}

/** Tries until there is an answer worth having, or no try left; then the last answer will do. */
export async function withRetries(
  attempt: () => Promise<Response>,
  signal: AbortSignal,
  { clock, maxRetries, random }: RetrySettings,
): Promise<Response> {
  for (let tries = 0; ; tries++) {
    let response: Response | undefined;
    try {
      response = await attempt();
    } catch (error) {
      const isLast = tries >= maxRetries || signal.aborted;
      if (isLast || !isRelierError(error) || !error.retryable) throw error;
    }
    // With full jitter, so that those who failed together do not come back together.
    let pauseMs = random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
    if (response) {
      const { retryAfterMs = 0, status = 0 } = httpFacts(response, clock);
      const isLast = tries >= maxRetries || retryAfterMs > LONGEST_PAUSE_MS;
      if (isLast || !TRANSIENT.has(status)) return response;
      pauseMs += retryAfterMs;
      await response.body?.cancel().catch(() => {});
    }
    await pause(pauseMs, signal, clock);
  }
}

function pause(delayMs: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const giveUp = () => {
      stopTimer();
      reject(signal.reason);
    };
    const stopTimer = clock.setTimer(() => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', giveUp);
  });
}
