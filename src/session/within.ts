import type { Clock } from '../clock.ts';
import { beforeDeadline } from '../deadline.ts';
import { TimeoutError } from '../errors.ts';
import { inParts } from './in-parts.ts';

/**
 * Waits for work no longer than so many milliseconds; the work itself goes on. In several parts, a
 * sleep counts as one of them at most.
 */
export function within<T>(clock: Clock, ms: number, work: () => Promise<T>, parts = 1): Promise<T> {
  const late = () => new TimeoutError(`There was no answer within ${ms} ms.`, 'session');
  return beforeDeadline(inParts(clock, parts), ms, work, late);
}
