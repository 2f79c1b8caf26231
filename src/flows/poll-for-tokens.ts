import { abortable } from '../abortable.ts';
import type { ClientContext } from '../client/create-client.ts';
import { type Clock, LONGEST_TIMER_MS } from '../clock.ts';
import { isRelierError, TimeoutError } from '../errors.ts';
import type { Issued } from '../tokens/identified-token-set.ts';

export interface Polling {
  /** How long the person has to decide. */
  readonly expiresInSeconds: number;
  /** How often the server wants to be asked at most. */
  readonly intervalSeconds: number | undefined;
  /** Milliseconds since the server was asked for the code. */
  readonly elapsed: () => number;
  readonly signal: AbortSignal | undefined;
}

const DEFAULT_INTERVAL_SECONDS = 5;
/** A server that names no pause, or none worth the name, is not to be hammered. */
const SHORTEST_INTERVAL_SECONDS = 1;
/** A little longer than told: clocks drift, those of virtual machines most of all. */
const SLACK_MS = 200;

/**
 * Asks for tokens until the person has decided (RFC 8628 section 3.5, CIBA Core 1.0 section 11). A
 * network that fails is asked again, ever more slowly; only the server or the time ends it.
 */
export async function pollForTokens(
  { clock, trace }: ClientContext,
  { elapsed, expiresInSeconds, intervalSeconds = DEFAULT_INTERVAL_SECONDS, signal }: Polling,
  ask: () => Promise<Issued>,
): Promise<Issued> {
  let interval = Math.max(intervalSeconds, SHORTEST_INTERVAL_SECONDS) * 1000;
  let failures = 0;
  let wait = interval;
  for (;;) {
    const left = expiresInSeconds * 1000 - elapsed();
    await pause(clock, Math.min(wait + SLACK_MS, left, LONGEST_TIMER_MS), signal);
    if (elapsed() >= expiresInSeconds * 1000) {
      throw new TimeoutError(`Nobody decided within ${expiresInSeconds} s.`, 'token');
    }
    try {
      return await ask();
    } catch (error) {
      const { error: answer, retryAfterMs = 0 } = Object(error);
      if (answer === 'slow_down') interval += 5000;
      const isAnswered = answer === 'slow_down' || answer === 'authorization_pending';
      if (!isRelierError(error) || !(isAnswered || error.retryable)) throw error;
      trace?.({ type: 'retry', phase: 'token', reason: isAnswered ? answer : error.code });
      failures = isAnswered ? 0 : failures + 1;
      wait = Math.max(interval * 2 ** Math.min(failures, 3), retryAfterMs);
    }
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  let cancel = () => {};
  const timer = () =>
    new Promise<void>((resolve) => {
      cancel = clock.setTimer(resolve, Math.max(ms, 0));
    });
  try {
    await abortable(timer, signal, 'token');
  } finally {
    cancel();
  }
}
