import type { Clock } from '../../src/index.ts';

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Lets time pass on both clocks and calls the timers that are due, in their order. */
  advance(ms: number): void;
  /** Sets the wall clock alone, as a person or a time server does. */
  setWall(now: number): void;
  /** How many timers are set and not yet called or cancelled. */
  readonly pending: number;
}

export function createFakeClock(start = Date.UTC(2026, 0, 15, 12)): FakeClock {
  let wall = start;
  let monotonic = 1_000;
  let timers: { at: number; callback: () => void }[] = [];

  return {
    now: () => wall,
    monotonic: () => monotonic,
    setTimer(callback, delayMs) {
      const timer = { at: monotonic + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      wall += ms;
      monotonic += ms;
      const due = timers.filter(({ at }) => at <= monotonic).sort((a, b) => a.at - b.at);
      timers = timers.filter((timer) => !due.includes(timer));
      for (const { callback } of due) callback();
    },
    setWall(now) {
      wall = now;
    },
    get pending() {
      return timers.length;
    },
  };
}
