import { type Clock, stopwatch } from '../clock.ts';
import { invalidOption, requireAmount, requireOptions } from '../options.ts';

/** How long a token that was found good is remembered, and how many are. */
export interface TokenCacheOptions {
  /**
   * How long one is remembered, in seconds, 60 at most. Its expiry, its binding and what a request
   * requires are checked each time all the same.
   * @default 60
   */
  readonly seconds?: number | undefined;
  /**
   * How many are remembered; the oldest gives way.
   * @default 10_000
   */
  readonly entries?: number | undefined;
}

/** What was found out about tokens, by their digest; as long as what they were checked with holds. */
export interface KnownTokens<T> {
  find(digest: string, checkedWith: object): T | undefined;
  add(digest: string, checkedWith: object, finding: T): void;
}

const MOST_SECONDS = 60;

export function knownTokens<T>(clock: Clock, options: TokenCacheOptions): KnownTokens<T> {
  requireOptions(options, 'cache');
  const seconds = requireAmount(options.seconds ?? MOST_SECONDS, 'cache.seconds');
  const entries = requireAmount(options.entries ?? 10_000, 'cache.entries');
  if (seconds > MOST_SECONDS)
    throw invalidOption('cache.seconds', `must be ${MOST_SECONDS} at most`);
  // Oldest first, because nothing is ever moved.
  const known = new Map<string, { readonly finding: T; readonly age: () => number }>();
  let holds: object | undefined;

  const forgetUnless = (checkedWith: object) => {
    if (holds !== checkedWith) known.clear();
    holds = checkedWith;
  };
  const isOld = (age: () => number) => age() >= seconds * 1000;
  return {
    find(digest, checkedWith) {
      forgetUnless(checkedWith);
      const found = known.get(digest);
      return found && !isOld(found.age) ? found.finding : undefined;
    },
    add(digest, checkedWith, finding) {
      forgetUnless(checkedWith);
      known.delete(digest);
      known.set(digest, { finding, age: stopwatch(clock) });
      for (const [oldest, { age }] of known) {
        if (known.size <= entries && !isOld(age)) break;
        known.delete(oldest);
      }
    },
  };
}
