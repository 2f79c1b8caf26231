import { type Clock, stopwatch } from '../clock.ts';

export interface CachedFetchOptions<T> {
  readonly clock: Clock;
  readonly fetch: () => Promise<T>;
  /** A value this young is used without asking. */
  readonly freshMs: number;
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

/**
 * One fetch in the air for all callers, a time to live, stale-if-error. A failure is never kept:
 * without a value to fall back on, the next caller asks again.
 */
export function cachedFetch<T>(options: CachedFetchOptions<T>): CachedFetch<T> {
  const { clock, freshMs, staleMs } = options;
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

  return {
    renew,
    fresh: () => (kept && kept.age() < freshMs ? kept.value : undefined),
    async get() {
      if (!kept) return renew();
      const { value, age } = kept;
      if (age() < freshMs) return value;
      const usable = age() < staleMs;
      if (usable && sinceFailure && sinceFailure() < RETRY_MS) return value;
      try {
        return await renew();
      } catch (error) {
        if (!usable) throw error;
        // Of all who waited, the first one says so.
        if (!(sinceFailure && sinceFailure() < RETRY_MS)) {
          sinceFailure = stopwatch(clock);
          options.onStale();
        }
        return value;
      }
    },
  };
}
