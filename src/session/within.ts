import { type Clock, LONGEST_TIMER_MS } from '../clock.ts';
import { TimeoutError } from '../errors.ts';

/**
 * Waits for work no longer than so many milliseconds; the work itself goes on. In several parts, a
 * sleep counts as one of them at most: what was asked before is often answered right after it.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: () => Promise<T>,
  parts = 1,
  late = (): Error => new TimeoutError(`There was no answer within ${ms} ms.`, 'session'),
): Promise<T> {
  let stop = () => {};
  const deadline = new Promise<never>((_, reject) => {
    const part = Math.min(ms / parts, LONGEST_TIMER_MS);
    const wait = (left: number) => {
      stop = clock.setTimer(() => (left > 1 ? wait(left - 1) : reject(late())), part);
    };
    wait(parts);
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    stop();
  }
}
