import { describe, expect, it } from 'vitest';
import { stopwatch, systemClock } from '../src/clock.ts';
import { createFakeClock } from './support/fake-clock.ts';

describe('the system clock', () => {
  it('tells both times of the platform', () => {
    const [wall, monotonic] = [Date.now(), performance.now()];
    expect(systemClock.now() - wall).toBeLessThan(1_000);
    expect(systemClock.now()).toBeGreaterThanOrEqual(wall);
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(monotonic);
  });

  it('calls a timer once, and a cancelled one never', async () => {
    let cancelled = 0;
    const cancel = systemClock.setTimer(() => {
      cancelled += 1;
    }, 0);
    cancel();
    await new Promise<void>((resolve) => {
      systemClock.setTimer(resolve, 1);
    });
    expect(cancelled).toBe(0);
  });
});

describe('a stopwatch', () => {
  it('believes the wall clock when the machine slept and the monotonic one stood still', () => {
    const clock = createFakeClock();
    const elapsed = stopwatch(clock);
    clock.setWall(clock.now() + 5_000);
    expect(elapsed()).toBe(5_000);
  });

  it('believes the monotonic clock when the wall clock was set back', () => {
    const clock = createFakeClock();
    const elapsed = stopwatch(clock);
    clock.advance(3_000);
    clock.setWall(0);
    expect(elapsed()).toBe(3_000);
  });
});
