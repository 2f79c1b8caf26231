import type { Operation, Org } from './types.ts';

/** Requests a minute; those of a free org of 2026 are in {@link freeOrg}. */
export interface RateLimits {
  readonly authorizationServers: number;
  readonly secrets: number;
  readonly jwks: number;
}

/** What an org of 2020 allowed, more than a test needs. */
export const generous: RateLimits = { authorizationServers: 1_000, secrets: 1_000, jwks: 1_000 };
export const freeOrg: RateLimits = { authorizationServers: 50, secrets: 10, jwks: 50 };

const WINDOW_MS = 60_000;

export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  /** In ms since the epoch. */
  readonly resetAt: number;
  readonly exceeded: boolean;
}

interface Bucket {
  used: number;
  resetAt: number;
}

/** Counts requests by bucket, in windows that begin with their first request. */
export function createRateLimits(org: Pick<Org, 'now'>, limits: RateLimits) {
  const buckets = new Map<keyof RateLimits, Bucket>();
  const bucketOf = (name: keyof RateLimits) => {
    const known = buckets.get(name);
    if (known && known.resetAt > org.now()) return known;
    const bucket = { used: 0, resetAt: org.now() + WINDOW_MS };
    buckets.set(name, bucket);
    return bucket;
  };
  return {
    /** Takes one request from the operation's bucket. */
    take(operation: Operation): RateLimit {
      const name = nameOf(operation);
      const bucket = bucketOf(name);
      bucket.used++;
      const limit = limits[name];
      const remaining = Math.max(limit - bucket.used, 0);
      return { limit, remaining, resetAt: bucket.resetAt, exceeded: bucket.used > limit };
    },
    /** Somebody else of the org uses up what is left. */
    exhaust(name: keyof RateLimits): void {
      bucketOf(name).used = limits[name];
    },
    reset(): void {
      buckets.clear();
    },
  };
}

/** An application's seven secret operations share a bucket, as do all of authorization servers. */
function nameOf({ path }: Operation): keyof RateLimits {
  if (path.includes('/credentials/secrets')) return 'secrets';
  return path.includes('/credentials/jwks') ? 'jwks' : 'authorizationServers';
}

/** A limit and a rest of 0 mean that too many requests are in the air, and a reset that is a guess. */
export function rateLimitOf(
  org: Org,
  kind: 'rateLimit' | 'concurrency',
  resetAfterMs: number,
): [string, string][] {
  return rateLimitHeaders(kind === 'rateLimit' ? 50 : 0, 0, org.now() + resetAfterMs);
}

/** `X-Rate-Limit-*`: the reset in whole seconds since the epoch. */
export function rateLimitHeaders(
  limit: number,
  remaining: number,
  resetAt: number,
): [string, string][] {
  return [
    ['x-rate-limit-limit', `${limit}`],
    ['x-rate-limit-remaining', `${remaining}`],
    ['x-rate-limit-reset', `${Math.ceil(resetAt / 1_000)}`],
  ];
}
