import { abortable } from '../abortable.ts';
import type { ClientContext } from '../client/create-client.ts';
import { type Clock, stopwatch } from '../clock.ts';
import { isRelierError, TimeoutError } from '../errors.ts';
import type { Issued } from '../tokens/identified-token-set.ts';

export interface Polling {
  /** How long the person has to decide. */
  readonly expiresInSeconds: number;
  /** How often the server wants to be asked at most. */
  readonly intervalSeconds: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const DEFAULT_INTERVAL_SECONDS = 5;
/** A little longer than told: clocks drift, those of virtual machines most of all. */
const SLACK_MS = 200;

/**
 * Asks for tokens until the person has decided (RFC 8628 section 3.5, CIBA Core 1.0 section 11). A
 * network that fails is asked again, ever more slowly; only the server or the time ends it.
 */
export async function pollForTokens(
  { clock }: ClientContext,
  { expiresInSeconds, intervalSeconds = DEFAULT_INTERVAL_SECONDS, signal }: Polling,
  ask: () => Promise<Issued>,
): Promise<Issued> {
  const elapsed = stopwatch(clock);
  let interval = intervalSeconds * 1000;
  let failures = 0;
  let wait = interval;
  for (;;) {
    await pause(clock, wait + SLACK_MS, signal);
    if (elapsed() > expiresInSeconds * 1000) {
      throw new TimeoutError(`Nobody decided within ${expiresInSeconds} s.`, 'token');
    }
    try {
      return await ask();
    } catch (error) {
      const { error: answer, retryAfterMs = 0 } = Object(error);
      if (answer === 'slow_down') interval += 5000;
      else if (answer === 'authorization_pending') failures = 0;
      else if (isRelierError(error) && error.retryable) failures += 1;
      else throw error;
      wait = Math.max(interval * 2 ** Math.min(failures, 3), retryAfterMs);
    }
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  let cancel = () => {};
  const timer = () =>
    new Promise<void>((resolve) => {
      cancel = clock.setTimer(resolve, ms);
    });
  try {
    await abortable(timer, signal, 'token');
  } finally {
    cancel();
  }
}
