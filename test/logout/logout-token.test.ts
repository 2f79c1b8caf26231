import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Client,
  handleBackchannelLogout,
  isFrontchannelLogout,
  type LogoutTokenClaims,
  validateLogoutToken,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { type Anything, setUp } from '../support/refusals.ts';
import { createRecorder, failureOf, hostileClient, signInAt } from '../support/relying-party.ts';

const clock = createFakeClock();
let op: HostileProvider;
let client: Client;

beforeAll(async () => {
  op = await startHostileProvider({ now: clock.now, logout: true });
  client = hostileClient(op, { clock });
});
beforeEach(() => {
  op.clearFaults();
  op.reset();
});
afterAll(() => op.close());

const seconds = () => clock.now() / 1000;

describe('a logout token', () => {
  it('says which session ends', async () => {
    const claims = await validateLogoutToken(client, await op.logoutToken({ sid: 's1' }));
    expect(claims).toMatchObject({ iss: op.issuer, sid: 's1', sub: op.subject });
    expect(Object.isFrozen(claims)).toBe(true);
  });

  it('may name a person only', async () => {
    const { sid, sub } = await validateLogoutToken(client, await op.logoutToken());
    expect({ sid, sub }).toEqual({ sid: undefined, sub: op.subject });
  });

  const rows: [row: string, variant: string | undefined, check: string][] = [
    ['LO-05', undefined, 'alg'],
    ['LO-06', undefined, 'alg'],
    ['LO-07', 'iss', 'iss'],
    ['LO-07', 'aud', 'aud'],
    ['LO-08', 'absent', 'events'],
    ['LO-08', 'wrong', 'events'],
    ['LO-09', undefined, 'nonce'],
    ['OC-22', 'exp-past', 'exp'],
    ['OC-22', 'iat-old', 'iat'],
    ['OC-22', 'no-sub-no-sid', 'sid'],
    ['OC-22', 'typ-wrong', 'typ'],
    ['OC-22', 'id-token', 'jti'],
  ];
  it.each(rows)('%s %s is refused, with 400 to the provider', async (fault, variant, check) => {
    const bad = () => op.logoutToken({ sid: 's1', fault, ...(variant && { variant }) });
    expect(await failureOf(validateLogoutToken(client, await bad()))).toMatchObject({
      name: 'ValidationError',
      code: 'invalid_logout_token',
      check: `logout_token.${check}`,
      retryable: false,
    });
    const ended: LogoutTokenClaims[] = [];
    const response = await handleBackchannelLogout(client, post(await bad()), {
      endSession: (claims) => void ended.push(claims),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: 'invalid_logout_token' });
    expect(ended).toEqual([]);
  });

  it.each<[check: string, claims: Record<string, unknown>]>([
    ['iat', { iat: undefined }],
    ['iat', { iat: 'now' }],
    ['iat', { iat: seconds() + 3600, exp: seconds() + 7200 }],
    ['exp', { exp: undefined }],
    ['exp', { exp: 'later' }],
    ['nbf', { nbf: seconds() + 3600 }],
    ['jti', { jti: undefined }],
    ['jti', { jti: '' }],
    ['jti', { jti: 7 }],
    ['sub', { sub: 7, sid: 's1' }],
    ['sub', { sub: null, sid: 's1' }],
    ['sid', { sid: ['s1'] }],
    ['sid', { sid: '' }],
    ['events', { events: null }],
    ['events', { events: 'http://schemas.openid.net/event/backchannel-logout' }],
    ['events', { events: ['http://schemas.openid.net/event/backchannel-logout'] }],
    ['events', { events: { 'http://schemas.openid.net/event/backchannel-logout': null } }],
    ['events', { events: { 'http://schemas.openid.net/event/backchannel-logout': [] } }],
    ['nonce', { nonce: null }],
    ['aud', { aud: [] }],
    ['aud', { aud: undefined }],
  ])('whose %s is wrong is refused: %o', async (check, claims) => {
    const token = await op.logoutToken({ claims });
    expect(await failureOf(validateLogoutToken(client, token))).toMatchObject({
      check: `logout_token.${check}`,
    });
  });

  it.each(['x', 'a.b.c', '....', 'e30.e30.', 'a'.repeat(100_000)])(
    'that is none is refused: %#',
    async (token) => {
      expect(await failureOf(validateLogoutToken(client, token))).toMatchObject({
        code: 'invalid_logout_token',
      });
    },
  );

  it('is taken once, by concurrent callers too', async () => {
    const token = await op.logoutToken({ sid: 's1' });
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => validateLogoutToken(client, token)),
    );
    expect(results.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    op.fault('OC-22', 'jti-replayed');
    await validateLogoutToken(client, await op.logoutToken());
    clock.advance(1_000);
    expect(await failureOf(validateLogoutToken(client, await op.logoutToken()))).toMatchObject({
      check: 'logout_token.replay',
    });
  });

  it('is remembered where the caller says, for no longer than it would be taken', async () => {
    const asked: [string, number][] = [];
    const replayGuard = {
      isNew: async (id: string, until: number) => {
        asked.push([id, until]);
        return asked.length === 1;
      },
    };
    const token = await op.logoutToken({ claims: { exp: seconds() + 1e9, jti: 'j1' } });
    await validateLogoutToken(client, token, { replayGuard });
    expect(asked).toEqual([
      [`logout ${op.issuer} s6BhdRkqt3 j1`, (Math.floor(seconds()) + 300 + 30 + 60) * 1000],
    ]);
    expect(await failureOf(validateLogoutToken(client, token, { replayGuard }))).toMatchObject({
      check: 'logout_token.replay',
    });
  });

  it('is remembered until a whole number of milliseconds, whatever its time is', async () => {
    const asked: number[] = [];
    const replayGuard = { isNew: (_: string, until: number) => asked.push(until) === 1 };
    const claims = { iat: Math.floor(seconds()) + 0.0001, exp: seconds() + 1e9 };
    await validateLogoutToken(client, await op.logoutToken({ claims }), { replayGuard });
    expect(asked).toEqual([(Math.floor(seconds()) + 300 + 30 + 60) * 1000 + 1]);
  });

  it('counts as used where the guard does not plainly say that it is new', async () => {
    const replayGuard = { isNew: () => 'no' as Anything };
    const token = await op.logoutToken();
    expect(await failureOf(validateLogoutToken(client, token, { replayGuard }))).toMatchObject({
      check: 'logout_token.replay',
    });
  });

  it('is no ID token, and an ID token is no logout token', async () => {
    const { tokens } = await signInAt(op, client);
    expect(await failureOf(validateLogoutToken(client, tokens.idToken as string))).toMatchObject({
      code: 'invalid_logout_token',
    });
  });

  it('is verified with a key that the provider has begun to use', async () => {
    const other = await startHostileProvider({ now: clock.now });
    const rotating = hostileClient(other, { clock });
    await validateLogoutToken(rotating, await other.logoutToken());
    await other.rotateKeys();
    expect(await validateLogoutToken(rotating, await other.logoutToken())).toHaveProperty('jti');
    await other.close();
  });

  it('tells the trace what was checked, and nothing of the token', async () => {
    const { trace, checks, events } = createRecorder();
    const token = await op.logoutToken({ sid: 'the-session-1' });
    await validateLogoutToken(hostileClient(op, { clock, trace }), token);
    expect(checks()).toEqual(
      expect.arrayContaining(
        ['signature', 'iss', 'aud', 'exp', 'iat', 'events', 'nonce', 'replay'].map(
          (name) => `logout_token.${name}`,
        ),
      ),
    );
    expect(JSON.stringify(events)).not.toMatch(/the-session-1|eyJ/);
  });

  it('gives up when the caller does', async () => {
    const signal = AbortSignal.abort();
    const work = validateLogoutToken(client, await op.logoutToken(), { signal });
    expect(await failureOf(work)).toMatchObject({ code: 'aborted' });
  });
});

