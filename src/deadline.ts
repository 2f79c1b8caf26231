import type { Clock } from './clock.ts';

/** Timers of platforms overflow beyond this, and fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Waits for work no longer than so many milliseconds; the work itself goes on. In several parts, a
 * sleep counts as one of them at most: what was asked before is often answered right after it.
 */
export async function beforeDeadline<T>(
  clock: Clock,
  ms: number,
  work: () => Promise<T>,
  late: () => Error,
  parts = 1,
): Promise<T> {
  let stop = () => {};
  const deadline = new Promise<never>((_, reject) => {
    const wait = (left: number) => {
      const end = () => (left > 1 ? wait(left - 1) : reject(late()));
      stop = clock.setTimer(end, Math.min(ms / parts, LONGEST_MS));
    };
    wait(parts);
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    stop();
  }
}
