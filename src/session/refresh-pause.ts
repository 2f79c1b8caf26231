import { type Clock, stopwatch } from '../clock.ts';
import { isRelierError, TransportError } from '../errors.ts';
import { pauseAfter } from './refresh-policy.ts';
import type { Failure } from './session-record.ts';
import type { SessionView } from './session-view.ts';

/** How long the server is left alone after a failure: here, and by all who share the record. */
export interface Pause {
  /** Begins a pause, and says so. Returns what the others have to know. */
  begin(error: unknown, attempts: number): Failure;
  /** Begins one that only concerns this context. */
  beginHere(error: unknown): void;
  end(): void;
  /** The world may have changed: what failed before is worth another try. */
  encourage(): void;
  isOn(): boolean;
  /** What the last refresh failed with, until one succeeds. */
  reason(): unknown;
  /** Throws while somebody else's pause goes on. */
  assertOver(failure: Failure | undefined): void;
}

export function refreshPause(clock: Clock, random: () => number, view: SessionView): Pause {
  let current: { error: unknown; isAskedFor: boolean; isOver(): boolean } | undefined;
  let attemptsHere = 0;
  let encouragedAt = -Infinity;

  const begin = (error: unknown, attempts: number): Failure => {
    const { code = 'unknown', retryAfterMs } = Object(error);
    const failedAt = clock.now();
    const pauseMs = pauseAfter(error, attempts, random);
    const since = stopwatch(clock);
    const isAskedFor = retryAfterMs > 0;
    current = { error, isAskedFor, isOver: () => since() >= pauseMs };
    if (isRelierError(error)) {
      if (code === 'interaction_required') view.askForInteraction(error);
      view.emit({ type: 'refreshFailed', error });
    }
    return { code, attempts, failedAt, retryAt: failedAt + pauseMs, isAskedFor };
  };

  return {
    begin,
    beginHere(error) {
      attemptsHere += 1;
      begin(error, attemptsHere);
    },
    end() {
      current = undefined;
      attemptsHere = 0;
    },
    encourage() {
      encouragedAt = clock.now();
      if (!current?.isAskedFor) current = undefined;
    },
    isOn: () => current?.isOver() === false,
    reason: () => current?.error,
    assertOver(failure) {
      if (!failure) return;
      const { code, failedAt, isAskedFor, retryAt } = failure;
      const now = clock.now();
      const isWorthATry = !isAskedFor && failedAt <= encouragedAt;
      // A clock that was set back would make the pause endless.
      if (isWorthATry || now >= retryAt || now < failedAt) return;
      throw new TransportError(`The last refresh failed (${code}); the next one is due later.`, {
        code: 'refresh_postponed',
        phase: 'session',
        retryable: true,
        retryAfterMs: retryAt - now,
        reason: code,
      });
    },
  };
}
