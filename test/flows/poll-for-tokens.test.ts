import { describe, expect, it } from 'vitest';
import {
  backchannelAuthenticationGrant,
  type Client,
  createClient,
  deviceAuthorizationGrant,
} from '../../src/index.ts';
import { createPollingClock, timeoutMs } from '../support/polling-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { createWeb, json, type Responder } from '../support/scripted-web.ts';

const issuer = 'https://login.example';
const tokens = { access_token: 'the token', token_type: 'Bearer' };
const no = (error: string, headers: Record<string, string> = {}, status = 400) =>
  json({ error }, status, headers);

/** A server that answers polls one after the other as told, and the last answer for ever. */
function setUp(
  answers: (() => Response)[],
  started: object = {},
  { retryAfterStart = 0 }: { retryAfterStart?: number } = {},
) {
  const clock = createPollingClock();
  const polledAt: number[] = [];
  let begun = 0;
  const start: Responder = () => {
    begun = clock.now();
    clock.advance(retryAfterStart);
    return json({
      device_code: 'device-code-1',
      user_code: 'WDJB-MJHT',
      verification_uri: 'https://login.example/go',
      expires_in: 600,
      ...started,
    });
  };
  const web = createWeb({
    [`${issuer}/device`]: start,
    [`${issuer}/token`]: () => {
      polledAt.push(clock.now() - begun);
      return (answers.length > 1 ? answers.shift() : answers[0])?.() as Response;
    },
  });
  const client = createClient({
    issuer,
    clientId: 'app',
    discovery: false,
    metadata: {
      device_authorization_endpoint: `${issuer}/device`,
      token_endpoint: `${issuer}/token`,
    },
    fetch: web.fetch,
    clock,
    timeoutMs,
  });
  return { client, clock, polledAt, web };
}

const poll = (client: Client, options: object = {}) =>
  deviceAuthorizationGrant(client, { prompt: () => {}, ...options });

const pending = () => no('authorization_pending');
const granted = () => json(tokens);

