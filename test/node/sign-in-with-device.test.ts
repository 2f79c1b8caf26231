import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type DevicePrompt, fetchUserInfo } from '../../src/index.ts';
import { signInWithDevice } from '../../src/node/index.ts';
import { type RunningProvider, startOpenIdProvider } from '../support/openid-provider.ts';
import { createPollingClock, timeoutMs } from '../support/polling-clock.ts';
import { failureOf, localClient } from '../support/relying-party.ts';
import { createWeb, json } from '../support/scripted-web.ts';
import { ada, createUserAgent } from '../support/user-agent.ts';

const clientId = 'device-client';

let provider: RunningProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider({
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        redirect_uris: [],
        response_types: [],
      },
    ],
  });
});
afterAll(() => provider.close());

/** A client for which pauses take no time, and whose network may do as it is told. */
function device(network: typeof fetch = fetch) {
  const clock = createPollingClock();
  clock.setWall(Date.now());
  const client = localClient(provider.issuer, {
    clientId,
    clock,
    timeoutMs,
    fetch: network as never,
  });
  return { client, clock };
}

/** The person at the other device, who types the code and decides. */
const decide = (answer: 'yes' | 'no') => (prompt: DevicePrompt) =>
  createUserAgent().signInToDevice(new URL(prompt.verificationUri), prompt.userCode, ada, {
    cancel: answer === 'no',
  });

describe('a sign-in by another device, at a real provider', () => {
  it('brings verified tokens when the person has agreed', async () => {
    const { client, clock } = device();
    const prompts: DevicePrompt[] = [];
    const tokens = await signInWithDevice(client, {
      scope: 'openid profile offline_access',
      async prompt(prompt) {
        prompts.push(prompt);
        await decide('yes')(prompt);
      },
    });
    expect(tokens.claims).toMatchObject({ sub: 'ada', aud: clientId });
    expect(tokens.refreshToken).toEqual(expect.any(String));
    expect(await fetchUserInfo(client, tokens)).toMatchObject({ sub: 'ada' });
    expect(prompts).toEqual([
      {
        userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
        verificationUri: `${provider.issuer}/device`,
        verificationUriComplete: `${provider.issuer}/device?user_code=${prompts[0]?.userCode}`,
        expiresAt: expect.any(Number),
      },
    ]);
    expect(clock.pending).toBe(0);
  });

  it('asks for an ID token, unless told otherwise', async () => {
    const { client } = device();
    const { claims, scope } = await signInWithDevice(client, { prompt: decide('yes') });
    expect(scope).toBe('openid');
    expect(claims?.sub).toBe('ada');
  });

  it('ends when the person says no', async () => {
    const { client } = device();
    const work = signInWithDevice(client, { prompt: decide('no') });
    expect(await failureOf(work)).toMatchObject({ code: 'oauth_error', error: 'access_denied' });
  });

  it('ends when nobody decides before the code has expired', async () => {
    const { client, clock } = device();
    const begun = clock.now();
    const work = signInWithDevice(client, { prompt: () => {} });
    expect(await failureOf(work)).toMatchObject({ code: 'timeout', phase: 'token' });
    expect(clock.now() - begun).toBeLessThanOrEqual(601_000);
  });

  it('goes on after the network was away, and asks more slowly meanwhile', async () => {
    let isAway = false;
    let failures = 0;
    const { client, clock } = device((url, init) => {
      if (!isAway) return fetch(url, init);
      failures += 1;
      if (failures === 3) isAway = false;
      return Promise.reject(new TypeError('fetch failed'));
    });
    const tokens = await signInWithDevice(client, {
      async prompt(prompt) {
        await decide('yes')(prompt);
        isAway = true;
      },
    });
    expect(tokens.claims?.sub).toBe('ada');
    expect(clock.pauses).toEqual([5_200, 10_200, 20_200, 40_200]);
  });

  it('slows down when it is told to, and waits as long as Retry-After says', async () => {
    const orders = [
      () => json({ error: 'slow_down' }, 400),
      () => json({ error: 'slow_down' }, 429, { 'retry-after': '77' }),
    ];
    const { client, clock } = device(async (url, init) => {
      const order = String(url).endsWith('/token') && orders.shift();
      return order ? order() : fetch(url, init);
    });
    await signInWithDevice(client, { prompt: decide('yes') });
    expect(clock.pauses).toEqual([5_200, 10_200, 77_200]);
  });

  it('ends at once when it is aborted', async () => {
    const { client, clock } = device();
    clock.stop();
    const aborter = new AbortController();
    const work = failureOf(signInWithDevice(client, { prompt: () => {}, signal: aborter.signal }));
    await expect.poll(() => clock.pauses.length).toBe(1);
    aborter.abort();
    expect(await work).toMatchObject({ code: 'aborted', phase: 'token' });
    expect(clock.pending).toBe(0);
  });

  it('passes on what the prompt throws', async () => {
    const { client } = device();
    const prompt = () => {
      throw new Error('no terminal');
    };
    await expect(signInWithDevice(client, { prompt })).rejects.toThrow('no terminal');
  });
});

describe('a server that grants what is no sign-in', () => {
  const issuer = 'https://login.example';
  const web = createWeb({
    [`${issuer}/device`]: () =>
      json({ device_code: 'd', user_code: 'C', verification_uri: `${issuer}/go`, expires_in: 60 }),
    [`${issuer}/token`]: () => json({ access_token: 'a', token_type: 'Bearer' }),
  });
  const client = () =>
    createClient({
      issuer,
      clientId: 'app',
      discovery: false,
      metadata: {
        device_authorization_endpoint: `${issuer}/device`,
        token_endpoint: `${issuer}/token`,
      },
      fetch: web.fetch,
      clock: createPollingClock(),
      timeoutMs,
    });

  it('is refused where an ID token was asked for', async () => {
    expect(await failureOf(signInWithDevice(client(), { prompt: () => {} }))).toMatchObject({
      code: 'invalid_token_response',
      check: 'token_response.id_token',
    });
  });

  it('is taken where none was', async () => {
    const tokens = await signInWithDevice(client(), { prompt: () => {}, scope: 'reports:read' });
    expect(tokens.accessToken).toBe('a');
  });
});

describe('options that cannot work', () => {
  it.each<[string, object]>([
    ['prompt', { prompt: 'console' }],
    ['scope', { scope: '' }],
    ['signal', { signal: 'stop' }],
  ])('%s: %o', async (option, options) => {
    const { client } = device();
    const before = provider.requests.length;
    expect(await failureOf(signInWithDevice(client, options))).toMatchObject({
      code: 'invalid_option',
      option,
    });
    expect(provider.requests.length).toBe(before);
  });
});
