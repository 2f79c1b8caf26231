import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  backchannelAuthenticationGrant,
  type Client,
  clientSecretPost,
  type DevicePrompt,
  deviceAuthorizationGrant,
  dpop,
  extensionGrant,
  jwtBearerGrant,
  tokenExchangeGrant,
} from '../../src/index.ts';
import {
  defaultClients,
  type HostileProvider,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import { createPollingClock, timeoutMs } from '../support/polling-clock.ts';
import { type Anything, type Refusal, setUp as refusing } from '../support/refusals.ts';
import { failureOf, hostileClient, signInAt } from '../support/relying-party.ts';
import { createWeb, json } from '../support/scripted-web.ts';

const secretOf = (id: string) =>
  defaultClients.find(({ client_id }) => client_id === id)?.client_secret ?? '';
const post = { clientId: 'post-client', authentication: clientSecretPost(secretOf('post-client')) };

let op: HostileProvider;
let assertionKey: CryptoKey;
const clock = createPollingClock();

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  assertionKey = privateKey;
  op = await startHostileProvider({
    now: clock.now,
    dpop: true,
    assertionKeys: { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] },
  });
});
beforeEach(() => {
  op.clearFaults();
  op.reset();
  op.polls.length = 0;
});
afterAll(() => op.close());

const timed = { clock, timeoutMs };
const sent = (endpoint: string) =>
  op.requests
    .filter((request) => request.endpoint === endpoint)
    .map(({ params }) => Object.fromEntries(params));