describe('the back-channel handler', () => {
  it('answers 200, not to be cached, when the session has ended', async () => {
    const ended: unknown[] = [];
    const request = post(await op.logoutToken({ sid: 's1' }), { unknown_field: 'ignored' });
    const response = await handleBackchannelLogout(client, request, {
      endSession: async ({ sid }) => void ended.push(sid),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toBe('');
    expect(ended).toEqual(['s1']);
  });

  it('OC-22: leaves an unknown session to the application', async () => {
    const token = await op.logoutToken({ fault: 'OC-22', variant: 'unknown-session' });
    const response = await handleBackchannelLogout(client, post(token), { endSession: () => {} });
    expect(response.status).toBe(200);
  });

  const url = 'https://rp.example/logout';
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  it.each<[string, () => Request]>([
    ['a GET', () => new Request(url)],
    ['a PUT', () => new Request(url, { method: 'PUT', headers: form, body: 'logout_token=a' })],
    [
      'JSON',
      () =>
        new Request(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }),
    ],
    ['no body', () => new Request(url, { method: 'POST', headers: form })],
    ['no token', () => new Request(url, { method: 'POST', headers: form, body: 'a=b' })],
    [
      'an empty token',
      () => new Request(url, { method: 'POST', headers: form, body: 'logout_token=' }),
    ],
    [
      'two tokens',
      () =>
        new Request(url, { method: 'POST', headers: form, body: 'logout_token=a&logout_token=b' }),
    ],
    [
      'a body without end',
      () =>
        new Request(url, {
          method: 'POST',
          headers: form,
          body: endless(),
          duplex: 'half',
        } as RequestInit),
    ],
  ])('answers 400 to %s', async (_, request) => {
    const response = await handleBackchannelLogout(client, request(), { endSession: neverCalled });
    expect(response.status).toBe(400);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ error: 'invalid_request' });
  });

  it('answers 400 when the body breaks off', async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) });
    const request = new Request(url, {
      method: 'POST',
      headers: form,
      body,
      duplex: 'half',
    } as RequestInit);
    const response = await handleBackchannelLogout(client, request, { endSession: neverCalled });
    expect(await response.json()).toEqual({ error: 'logout_failed' });
  });

  it('answers 400 when the session could not be ended, and says nothing of why', async () => {
    const request = post(await op.logoutToken({ sid: 's1' }));
    const response = await handleBackchannelLogout(client, request, {
      endSession: () => {
        throw new Error('password of the database');
      },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toBe('{"error":"logout_failed"}');
  });

  it.each<[string, Anything, Anything, string]>([
    ['no options', post('a'), undefined, 'endSession'],
    ['no endSession', post('a'), {}, 'endSession'],
    ['an endSession that is a text', post('a'), { endSession: 'x' }, 'endSession'],
    ['a guard that is none', post('a'), { endSession: () => {}, replayGuard: {} }, 'replayGuard'],
    ['no request', undefined, { endSession: () => {} }, 'request'],
    ['a URL', new URL('https://rp.example/'), { endSession: () => {} }, 'request'],
  ])('refuses %s', async (_, request, options, option) => {
    const { client, web } = setUp();
    const error = await failureOf(() => handleBackchannelLogout(client, request, options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(web.requests).toEqual([]);
  });

  it('refuses a request that was read already', async () => {
    const request = post('a');
    await request.text();
    const work = handleBackchannelLogout(client, request, { endSession: neverCalled });
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'request' });
  });

  it.each<[Anything, Anything, string]>([
    [undefined, undefined, 'token'],
    ['', undefined, 'token'],
    [{}, undefined, 'token'],
    ['a.b.c', null, 'options'],
    ['a.b.c', { replayGuard: null }, 'replayGuard'],
    ['a.b.c', { replayGuard: { isNew: true } }, 'replayGuard'],
    ['a.b.c', { signal: 'x' }, 'signal'],
  ])('validateLogoutToken refuses %o with %o', async (token, options, option) => {
    const { client, web } = setUp();
    const error = await failureOf(() => validateLogoutToken(client, token, options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(web.requests).toEqual([]);
  });
});

describe('front-channel logout (OC-23)', () => {
  const address = (query: string) => new URL(`https://rp.example/logout?${query}`);
  const iss = () => encodeURIComponent(op.issuer);

  it('means the session of this browser', () => {
    const url = address(`iss=${iss()}&sid=s1`);
    expect(isFrontchannelLogout(client, url, { sid: 's1' })).toBe(true);
    expect(isFrontchannelLogout(client, new Request(url), { sid: 's1' })).toBe(true);
  });

  it.each<[string, () => string, Record<string, unknown>]>([
    ['another issuer', () => 'iss=https%3A%2F%2Fevil.example&sid=s1', { sid: 's1' }],
    ['another session', () => `iss=${iss()}&sid=s2`, { sid: 's1' }],
    ['no session', () => `iss=${iss()}`, { sid: 's1' }],
    ['no issuer', () => 'sid=s1', { sid: 's1' }],
    ['nothing', () => '', { sid: 's1' }],
    ['two sessions', () => `iss=${iss()}&sid=s1&sid=s2`, { sid: 's1' }],
    ['two issuers', () => `iss=${iss()}&iss=x&sid=s1`, { sid: 's1' }],
    ['nobody who is signed in', () => `iss=${iss()}&sid=s1`, {}],
    ['a session without a name', () => `iss=${iss()}&sid=`, { sid: '' }],
    ['the word undefined', () => `iss=${iss()}&sid=undefined`, { sid: undefined }],
  ])('ends nothing for %s', (_, query, session) => {
    expect(isFrontchannelLogout(client, address(query()), session)).toBe(false);
  });

  it.each<[Anything, Anything, string]>([
    [undefined, {}, 'request'],
    ['https://rp.example/logout', {}, 'request'],
    [new URL('https://rp.example/'), undefined, 'session'],
    [new URL('https://rp.example/'), null, 'session'],
    [new URL('https://rp.example/'), 's1', 'session'],
  ])('refuses %o and %o', async (request, session, option) => {
    const error = await failureOf(() => isFrontchannelLogout(client, request, session));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });
});

function post(token: string, more: Record<string, string> = {}): Request {
  return new Request('https://rp.example/backchannel-logout', {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token, ...more }),
  });
}

function neverCalled(): never {
  throw new Error('The session was ended.');
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(97)),
  });
}
