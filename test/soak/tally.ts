import { addTo, type Histogram, histogram } from './histogram.ts';

/** What callers in a process have seen. Plain data: it is sent to the parent, and added up there. */
export interface Tally {
  calls: number;
  /** Calls that were answered at once, from memory. */
  readonly warm: Histogram;
  /** Calls that had to wait. */
  readonly waiting: Histogram;
  /** Calls that waited for more than a second; not among the others. */
  readonly slow: Span[];
  /** By the token's fingerprint. */
  readonly returned: Record<string, Returned>;
  readonly checks: Check[];
  readonly failures: (Span & { readonly code: string; readonly message: string })[];
  rssBytes: number;
}

/** A token that was handed out. */
export interface Returned {
  times: number;
  /** When the last caller got it. */
  lastAt: number;
  /** When the last caller asked that got it at once: it was not chosen before. */
  chosenAt: number;
}

export interface Span {
  readonly beganAt: number;
  readonly endedAt: number;
}

/** A token that was shown to the server as soon as it had been handed out. */
export interface Check {
  readonly token: string;
  readonly returnedAt: number;
  readonly answeredAt: number;
  readonly status: number;
}

export function tally(): Tally {
  return {
    calls: 0,
    warm: histogram(),
    waiting: histogram(),
    slow: [],
    returned: {},
    checks: [],
    failures: [],
    rssBytes: 0,
  };
}

export function addTally(into: Tally, other: Tally): void {
  into.calls += other.calls;
  addTo(into.warm, other.warm);
  addTo(into.waiting, other.waiting);
  into.slow.push(...other.slow);
  into.checks.push(...other.checks);
  into.failures.push(...other.failures);
  into.rssBytes = Math.max(into.rssBytes, other.rssBytes);
  for (const [token, returned] of Object.entries(other.returned)) {
    addReturned(into, token, returned);
  }
}

export function addReturned(
  { returned }: Tally,
  token: string,
  { chosenAt, lastAt, times }: Returned,
): void {
  const known = returned[token];
  returned[token] = {
    times: (known?.times ?? 0) + times,
    lastAt: Math.max(known?.lastAt ?? 0, lastAt),
    chosenAt: Math.max(known?.chosenAt ?? 0, chosenAt),
  };
}