describe('the device grant', () => {
  it('shows where to go, waits, and brings verified tokens', async () => {
    op.polls.push('authorization_pending', 'slow_down');
    const shown: DevicePrompt[] = [];
    const begun = clock.now();
    const tokens = await deviceAuthorizationGrant(hostileClient(op, timed), {
      scope: 'openid offline_access',
      resource: 'https://api.example/',
      extraParameters: { tenant: 'blue' },
      prompt: (prompt) => void shown.push(prompt),
    });
    expect(shown).toEqual([
      {
        userCode: 'WDJB-MJHT',
        verificationUri: `${op.issuer}verify`,
        verificationUriComplete: `${op.issuer}verify?user_code=WDJB-MJHT`,
        expiresAt: begun + 600_000,
      },
    ]);
    expect(Object.isFrozen(shown[0])).toBe(true);
    expect(tokens).toMatchObject({
      claims: { sub: op.subject },
      refreshToken: expect.any(String),
      resource: 'https://api.example/',
    });
    expect(sent('device-authorization')).toEqual([
      {
        scope: 'openid offline_access',
        resource: 'https://api.example/',
        tenant: 'blue',
        client_id: 's6BhdRkqt3',
      },
    ]);
    expect(sent('token')).toHaveLength(3);
    expect(op.violations).toEqual([]);
  });

  it('needs no ID token, and authenticates the client where it can', async () => {
    const tokens = await deviceAuthorizationGrant(hostileClient(op, { ...timed, ...post }), {
      scope: 'accounts',
      prompt: async () => {},
    });
    expect(tokens.claims).toBeUndefined();
    expect(sent('token')[0]).toHaveProperty('client_secret');
    expect(op.violations).toEqual([]);
  });

  it('binds the tokens to a key', async () => {
    const client = hostileClient(op, { ...timed, dpop: dpop() });
    const tokens = await deviceAuthorizationGrant(client, { scope: 'openid', prompt: () => {} });
    expect(tokens).toMatchObject({ tokenType: 'DPoP', keyThumbprint: expect.any(String) });
    expect(op.violations).toEqual([]);
  });

  it.each([
    ['SIG-01', 'id_token.alg'],
    ['IDC-01', 'id_token.iss'],
  ])('refuses a false ID token (%s)', async (row, check) => {
    op.fault(row);
    const work = deviceAuthorizationGrant(hostileClient(op, timed), {
      scope: 'openid',
      prompt: () => {},
    });
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_id_token', check });
  });

  it.each<[string, () => Promise<void> | void]>([
    [
      'throws',
      () => {
        throw new RangeError('no display');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('no display'))],
  ])('ends with what the prompt %s, and asks for nothing', async (_, prompt) => {
    const work = deviceAuthorizationGrant(hostileClient(op, timed), { prompt });
    await expect(work).rejects.toThrow(new RangeError('no display'));
    expect(op.count('token')).toBe(0);
  });

  it('notices an abort while the prompt is open', async () => {
    const controller = new AbortController();
    const work = deviceAuthorizationGrant(hostileClient(op, timed), {
      signal: controller.signal,
      prompt: () => {
        controller.abort();
        return new Promise(() => {});
      },
    });
    expect(await failureOf(work)).toMatchObject({ code: 'aborted' });
    expect(op.count('token')).toBe(0);
  });

  const good = {
    device_code: 'd',
    user_code: 'u',
    verification_uri: 'https://login.example/go',
    expires_in: 60,
  };
  it.each<[member: string, change: object]>([
    ['device_code', { device_code: undefined }],
    ['device_code', { device_code: 5 }],
    ['user_code', { user_code: '' }],
    ['user_code', { user_code: 'a\u001b[2Jb' }],
    ['user_code', { user_code: 'a\u202eb' }],
    ['verification_uri', { verification_uri: undefined }],
    ['verification_uri', { verification_uri: 'javascript:alert(1)' }],
    ['verification_uri', { verification_uri: '/go' }],
    ['verification_uri', { verification_uri: 'https://login.example/\u0007' }],
    ['verification_uri_complete', { verification_uri_complete: 'file:///etc/passwd' }],
    ['verification_uri_complete', { verification_uri_complete: 7 }],
    ['expires_in', { expires_in: undefined }],
    ['expires_in', { expires_in: 'soon' }],
    ['expires_in', { expires_in: -1 }],
    ['interval', { interval: 'often' }],
  ])('refuses an answer whose %s is wrong: %o', async (member, change) => {
    const issuer = 'https://login.example';
    const { web, client } = refusing({
      metadata: { device_authorization_endpoint: `${issuer}/device` },
    });
    web.on(`${issuer}/device`, () => json({ ...good, ...change }));
    const prompts: DevicePrompt[] = [];
    const work = deviceAuthorizationGrant(client, { prompt: (shown) => void prompts.push(shown) });
    expect(await failureOf(work)).toMatchObject({
      code: 'invalid_device_authorization_response',
      check: `device_authorization_response.${member}`,
    });
    expect(prompts).toEqual([]);
  });

  it('says that the server has no such endpoint', async () => {
    const { client } = refusing();
    expect(await failureOf(deviceAuthorizationGrant(client, { prompt: () => {} }))).toMatchObject({
      code: 'unsupported_by_server',
      option: 'device_authorization_endpoint',
    });
  });
});

