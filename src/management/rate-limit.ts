import type { RateLimit } from '../errors.ts';

/** The bucket's state by the `X-Rate-Limit-*` headers; `now` serves where the `Date` is hidden. */
export function rateLimitOf(headers: Headers, now: number): RateLimit | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const value = headers.get(`x-rate-limit-${name}`) ?? '';
    return /^\d{1,12}$/.test(value) ? Number(value) : undefined;
  });
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined;
  const date = Date.parse(headers.get('date') ?? '');
  const resetAt = reset * 1000;
  const resetInMs = Math.max(resetAt - (date || now), 0);
  return Object.freeze({ limit, remaining, resetAt, resetInMs });
}
