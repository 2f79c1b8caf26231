import { type Clock, stopwatch } from '../clock.ts';
import { isRelierError, TransportError } from '../errors.ts';
import { pauseAfter } from './refresh-policy.ts';
import type { Failure } from './session-record.ts';
import type { SessionView } from './session-view.ts';

/** How long the server is left alone after a failure: here, and by all who share the record. */
export interface Pause {
  /** Begins a pause, and says so. Returns what the others have to know. */
  begin(error: unknown, key: string, attempts: number): Failure;
  /** The others know it. */
  share(failure: Failure): void;
  /** Begins one that only concerns this context. */
  beginHere(error: unknown): void;
  /** A refresh for this has succeeded. */
  end(key: string): void;
  /** The world may have changed: what failed before is worth another try. */
  encourage(): void;
  /** The others know of no pause: somebody has refreshed since. */
  endShared(): void;
  /** What the last refresh failed with, while nobody should try again. */
  reason(key: string): unknown;
  /** Whether what has failed may succeed by itself. */
  isRetryable(): boolean;
  /** Throws while somebody else's pause goes on. */
  assertOver(failure: Failure | undefined, key: string): void;
}

interface Current {
  readonly error: unknown;
  /** It is in the record, too. */
  isShared: boolean;
  readonly isAskedFor: boolean;
  isOver(): boolean;
}

/** What the server says of one target only. */
const OF_TARGET = /^invalid_(?:target|scope)$/;

export function refreshPause(clock: Clock, random: () => number, view: SessionView): Pause {
  /** By what was asked for; under no key the ones that concern everything. */
  const pauses = new Map<string | undefined, Current>();
  let attemptsHere = 0;
  let encouragedAt = -Infinity;

  const begin = (error: unknown, asked: string, attempts: number): Failure => {
    const { code = 'unknown', error: name, retryAfterMs } = Object(error);
    const key = OF_TARGET.test(name) ? asked : undefined;
    const failedAt = clock.now();
    const pauseMs = pauseAfter(error, attempts, random);
    const since = stopwatch(clock);
    const isAskedFor = retryAfterMs > 0;
    pauses.set(key, { error, isShared: false, isAskedFor, isOver: () => since() >= pauseMs });
    if (isRelierError(error)) view.emit({ type: 'refreshFailed', error });
    return { code, key, attempts, failedAt, retryAt: failedAt + pauseMs, isAskedFor };
  };

  return {
    begin,
    share({ key }) {
      const current = pauses.get(key);
      if (current) current.isShared = true;
    },
    endShared() {
      for (const [key, { isShared }] of pauses) if (isShared) pauses.delete(key);
    },
    beginHere(error) {
      attemptsHere += 1;
      begin(error, '', attemptsHere);
    },
    end(key) {
      pauses.delete(undefined);
      pauses.delete(key);
      attemptsHere = 0;
    },
    encourage() {
      encouragedAt = clock.now();
      for (const [key, { isAskedFor }] of pauses) if (!isAskedFor) pauses.delete(key);
    },
    reason: (key) =>
      [pauses.get(undefined), pauses.get(key)].find((pause) => pause?.isOver() === false)?.error,
    isRetryable: () => !!Object(pauses.get(undefined)?.error).retryable,
    assertOver(failure, key) {
      if (!failure || (failure.key ?? key) !== key) return;
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
