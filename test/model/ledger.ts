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
  'failures',
  'commands',
  'virtualMs',
  'contexts',
  'crashes',
  'freezes',
  'closes',
  'reads',
  'tokens',
  'requests',
  'rotations',
  'lostAnswers',
  'reusesInWindow',
  'endedByVerdict',
  'takeovers',
  'degradedStores',
  'refusedSignIns',
  'refusedSignInsStored',
] as const;

/** What does not count as broken, although it looks like it; each of them should be rare. */
export const excuses = {
  samePerson: 'I4: an older token, of the same person',
  blindSinceTheNews: 'I4: there were news, and the store did not let itself be read since',
  seenOnlyToBeReplaced: 'I4: the record was looked at only to be replaced, which the store refused',
  readsCrossed: 'I4: two answers of the store crossed, and nobody knew which one was newer',
  signInsAtOnce: 'I3: of two sign-ins at once, the one that began earlier arrived later',
  endedByRefusedSignOut: 'I3: ended by a sign-out that the store had refused before',
  droppedForSamePerson: 'I5: not revoked, because its person has signed in again',
  closedWithoutStore: 'I5: in the memory of an engine that was closed while the store refused',
  overtaken: 'I2: used by a context whose lock was lost, before the one that has the answer',
  overAnyway: 'I2: of a session that was over, and that the store refused to forget',
  answerLost: 'I2: used again after an answer that nobody could keep',
  answerLate:
    'I2: used again after an answer that was kept only when that request was as good as sent',
  clockWasSet: 'I6: an expired token, after a clock had been set',
} as const;

export type Excuse = keyof typeof excuses;

export type Counter = (typeof counters)[number];

export type Statistics = Record<Counter | Excuse | Invariant, number>;

export function noStatistics(): Statistics {
  const names = [...counters, ...Object.keys(excuses), ...Object.keys(invariants)];
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
  /** Asked only where a check would fail otherwise: whether there is this excuse. */
  excuse(name: Excuse, holds: boolean): boolean;
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
    excuse(name, holds) {
      if (holds) statistics[name] += 1;
      return holds;
    },
    verify() {
      if (violation) throw violation;
    },
    note(line) {
      tell?.(line());
    },
  };
}
