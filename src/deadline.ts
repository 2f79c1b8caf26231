import type { Clock } from './clock.ts';

/** Timers of platforms overflow beyond this, and fire at once. */
const LONGEST_MS = 2_147_483_647;

/** Waits for work no longer than so many milliseconds; the work itself goes on. */
export async function beforeDeadline<T>(
  clock: Pick<Clock, 'setTimer'>,
  ms: number,
  work: () => Promise<T>,
  late: () => Error,
): Promise<T> {
  let stop = () => {};
  const deadline = new Promise<never>((_, reject) => {
    stop = clock.setTimer(() => reject(late()), Math.min(ms, LONGEST_MS));
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    stop();
  }
}
