/** What must hold in every run, whatever happens in it. */
export const invariants = {
  I1: 'never two living refreshes of one refresh token',
  I2: 'a spent refresh token is used again only if its answer was lost',
  I3: 'a session ends only by verdict, mismatch, sign-out or another sign-in',
  I4: 'no token of somebody who has signed out or been replaced',
  I5: 'a rotated refresh token is never dropped',
  I6: 'after the faults every living session yields a token, and no call is left waiting',
  I7: 'no hammering, stable snapshots, clean errors',
} as const;

export type Invariant = keyof typeof invariants;

/** What a run counts. */
export const counters = [
  'runs',
  'commands',
  'virtualMs',
  'contexts',
  'crashes',
  'freezes',
  'reads',
  'tokens',
  'requests',
  'rotations',
  'lostAnswers',
  'reusesInWindow',
  'endedByVerdict',
  'takeovers',
  'degradedStores',
] as const;

export type Counter = (typeof counters)[number];

export type Statistics = Record<Counter | Invariant, number>;

export function noStatistics(): Statistics {
  const names = [...counters, ...(Object.keys(invariants) as Invariant[])];
  return Object.fromEntries(names.map((name) => [name, 0])) as Statistics;
}

/** An invariant did not hold. */
export class Violation extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, what: string) {
    super(`${invariant} (${invariants[invariant]}): ${what}`);
    this.name = 'Violation';
    this.invariant = invariant;
  }
}

/** Keeps count of one run, and its first violation. */
export interface Ledger {
  readonly statistics: Statistics;
  count(name: Counter, by?: number): void;
  /** An engine might swallow what is thrown into it, so that the violation waits here. */
  check(invariant: Invariant, holds: boolean, what: () => string): void;
  /** Throws the first violation, if there was one. */
  verify(): void;
  /** A line of the story, told only to those who listen. */
  note(line: () => string): void;
}

export function createLedger(tell?: (line: string) => void): Ledger {
  const statistics = noStatistics();
  let violation: Violation | undefined;

  return {
    statistics,
    count(name, by = 1) {
      statistics[name] += by;
    },
    check(invariant, holds, what) {
      statistics[invariant] += 1;
      if (!holds && !violation) {
        violation = new Violation(invariant, what());
        tell?.(`!! ${violation.message}`);
      }
    },
    verify() {
      if (violation) throw violation;
    },
    note(line) {
      tell?.(line());
    },
  };
}