describe('the CIBA grant', () => {
  it('has the provider ask the person, and brings verified tokens', async () => {
    op.polls.push('authorization_pending');
    const tokens = await backchannelAuthenticationGrant(hostileClient(op, { ...timed, ...post }), {
      loginHint: 'ada@example.com',
      bindingMessage: 'Till 4',
      userCode: '1234',
      acrValues: 'silver gold',
      requestedExpiry: 120,
    });
    expect(tokens.claims?.sub).toBe(op.subject);
    expect(sent('backchannel-authentication')[0]).toMatchObject({
      scope: 'openid',
      login_hint: 'ada@example.com',
      binding_message: 'Till 4',
      user_code: '1234',
      acr_values: 'silver gold',
      requested_expiry: '120',
    });
    expect(sent('token').at(-1)).toMatchObject({
      grant_type: 'urn:openid:params:grant-type:ciba',
      auth_req_id: expect.any(String),
    });
    expect(op.violations).toEqual([]);
  });

  it.each(['access_denied', 'expired_token'])('ends when the provider says %s', async (error) => {
    op.polls.push('authorization_pending', error);
    const work = backchannelAuthenticationGrant(hostileClient(op, { ...timed, ...post }), {
      loginHint: 'ada',
    });
    expect(await failureOf(work)).toMatchObject({ code: 'oauth_error', error });
  });

  it.each<[member: string, change: object]>([
    ['auth_req_id', { auth_req_id: undefined }],
    ['expires_in', { expires_in: undefined }],
    ['interval', { interval: 'often' }],
  ])('refuses an answer whose %s is wrong', async (member, change) => {
    const issuer = 'https://login.example';
    const { web, client } = refusing({
      metadata: { backchannel_authentication_endpoint: `${issuer}/ciba` },
    });
    web.on(`${issuer}/ciba`, () => json({ auth_req_id: 'r', expires_in: 60, ...change }));
    expect(
      await failureOf(backchannelAuthenticationGrant(client, { loginHint: 'ada' })),
    ).toMatchObject({ check: `backchannel_authentication_response.${member}` });
  });

  it('takes no answer without an ID token', async () => {
    const clock = createPollingClock();
    const issuer = 'https://login.example';
    const { web, client } = refusing({
      metadata: { backchannel_authentication_endpoint: `${issuer}/ciba` },
      clock,
      timeoutMs,
    });
    web.on(`${issuer}/ciba`, () => json({ auth_req_id: 'r', expires_in: 60 }));
    web.on(`${issuer}/token`, () => json({ access_token: 'a', token_type: 'Bearer' }));
    expect(
      await failureOf(backchannelAuthenticationGrant(client, { loginHint: 'ada' })),
    ).toMatchObject({ check: 'token_response.id_token' });
  });
});

describe('token exchange', () => {
  it('brings a token of the kind that was asked for', async () => {
    const client = hostileClient(op, { ...timed, ...post });
    const { tokens } = await signInAt(op, client);
    op.reset();
    const exchanged = await tokenExchangeGrant(client, {
      subjectToken: tokens.accessToken,
      actorToken: tokens.idToken,
      actorTokenType: 'urn:ietf:params:oauth:token-type:id_token',
      requestedTokenType: 'urn:ietf:params:oauth:token-type:jwt',
      audience: 'orders',
      scope: 'accounts',
    });
    expect(exchanged).toMatchObject({
      issuedTokenType: 'urn:ietf:params:oauth:token-type:jwt',
      tokenType: 'Bearer',
      scope: 'accounts',
    });
    expect(exchanged.refreshToken).toBeUndefined();
    expect(Object.isFrozen(exchanged)).toBe(true);
    expect(sent('token')[0]).toMatchObject({
      subject_token: tokens.accessToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      actor_token: tokens.idToken,
      actor_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      audience: 'orders',
    });
    expect(op.violations).toEqual([]);
  });

  const answer = (body: object) => {
    const web = createWeb({ 'https://login.example/token': () => json(body) });
    return refusing({
      fetch: web.fetch,
      discovery: false,
      metadata: { token_endpoint: 'https://login.example/token' },
    }).client;
  };
  const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

  it('takes a token that is not presented as one', async () => {
    const client = answer({ access_token: 'a', token_type: 'N_A', issued_token_type: accessToken });
    expect(await tokenExchangeGrant(client, { subjectToken: 's' })).toMatchObject({
      tokenType: 'N_A',
      issuedTokenType: accessToken,
    });
  });

  it.each<[string, object]>([
    ['issued_token_type', { token_type: 'Bearer' }],
    ['issued_token_type', { token_type: 'Bearer', issued_token_type: 7 }],
    ['token_type', { token_type: 'mac', issued_token_type: accessToken }],
  ])('refuses an answer whose %s is wrong', async (member, body) => {
    const client = answer({ access_token: 'a', ...body });
    expect(await failureOf(tokenExchangeGrant(client, { subjectToken: 's' }))).toMatchObject({
      check: `token_response.${member}`,
    });
  });

  it('N_A is a token type of this grant only', async () => {
    const client = answer({ access_token: 'a', token_type: 'N_A', issued_token_type: accessToken });
    expect(await failureOf(jwtBearerGrant(client, { assertion: 'a' }))).toMatchObject({
      check: 'token_response.token_type',
    });
  });
});

