import type { Clock } from '../clock.ts';
import { beforeDeadline } from '../deadline.ts';
import { TimeoutError } from '../errors.ts';

/** Waits for work no longer than so many milliseconds; the work itself goes on. */
export function within<T>(
  clock: Clock,
  ms: number,
  work: () => Promise<T>,
  parts?: number,
): Promise<T> {
  const late = () => new TimeoutError(`There was no answer within ${ms} ms.`, 'session');
  return beforeDeadline(clock, ms, work, late, parts);
}
