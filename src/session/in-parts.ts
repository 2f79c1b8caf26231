import type { Clock } from '../clock.ts';

/**
 * A clock whose timers go off in several parts, so that a sleep counts as one of them at most: what
 * was asked before it is often answered right after it.
 */
export function inParts(clock: Clock, parts: number): Pick<Clock, 'setTimer'> {
  return {
    setTimer(callback, delayMs) {
      let stop = () => {};
      const wait = (left: number) => {
        stop = clock.setTimer(() => (left > 1 ? wait(left - 1) : callback()), delayMs / parts);
      };
      wait(parts);
      return () => stop();
    },
  };
}
