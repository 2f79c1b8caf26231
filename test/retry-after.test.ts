import { describe, expect, it } from 'vitest';
import { clientCredentialsGrant } from '../src/index.ts';
import { httpFacts } from '../src/server-errors.ts';
import { createFakeClock } from './support/fake-clock.ts';
import { failureOf } from './support/relying-party.ts';
import { issuer, scriptedProvider } from './support/scripted-provider.ts';
import { json } from './support/scripted-web.ts';

describe('Retry-After', () => {
  const clock = createFakeClock(Date.UTC(2026, 0, 15, 12));
  const wait = (value?: string) =>
    httpFacts(new Response('', value ? { headers: { 'retry-after': value } } : {}), clock);
  const day = 86_400_000;

  it.each<[value: string, ms: number]>([
    ['0', 0],
    ['30', 30_000],
    ['9'.repeat(400), day],
    ['86401', day],
    ['Thu, 15 Jan 2026 12:01:00 GMT', 60_000],
    ['Thu, 15 Jan 2099 12:01:00 GMT', day],
  ])('%s is a wait', (value, retryAfterMs) => {
    expect(wait(value)).toEqual({ status: 200, retryAfterMs });
  });

  it.each([undefined, 'soon', '-1', 'Thu, 15 Jan 2026 11:59:00 GMT', '1e9'])(
    '%s is none',
    (value) => {
      expect(wait(value).retryAfterMs).toBeUndefined();
    },
  );

  it('reaches the error of a token request, capped', async () => {
    const { client, web } = scriptedProvider();
    web.on(`${issuer}/token`, () =>
      json({ error: 'slow_down' }, 429, { 'retry-after': '9'.repeat(300) }),
    );
    expect(await failureOf(clientCredentialsGrant(client()))).toMatchObject({
      error: 'slow_down',
      retryable: true,
      retryAfterMs: day,
    });
  });
});
