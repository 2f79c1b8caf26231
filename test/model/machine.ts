import type { Simulator } from './simulator.ts';

/** A machine, or a device: what lives on it shares a wall clock. */
export interface Machine {
  readonly name: string;
  /** Milliseconds since the epoch, as far as this machine knows. */
  wall(): number;
  /** Somebody sets the wall clock, or a time server does. */
  jump(ms: number): void;
  /** The wall clock is right again. */
  correct(): void;
  /** Whether the wall clock was ever set in this run. */
  wasSet(): boolean;
  /** Whether it was set back in the last minute. */
  wasJustSetBack(): boolean;
  /** A context sleeps, its monotonic clock standing still; the returned function wakes it. */
  sleeper(): () => void;
}

const START = Date.UTC(2026, 0, 15, 12);
export const MINUTE = 60_000;

/**
 * A stopwatch that believes the clock that says more is fooled only if within one measurement the
 * machine sleeps with its monotonic clock standing still and has its wall clock set back. Nobody
 * could tell, so these two never happen within the same minute.
 */
export function createMachine(number: number, simulator: Simulator): Machine {
  let offset = 0;
  let isSet = false;
  let setBackAt = -Infinity;
  let sleptAt = -Infinity;
  let sleepers = 0;

  return {
    name: `machine ${number}`,
    wall: () => START + simulator.now() + offset,
    jump(ms) {
      if (ms < 0 && (sleepers > 0 || simulator.now() - sleptAt < MINUTE)) return;
      if (ms < 0) setBackAt = simulator.now();
      offset += ms;
      isSet = true;
    },
    correct() {
      offset = 0;
    },
    wasSet: () => isSet,
    wasJustSetBack: () => simulator.now() - setBackAt < MINUTE,
    sleeper() {
      sleepers += 1;
      return () => {
        sleepers -= 1;
        sleptAt = simulator.now();
      };
    },
  };
}
