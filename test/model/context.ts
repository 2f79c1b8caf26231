import type { Clock } from '../../src/clock.ts';
import type { Ledger } from './ledger.ts';
import type { Machine } from './machine.ts';
import { between, type Random } from './random.ts';
import type { Simulator } from './simulator.ts';

/** What becomes of a lock when its owner crashes: the system frees it, or only its lease does. */
export type LockFate = 'released' | 'leased';

export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A tab or a process: the place an engine lives in, with its clocks and its mishaps. */
export interface Context {
  readonly name: string;
  readonly machine: Machine;
  readonly random: Random;
  readonly clock: Clock;
  isCrashed(): boolean;
  /** How long it has been frozen, in milliseconds; 0 while it runs. */
  frozenFor(): number;
  isRunning(): boolean;
  /** Whether the engine in it was closed while the store refused what it had to keep. */
  isDone(): boolean;
  close(): void;
  /** The store has refused it something. */
  refused(): void;
  /** How long the way to a store or a server takes this time. */
  latency(): number;
  /** Brings something in from outside: now, after the thaw, or never. */
  deliver(action: () => void): void;
  /** Brings something in after that time. */
  later(ms: number, action: () => void): () => void;
  /** Something that the engine asks of the outside. Each one is a place to crash at. */
  operation<T>(start: (settle: Settle<T>) => void): Promise<T>;
  crash(fate: LockFate): void;
  freeze(isClockStopped: boolean): void;
  thaw(): void;
  /** Lets a mishap befall the context after so many comings and goings. */
  befall(steps: number, mishap: () => void): void;
  /** Calls the listener when it crashes (with the fate of its locks) or freezes. */
  onStop(listener: (fate: LockFate | 'frozen') => void): void;
}

/** One way, while nothing is wrong: much less than a request may take. */
const SLOWEST_MS = 2_000;

export interface ContextOptions {
  readonly name: string;
  readonly machine: Machine;
  readonly simulator: Simulator;
  readonly ledger: Ledger;
  readonly random: Random;
  /** The usual time of one way, in milliseconds. */
  readonly latencyMs: number;
}

export function createContext(options: ContextOptions): Context {
  const { latencyMs, ledger, machine, name, random, simulator } = options;
  const stopListeners: ((fate: LockFate | 'frozen') => void)[] = [];
  const birth = simulator.now();
  let isCrashed = false;
  let isClosed = false;
  let wasRefused = false;
  let frozenAt: number | undefined;
  let wakeClock: (() => void) | undefined;
  let stoppedMs = 0;
  let waiting: (() => void)[] = [];
  let mishap: { steps: number; befall: () => void } | undefined;

  const step = () => {
    if (!mishap || --mishap.steps >= 0) return;
    const { befall } = mishap;
    mishap = undefined;
    befall();
  };

  const deliver = (action: () => void) => {
    if (isCrashed) return;
    if (frozenAt === undefined) step();
    if (isCrashed) return;
    if (frozenAt === undefined) action();
    else waiting.push(action);
  };

  const later = (ms: number, action: () => void) => simulator.after(ms, () => deliver(action));

  const clock: Clock = {
    now: machine.wall,
    monotonic: () => 1_000 + simulator.now() - birth - stoppedMs,
    setTimer(callback, delayMs) {
      let isCancelled = false;
      const forget = later(delayMs, () => {
        if (!isCancelled) callback();
      });
      return () => {
        isCancelled = true;
        forget();
      };
    },
  };

  return {
    name,
    machine,
    random,
    clock,
    isCrashed: () => isCrashed,
    frozenFor: () => (frozenAt === undefined ? 0 : simulator.now() - frozenAt),
    isDone: () => isClosed && wasRefused,
    close() {
      isClosed = true;
    },
    refused() {
      wasRefused = true;
    },
    isRunning: () => !isCrashed && frozenAt === undefined,
    latency: () => {
      const isRare = random() < 0.04;
      return Math.min(between(random, 0.1, latencyMs) * (isRare ? 40 : 1), SLOWEST_MS);
    },
    deliver,
    later,
    operation: (start) =>
      new Promise((resolve, reject) => {
        if (isCrashed) return;
        start({
          resolve: (value) => deliver(() => resolve(value)),
          reject: (error) => deliver(() => reject(error)),
        });
        step();
      }),
    crash(fate) {
      if (isCrashed) return;
      ledger.note(() => `${name} crashes, its locks are ${fate}`);
      ledger.count('crashes');
      isCrashed = true;
      waiting = [];
      wakeClock?.();
      for (const listener of stopListeners) listener(fate);
    },
    freeze(stopsClock) {
      if (isCrashed || frozenAt !== undefined) return;
      ledger.note(() => `${name} freezes${stopsClock ? ', its monotonic clock stands still' : ''}`);
      ledger.count('freezes');
      frozenAt = simulator.now();
      if (stopsClock && !machine.wasJustSetBack()) wakeClock = machine.sleeper();
      for (const listener of stopListeners) listener('frozen');
    },
    thaw() {
      if (isCrashed || frozenAt === undefined) return;
      ledger.note(() => `${name} thaws`);
      if (wakeClock) stoppedMs += simulator.now() - frozenAt;
      wakeClock?.();
      wakeClock = undefined;
      frozenAt = undefined;
      const missed = waiting;
      waiting = [];
      for (const action of missed) later(0, action);
    },
    befall(steps, befall) {
      mishap = { steps, befall };
    },
    onStop(listener) {
      stopListeners.push(listener);
    },
  };
}
