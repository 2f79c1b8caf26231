import { systemClock } from '../clock.ts';
import type { SessionStore, StoreLockOptions } from './session-store.ts';

/** What a test of the contract works with. */
export interface Bench {
  /** Another handle on the same storage. */
  open(): Promise<SessionStore>;
  /** A key that only this test has; what is under it is deleted when the test has ended. */
  key(suffix?: string): string;
  /** Has what is under a key of the test's own choice deleted as well. */
  tidy(key: string): void;
  /** Called when the test has ended, however it ended. */
  atEnd(work: () => void): void;
  /** Longer than the test: with these nobody is suspected to be dead, and nobody loses patience. */
  readonly calm: StoreLockOptions;
  readonly leaseMs: number;
  /** How long to wait for what should come at once, in milliseconds. */
  readonly soonMs: number;
}

/** The tests of one part of the contract, by name. */
export type ContractPart = Readonly<Record<string, (bench: Bench) => Promise<void>>>;

/** Fails the test with a sentence about the store, unless the condition holds. */
export function must(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

/** Fails the test if the work takes too long. */
export async function within<T>(ms: number, work: Promise<T>, otherwise: string): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = systemClock.setTimer(() => reject(new Error(otherwise)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/** Lets others go on for a moment. */
export function pause(ms = 5): Promise<void> {
  return new Promise((resolve) => {
    systemClock.setTimer(resolve, ms);
  });
}
