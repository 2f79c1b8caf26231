import type { Clock } from '../clock.ts';
import { type AnyRelierError, isRelierError } from '../errors.ts';
import type { TokenSet } from '../tokens/token-set.ts';

/** How far an access token's life has come, by the clocks of this context. */
export interface Lifetime {
  /** It lives, and is not due. The hot path: two clocks, three comparisons. */
  isFresh(): boolean;
  isExpired(): boolean;
  /** Whether it lives long enough for a caller, or as long as this server's tokens ever do. */
  lasts(minValidityMs: number): boolean;
}

const AHEAD_MS = 60_000;

/**
 * Measures a token's life with both clocks: it has ended when either says so. The wall clock may be
 * set back, the monotonic one may stand still while the machine sleeps.
 */
export function lifetimeOf(
  { expiresAt = Infinity, obtainedAt }: Pick<TokenSet, 'expiresAt' | 'obtainedAt'>,
  clock: Clock,
  toleranceMs: number,
  random: () => number,
): Lifetime {
  const now = clock.now();
  const total = Math.max(0, expiresAt - obtainedAt);
  // A token from the future was obtained by a clock that has been set back since.
  const earliest = obtainedAt - toleranceMs;
  const left = now < earliest ? 0 : Math.min(total, expiresAt - now);
  // So that not everybody who shares the token sets out in the same moment.
  const ahead = Math.min(AHEAD_MS, total / 10) * (1 - random() / 2);
  const wallEnd = now + left;
  const end = clock.monotonic() + left;

  const within = (ms: number) => {
    const wall = clock.now();
    return wall >= earliest && wall + ms < wallEnd && clock.monotonic() + ms < end;
  };
  return {
    isFresh: () => within(ahead),
    isExpired: () => !within(0),
    // A server may give tokens that live shorter than a caller wishes; asking again changes nothing.
    lasts: (minValidityMs) => within(Math.min(minValidityMs, total / 2)),
  };
}

const FIRST_PAUSE_MS = 1_000;
export const LONGEST_PAUSE_MS = 60_000;
export const LONGEST_ASKED_FOR_MS = 600_000;

/** How long to leave the server alone after so many failures in a row: with full jitter. */
export function pauseAfter(error: unknown, attempts: number, random: () => number): number {
  const { retryAfterMs } = Object(error);
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts);
  const asked = Math.min(LONGEST_ASKED_FOR_MS, retryAfterMs ?? 0);
  return Math.ceil(asked + random() * longest);
}

/** The server says that the grant is over. */
export function isVerdict(error: unknown): boolean {
  const { error: name, retryable } = Object(error);
  // A server that is out of order says all sorts of things.
  return name === 'invalid_grant' && !retryable;
}

/** A refresh was sent and nobody knows what became of it: the answer was lost, or cut off. */
export function isAnswerLost(error: unknown): boolean {
  return !(Object(error).status >= 300);
}

/**
 * What a failed check says about an answer: `mismatch` (it is not for this session: forged, mixed
 * up), `time` (a clock is wrong), `later` (it could not be checked), `useless` (it is malformed).
 */
export function judge(error: unknown): 'mismatch' | 'time' | 'later' | 'useless' {
  if (!isRelierError(error)) return 'later';
  const { check = '' } = error as AnyRelierError & { check?: string };
  if (/^id_token\.(?:exp|iat|nbf|auth_time)$/.test(check)) return 'time';
  // An unknown key is what a rotation looks like while the new keys cannot be had; and another
  // context may have the key to decrypt with.
  if (/^id_token\.(?!key$|encryption$)/.test(check)) return 'mismatch';
  return check.startsWith('token_response.') ? 'useless' : 'later';
}
