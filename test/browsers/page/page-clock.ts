import { type Clock, systemClock } from 'relier';

/** The clock of this page, which a test can set. */
export interface PageClock extends Clock {
  /** How far it is ahead of the machine's, in milliseconds. */
  aheadMs: number;
}

export function pageClock(aheadMs: number): PageClock {
  const clock: PageClock = {
    ...systemClock,
    aheadMs,
    now: () => systemClock.now() + clock.aheadMs,
  };
  return clock;
}