describe('the JWT bearer and extension grants', () => {
  const assertion = (claims: Record<string, unknown> = {}) =>
    new SignJWT({ iss: 'https://hr.example', sub: 'ada', ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .setAudience(op.issuer)
      .setExpirationTime(clock.now() / 1000 + 60)
      .sign(assertionKey);

  it('exchange an assertion for tokens', async () => {
    const client = hostileClient(op, { ...timed, ...post });
    const tokens = await jwtBearerGrant(client, {
      assertion: await assertion(),
      scope: 'accounts',
    });
    expect(tokens).toMatchObject({ scope: 'accounts', tokenType: 'Bearer' });
    const other = await extensionGrant(client, {
      grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      parameters: { assertion: await assertion() },
      scope: 'accounts',
    });
    expect(Object.keys(other)).toEqual(Object.keys(tokens));
    expect(op.violations).toEqual([]);
  });

  it('pass on that the assertion is not taken, and not the assertion', async () => {
    const jwt = `${await assertion()}x`;
    const error = await failureOf(jwtBearerGrant(hostileClient(op, post), { assertion: jwt }));
    expect(error).toMatchObject({ code: 'oauth_error', error: 'invalid_grant' });
    expect(JSON.stringify(error) + error.stack).not.toContain(jwt);
  });

  it('keep the secrets of a grant that nobody knows', async () => {
    const canary = 'one-time-484-canary';
    const web = createWeb({
      'https://login.example/token': () =>
        json({ error: 'invalid_grant', error_description: `wrong otp ${canary}` }, 400),
    });
    const { client } = refusing({
      fetch: web.fetch,
      discovery: false,
      metadata: { token_endpoint: 'https://login.example/token' },
    });
    const error = await failureOf(
      extensionGrant(client, { grantType: 'urn:example:otp', parameters: { otp: canary } }),
    );
    expect(error).toMatchObject({ errorDescription: 'wrong otp [redacted]' });
    expect(JSON.stringify(error) + error.stack).not.toContain(canary);
  });
});

describe('before any request', () => {
  const prompt = () => {};
  const reserved = 'reserved_parameter';
  const subjectToken = 's';
  const loginHint = 'ada';
  const assertion = 'a';
  const grantType = 'urn:example:otp';
  type Call = (client: Client, options: Anything) => Promise<unknown>;
  const cases: [name: string, call: Call, refusals: Refusal[]][] = [
    [
      'deviceAuthorizationGrant',
      deviceAuthorizationGrant,
      [
        ['no options', undefined, 'prompt'],
        ['null', null, 'prompt'],
        ['no prompt', {}, 'prompt'],
        ['a prompt that is a text', { prompt: 'go' }, 'prompt'],
        ['a scope that is a list', { prompt, scope: ['a'] }, 'scope'],
        ['a relative resource', { prompt, resource: '/a' }, 'resource'],
        ['another client', { prompt, extraParameters: { client_id: 'x' } }, 'client_id', reserved],
        ['a signal that is none', { prompt, signal: {} }, 'signal'],
      ],
    ],
    [
      'backchannelAuthenticationGrant',
      backchannelAuthenticationGrant,
      [
        ['no options', undefined, 'options'],
        ['null', null, 'options'],
        ['no hint', {}, 'loginHint'],
        ['two hints', { loginHint, idTokenHint: 'x' }, 'loginHint'],
        ['a hint that is a number', { loginHint: 7 }, 'loginHint'],
        ['an empty hint', { loginHintToken: '' }, 'loginHintToken'],
        ['a scope without openid', { loginHint, scope: 'email' }, 'scope'],
        ['a scope that is a list', { loginHint, scope: ['openid'] }, 'scope'],
        ['an expiry of none', { loginHint, requestedExpiry: 0 }, 'requestedExpiry'],
        ['half an expiry', { loginHint, requestedExpiry: 1.5 }, 'requestedExpiry'],
        ['an expiry in words', { loginHint, requestedExpiry: '60' }, 'requestedExpiry'],
        ['a message that is an object', { loginHint, bindingMessage: {} }, 'bindingMessage'],
        [
          'a hint among extras',
          { loginHint, extraParameters: { login_hint: 'x' } },
          'login_hint',
          reserved,
        ],
      ],
    ],
    [
      'tokenExchangeGrant',
      tokenExchangeGrant,
      [
        ['no options', undefined, 'options'],
        ['null', null, 'options'],
        ['no token', {}, 'subjectToken'],
        ['a token that is a list', { subjectToken: ['a'] }, 'subjectToken'],
        ['an empty type', { subjectToken, subjectTokenType: '' }, 'subjectTokenType'],
        ['an actor that is a number', { subjectToken, actorToken: 1 }, 'actorToken'],
        [
          'an actor of no type',
          { subjectToken, actorToken: 'a', actorTokenType: '' },
          'actorTokenType',
        ],
        ['the type of no actor', { subjectToken, actorTokenType: 'urn:x' }, 'actorTokenType'],
        ['an audience that is a list', { subjectToken, audience: ['a'] }, 'audience'],
        [
          'a token among extras',
          { subjectToken, extraParameters: { subject_token: 'x' } },
          'subject_token',
          reserved,
        ],
      ],
    ],
    [
      'jwtBearerGrant',
      jwtBearerGrant,
      [
        ['no options', undefined, 'options'],
        ['null', null, 'options'],
        ['no assertion', {}, 'assertion'],
        ['an assertion that is an object', { assertion: {} }, 'assertion'],
        ['extras that are a list', { assertion, extraParameters: [] }, 'extraParameters'],
      ],
    ],
    [
      'extensionGrant',
      extensionGrant,
      [
        ['no options', undefined, 'options'],
        ['null', null, 'options'],
        ['no grant type', {}, 'grantType'],
        ['a grant type that is no URI', { grantType: 'password' }, 'grantType'],
        ['a grant type that is a URL object', { grantType: new URL('urn:a') }, 'grantType'],
        ['parameters that are a list', { grantType, parameters: [] }, 'parameters'],
        [
          'parameters in URLSearchParams',
          { grantType, parameters: new URLSearchParams() },
          'parameters',
        ],
        ['a parameter that is a number', { grantType, parameters: { otp: 1 } }, 'otp'],
        [
          'another grant type',
          { grantType, parameters: { grant_type: 'x' } },
          'grant_type',
          reserved,
        ],
        ['another client', { grantType, parameters: { client_id: 'x' } }, 'client_id', reserved],
        ['a scope beside the option', { grantType, parameters: { scope: 'x' } }, 'scope', reserved],
      ],
    ],
  ];
  it.each(
    cases.flatMap(([name, call, refusals]) =>
      refusals.map(([problem, ...rest]) => [name, problem, call, rest] as const),
    ),
  )('%s refuses %s', async (_, __, call, [options, option, code = 'invalid_option']) => {
    const { web, client } = refusing();
    const error = await failureOf(() => call(client, options));
    expect(error).toMatchObject({ name: 'ConfigurationError', code, option, retryable: false });
    expect(web.requests).toEqual([]);
  });

  it.each(cases)('%s refuses a client that nobody made', async (_, call) => {
    for (const client of [undefined, null, {}, 'client']) {
      expect(await failureOf(() => call(client as Anything, {}))).toMatchObject({
        option: 'client',
      });
    }
  });
});
