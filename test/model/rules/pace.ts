import type { Ledger } from '../ledger.ts';

/** I7: a server that is out of order is left alone, by all contexts together. */
export interface PaceRules {
  /** The server was asked for tokens, or for keys. */
  asked(what: 'tokens' | 'keys'): void;
  /** Tokens came and were good. */
  succeeded(): void;
  /** Something after which another try is in order: a wake, a clock that jumps, a crash, a sign-in. */
  stirred(what: string, tries?: number): void;
  /** The store does not take the note that says when to try again: everybody is alone. */
  storeFails(): void;
}

/** What full jitter up to a minute hardly ever exceeds: half a minute each in the long run. */
const SLOWEST_MS = 6_000;
const FIRST_TRIES = 20;

interface Streak {
  count: number;
  since: number;
  tries: number;
  isShared: boolean;
}

export function paceRules(ledger: Ledger, now: () => number, contexts: () => number): PaceRules {
  const begin = (): Streak => ({ count: 0, since: now(), tries: FIRST_TRIES, isShared: true });
  let streaks = { tokens: begin(), keys: begin() };

  return {
    asked(what) {
      const streak = streaks[what];
      if (streak.count++ === 0) streak.since = now();
      const seconds = (now() - streak.since) / 1000;
      const alone = streak.tries + (now() - streak.since) / SLOWEST_MS;
      const allowed = alone * (streak.isShared && what === 'tokens' ? 1 : contexts());
      ledger.check(
        'I7',
        streak.count <= allowed,
        () => `asks for ${what} ${streak.count} times within ${seconds} s, all in vain`,
      );
    },
    succeeded() {
      streaks = { tokens: begin(), keys: begin() };
    },
    stirred(_what, tries = 3) {
      for (const streak of Object.values(streaks)) if (streak.count > 0) streak.tries += tries;
    },
    storeFails() {
      for (const streak of Object.values(streaks)) if (streak.count > 0) streak.isShared = false;
    },
  };
}
