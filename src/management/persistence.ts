import { abortable } from '../abortable.ts';
import { type Clock, LONGEST_TIMER_MS } from '../clock.ts';
import { isRelierError, ManagementError, type RateLimit, withoutRetry } from '../errors.ts';
import { requireAmount, requireOptions } from '../options.ts';
import type { Trace } from '../trace.ts';
import type { AnswerFacts } from './answer.ts';
import type { Method } from './request.ts';
import type { Call, Reply } from './sender.ts';

/** How often a call is repeated, and how long it waits for that. */
export interface RetryOptions {
  /**
   * How often one call, or one page, is repeated at most.
   * @default 3
   */
  readonly maxRetries?: number | undefined;
  /**
   * How long to wait at most before each, in milliseconds. Okta's windows are a minute.
   * @default 65_000
   */
  readonly maxWaitMs?: number | undefined;
}

/** An answer that said something about a rate limit. */
export interface RateLimitEvent {
  /** Of the call. */
  readonly method: Method;
  /** Without query. */
  readonly url: string;
  /** Of the answer. */
  readonly status: number;
  /** What Okta's support asks for. */
  readonly requestId?: string;
  /** What is left of the bucket. */
  readonly rateLimit: RateLimit;
  /** Until the call is sent again, in milliseconds; absent where it is not. */
  readonly waitMs?: number;
}

export interface PersistenceOptions {
  readonly clock: Clock;
  readonly trace: Trace | undefined;
  readonly onRateLimit: ((event: RateLimitEvent) => void) | undefined;
}

/** Okta's clock ticks in seconds. */
const FLOOR_MS = 1000;
const JITTER_MS = 1000;

/**
 * Repeats what may be repeated: a call that was refused for its rate, because it was not carried out;
 * and reading. A write whose outcome nobody knows is the caller's to look after.
 */
export function persistently(
  send: (call: Call) => Promise<Reply>,
  retry: RetryOptions | false = {},
  { clock, onRateLimit, trace }: PersistenceOptions,
) {
  if (retry !== false) requireOptions(retry, 'retry');
  const { maxRetries = 3, maxWaitMs = 65_000 } = retry || { maxRetries: 0 };
  requireAmount(maxRetries, 'maxRetries');
  requireAmount(maxWaitMs, 'maxWaitMs');

  return async (call: Call): Promise<Reply> => {
    const { method, signal, url } = call;
    const tell = ({ rateLimit, requestId, status }: AnswerFacts, waitMs?: number) => {
      if (!rateLimit) return;
      onRateLimit?.({
        method,
        url: url.replace(/\?.*/s, ''),
        status,
        ...(requestId && { requestId }),
        rateLimit,
        ...(waitMs !== undefined && { waitMs }),
      });
    };
    for (let failures = 0; ; failures++) {
      try {
        const reply = await send(call);
        tell(reply.facts);
        return reply;
      } catch (error) {
        const isRefusal = error instanceof ManagementError;
        const isTooFast = isRefusal && error.status === 429;
        const mayRepeat =
          isTooFast || (method === 'GET' && isRelierError(error) && error.retryable);
        const waitMs =
          mayRepeat && failures < maxRetries
            ? Math.min(pauseMs(error, failures), maxWaitMs, LONGEST_TIMER_MS)
            : undefined;
        if (isRefusal) tell(error, waitMs);
        if (waitMs === undefined)
          throw method === 'POST' && !isTooFast ? withoutRetry(error) : error;
        const { code, errorCode = code } = Object(error);
        trace?.({ type: 'retry', phase: 'management', reason: errorCode });
        await pause(clock, waitMs, signal);
      }
    }
  };
}

/** How long to leave Okta alone, with jitter, so that those who failed together come back apart. */
function pauseMs(error: unknown, failures: number): number {
  const { rateLimit, retryAfterMs = 0, status } = error as Partial<ManagementError>;
  // With a limit of 0 too many calls were under way at once, and the window says nothing about that.
  const isWindow = status === 429 && rateLimit !== undefined && rateLimit.limit > 0;
  const wait = isWindow ? rateLimit.resetInMs : Math.random() * 1000 * 2 ** failures;
  const floor = status === 429 ? FLOOR_MS : 0;
  return Math.max(wait, retryAfterMs, floor) + Math.random() * JITTER_MS;
}

async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  let stop = () => {};
  const over = () =>
    new Promise<void>((resolve) => {
      stop = clock.setTimer(resolve, ms);
    });
  await abortable(over, signal, 'management').finally(() => stop());
}
