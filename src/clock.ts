/**
 * Everything relier knows about time. Injected, so that tests and simulators can tell the passing
 * of time from a clock that was set, and from a machine that slept.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump in both directions. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Never goes back. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** The longest delay that timers of platforms take; beyond it they overflow, and fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * A stopwatch in milliseconds that believes the clock that says more: the monotonic one may stand
 * still while the machine sleeps, the wall clock may be set back.
 */
export function stopwatch(clock: Clock): () => number {
  const wall = clock.now();
  const monotonic = clock.monotonic();
  return () => Math.max(clock.now() - wall, clock.monotonic() - monotonic);
}
