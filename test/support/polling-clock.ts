import { createFakeClock, type FakeClock } from './fake-clock.ts';

export interface PollingClock extends FakeClock {
  /** The pauses that were asked for, in milliseconds, oldest first. */
  readonly pauses: readonly number[];
  /** From now on a pause lasts until somebody advances the clock. */
  stop(): void;
}

/** What a client with a {@link PollingClock} is given, to tell its time limits from pauses. */
export const timeoutMs = 9_999;

/** A clock for those who poll: a pause takes no time, but both clocks have moved when it is over. */
export function createPollingClock(): PollingClock {
  const clock = createFakeClock();
  const pauses: number[] = [];
  let isStopped = false;
  return {
    ...clock,
    get pending() {
      return clock.pending;
    },
    pauses,
    stop() {
      isStopped = true;
    },
    setTimer(callback, ms) {
      const cancel = clock.setTimer(callback, ms);
      if (ms !== timeoutMs) {
        pauses.push(ms);
        if (!isStopped) queueMicrotask(() => clock.advance(ms));
      }
      return cancel;
    },
  };
}
