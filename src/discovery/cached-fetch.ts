import { type Clock, stopwatch } from '../clock.ts';

export interface CachedFetchOptions<T> {
  readonly clock: Clock;
  readonly fetch: () => Promise<T>;
  /** A value this young is used without asking. */
  readonly freshMs: number;
  /** So long after that the old value is used while a new one is fetched. */
  readonly overlapMs?: number;
  /** A value this old is not even used when the server is down. */
  readonly staleMs: number;
  readonly onStale: () => void;
}

/** A document that a server publishes, kept. */
export interface CachedFetch<T> {
  /** The fresh value, or a new one, or (where that fails) the old one. */
  get(): Promise<T>;
  /** The fresh value, if one is at hand. */
  fresh(): T | undefined;
  /** A new value, whatever is kept; joins a fetch that is under way. */
  renew(): Promise<T>;
}

/** After a failed renewal the old value is served this long without asking again. */
const RETRY_MS = 30_000;
/** So long after it nobody waits for what is likely to fail again, perhaps slowly. */
const KNOWN_TO_FAIL_MS = 2 * RETRY_MS;

/**
 * One fetch in the air for all callers, a time to live, stale-if-error: while there is a value that
 * will do, nobody waits for a server that is slow or down. A failure is never kept: without a value to
 * fall back on, the next caller asks again.
 */
export function cachedFetch<T>(options: CachedFetchOptions<T>): CachedFetch<T> {
  const { clock, freshMs, overlapMs = 0, staleMs } = options;
  let kept: { value: T; age: () => number } | undefined;
  let sinceFailure: (() => number) | undefined;
  let inFlight: Promise<T> | undefined;

  const renew = () => {
    inFlight ??= options
      .fetch()
      .then((value) => {
        kept = { value, age: stopwatch(clock) };
        sinceFailure = undefined;
        return value;
      })
      .finally(() => {
        inFlight = undefined;
      });
    return inFlight;
  };

  const hasFailedWithin = (ms: number) => sinceFailure !== undefined && sinceFailure() < ms;
  const noteFailure = () => {
    // Of all who waited, the first one says so.
    if (hasFailedWithin(RETRY_MS)) return;
    sinceFailure = stopwatch(clock);
    options.onStale();
  };

  return {
    renew,
    fresh: () => (kept && kept.age() < freshMs ? kept.value : undefined),
    async get() {
      if (!kept) return renew();
      const { value, age } = kept;
      if (age() < freshMs) return value;
      const usable = age() < staleMs;
      if (usable && (age() < freshMs + overlapMs || hasFailedWithin(KNOWN_TO_FAIL_MS))) {
        if (!inFlight && !hasFailedWithin(RETRY_MS)) renew().catch(noteFailure);
        return value;
      }
      try {
        return await renew();
      } catch (error) {
        if (!usable) throw error;
        noteFailure();
        return value;
      }
    },
  };
}