describe('polling', () => {
  it('waits five seconds between two questions, where the server says nothing', async () => {
    const { client, clock } = setUp([pending, pending, granted]);
    expect((await poll(client)).accessToken).toBe('the token');
    expect(clock.pauses).toEqual([5_200, 5_200, 5_200]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    [31, 31_200],
    [2.5, 2_700],
    [0.001, 1_200],
  ])('keeps the interval of %d s that the server asks for', async (interval, expected) => {
    const { client, clock } = setUp([pending, granted], { interval });
    await poll(client);
    expect(clock.pauses).toEqual([expected, expected]);
  });

  it.each([0, -5, '5', null, {}])('refuses an interval of %o', async (interval) => {
    const { client, polledAt } = setUp([granted], { interval });
    expect(await failureOf(poll(client))).toMatchObject({
      code: 'invalid_device_authorization_response',
      check: 'device_authorization_response.interval',
    });
    expect(polledAt).toEqual([]);
  });

  it('slows down by five seconds for good, each time it is told to', async () => {
    const slow = () => no('slow_down');
    const { client, clock } = setUp([slow, pending, slow, pending, granted], { interval: 1 });
    await poll(client);
    expect(clock.pauses).toEqual([1_200, 6_200, 6_200, 11_200, 11_200]);
  });

  it.each([
    ['seconds', '40'],
    ['a date', new Date(Date.UTC(2026, 0, 15, 12, 0, 45, 200)).toUTCString()],
  ])('waits as long as Retry-After says: %s', async (_, value) => {
    const { client, clock } = setUp([() => no('slow_down', { 'retry-after': value }), granted]);
    await poll(client);
    expect(clock.pauses[1]).toBeGreaterThan(39_000);
    expect(clock.pauses[1]).toBeLessThan(41_000);
  });

  it.each<[string, () => Response]>([
    [
      'offline',
      () => {
        throw new TypeError('fetch failed');
      },
    ],
    ['HTTP 503', () => new Response('busy', { status: 503 })],
    ['HTTP 429', () => new Response('busy', { status: 429 })],
    ['a web page', () => new Response('<p>Sign in to the Wi-Fi</p>')],
    ['server_error', () => no('server_error')],
  ])('goes on ever more slowly while it gets no answer: %s', async (_, fail) => {
    const { client, clock } = setUp([fail, fail, fail, fail, fail, pending, granted]);
    expect((await poll(client)).accessToken).toBe('the token');
    expect(clock.pauses).toEqual([5_200, 10_200, 20_200, 40_200, 40_200, 40_200, 5_200]);
  });

  it.each(['access_denied', 'expired_token', 'invalid_grant', 'invalid_client'])(
    'ends when the server says %s',
    async (error) => {
      const { client, polledAt } = setUp([pending, () => no(error), granted]);
      expect(await failureOf(poll(client))).toMatchObject({
        code: 'oauth_error',
        error,
        retryable: false,
      });
      expect(polledAt).toHaveLength(2);
    },
  );

  it('ends when nobody decides in time, and not later', async () => {
    const { client, clock, polledAt } = setUp([pending], { expires_in: 12 });
    const begun = clock.now();
    expect(await failureOf(poll(client))).toMatchObject({
      code: 'timeout',
      phase: 'token',
      message: 'Nobody decided within 12 s.',
    });
    expect(polledAt).toEqual([5_200, 10_400]);
    expect(clock.now() - begun).toBe(12_000);
  });

  it('counts the time from the moment the code was asked for', async () => {
    const { client, clock, polledAt } = setUp(
      [pending],
      { expires_in: 12 },
      { retryAfterStart: 4_000 },
    );
    const begun = clock.now();
    await failureOf(poll(client, { prompt: () => clock.advance(3_000) }));
    expect(clock.now() - begun).toBe(12_000);
    expect(polledAt).toHaveLength(0);
  });

  it('ends at the deadline whatever Retry-After says', async () => {
    const { client, clock } = setUp([() => no('slow_down', { 'retry-after': '9'.repeat(400) })], {
      expires_in: 60,
    });
    const begun = clock.now();
    expect(await failureOf(poll(client))).toMatchObject({ code: 'timeout' });
    expect(clock.now() - begun).toBe(60_000);
  });

  it('sets no timer that overflows, however long the server gives', async () => {
    const { client, clock } = setUp([granted], { expires_in: 1e30, interval: 1e29 });
    await poll(client);
    expect(clock.pauses).toEqual([2 ** 31 - 1]);
  });

  it('notices an abort at once, and leaves no timer', async () => {
    const { client, clock, polledAt } = setUp([pending]);
    clock.stop();
    const controller = new AbortController();
    const work = failureOf(poll(client, { signal: controller.signal }));
    await expect.poll(() => clock.pauses.length).toBe(1);
    controller.abort();
    expect(await work).toMatchObject({ code: 'aborted', phase: 'token' });
    expect(clock.pending).toBe(0);
    expect(polledAt).toEqual([]);
  });

  it('notices an abort during a question at once', async () => {
    const controller = new AbortController();
    const { client, clock, web } = setUp([pending]);
    web.on(`${issuer}/token`, () => {
      controller.abort();
      return new Promise<Response>(() => {});
    });
    expect(await failureOf(poll(client, { signal: controller.signal }))).toMatchObject({
      code: 'aborted',
    });
    expect(clock.pending).toBe(0);
  });

  it('asks with the code, and keeps it out of what is thrown', async () => {
    const { client, web } = setUp([
      () => json({ error: 'invalid_grant', error_description: 'device-code-1 is wrong' }, 400),
    ]);
    const error = await failureOf(poll(client, { scope: 'a b', resource: 'https://api.example' }));
    expect(new URLSearchParams(web.requests[1]?.body)).toEqual(
      new URLSearchParams({
        device_code: 'device-code-1',
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'app',
      }),
    );
    expect(JSON.stringify(error) + error.stack).not.toContain('device-code-1');
  });
});

describe('the CIBA grant polls by the same rules', () => {
  it('with the interval of the provider, and slower when told', async () => {
    const { client, clock, web } = setUp([
      pending,
      () => no('slow_down'),
      () => no('access_denied'),
    ]);
    web.on(`${issuer}/ciba`, () =>
      json({ auth_req_id: 'request-1', expires_in: 60, interval: 31 }),
    );
    const ciba = createClient({
      issuer,
      clientId: client.clientId,
      discovery: false,
      metadata: {
        backchannel_authentication_endpoint: `${issuer}/ciba`,
        token_endpoint: `${issuer}/token`,
      },
      fetch: web.fetch,
      clock,
      timeoutMs,
    });
    expect(
      await failureOf(backchannelAuthenticationGrant(ciba, { loginHint: 'ada' })),
    ).toMatchObject({ code: 'timeout' });
    expect(clock.pauses).toEqual([31_200, 28_800]);
  });
});
