import { describe, expect, it } from 'vitest';
import { clientSecretPost, type SessionEvent } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { json, type Responder } from '../support/scripted-web.ts';
import { jwks, lifetime, minute, sessionKit } from '../support/session-kit.ts';
import { quiet, until } from '../support/turns.ts';

const refusing =
  (error: string, status = 400) =>
  () =>
    json({ error }, status);
const page = () =>
  new Response('<p>Sign in to the hotel’s network</p>', {
    headers: { 'content-type': 'text/html' },
  });

const failures: [name: string, responder: Responder, expected: object][] = [
  ['no network', () => Promise.reject(new TypeError('failed')), { code: 'network_error' }],
  ['status 408', () => json({}, 408), { code: 'http_status', status: 408, retryable: true }],
  ['status 429', () => json({}, 429), { code: 'http_status', status: 429, retryable: true }],
  ['status 500', () => json({}, 500), { code: 'http_status', status: 500, retryable: true }],
  ['status 503', () => page(), { code: 'response_not_json', retryable: true }],
  ['a captive portal', () => Response.redirect('https://wifi.example/'), { status: 302 }],
  ['a page', page, { code: 'response_not_json', status: 200, retryable: true }],
  ['half a body', () => new Response('{"access_tok'), { code: 'response_not_json' }],
  ['invalid_grant while out of order', refusing('invalid_grant', 503), { retryable: true }],
  ['server_error', refusing('server_error'), { error: 'server_error', retryable: true }],
  ['invalid_client', refusing('invalid_client', 401), { error: 'invalid_client' }],
  ['unauthorized_client', refusing('unauthorized_client'), { error: 'unauthorized_client' }],
  ['invalid_scope', refusing('invalid_scope'), { error: 'invalid_scope', retryable: false }],
  ['invalid_target', refusing('invalid_target'), { error: 'invalid_target', retryable: false }],
  ['invalid_request', refusing('invalid_request'), { error: 'invalid_request', retryable: false }],
];

describe('a refresh that fails', () => {
  it.each(failures)('with %s leaves the session as it is', async (_, responder, expected) => {
    const kit = sessionKit();
    const { session, events } = await kit.expired();
    const before = session.current();
    kit.answer(responder);
    const failure = await failureOf(session.getAccessToken());
    expect(failure).toMatchObject(expected);
    expect(events).toEqual([
      { type: 'signedIn', via: 'establish' },
      { type: 'refreshFailed', error: failure },
    ]);
    expect(session.current()).toBe(before);
    expect(await kit.stored()).toMatchObject({
      refreshToken: 'refresh-canary-0',
      failure: { code: failure.code, attempts: 1 },
    });
    expect((await kit.stored()).intent).toBeUndefined();

    kit.clock.advance(minute);
    kit.answer();
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect((await kit.stored()).failure).toBeUndefined();
  });

  it('with a timeout leaves the session as it is', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired({ client: { timeoutMs: 3_000 } });
    const held = kit.hold(() => json({}));
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    kit.clock.advance(3_000);
    expect(await failure).toMatchObject({ code: 'timeout', retryable: true });
    expect(told()).toEqual(['signedIn', 'refreshFailed']);
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-0');
    expect(kit.clock.pending).toBe(0);
    held.release();
  });

  it('gives all who wait the same error', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    kit.answer(() => json({}, 500));
    const failed = Array.from({ length: 20 }, () => failureOf(session.getAccessToken()));
    expect(new Set(await Promise.all(failed)).size).toBe(1);
    expect([kit.refreshes(), told()]).toEqual([1, ['signedIn', 'refreshFailed']]);
  });

  it.each(['interaction_required', 'login_required', 'consent_required'])(
    'with %s asks for the person, and keeps the session',
    async (error) => {
      const kit = sessionKit();
      const { session, told } = await kit.expired();
      kit.answer(refusing(error));
      expect(await failureOf(session.getAccessToken())).toMatchObject({
        code: 'interaction_required',
        error,
      });
      expect(told()).toEqual(['signedIn', 'refreshFailed', 'needsInteraction']);
      expect(session.current()).toMatchObject({
        status: 'needsInteraction',
        claims: { sub: 'ada' },
      });
      expect((await kit.stored()).refreshToken).toBe('refresh-canary-0');

      kit.clock.advance(minute);
      kit.answer();
      expect(await session.getAccessToken()).toBe('access-canary-1');
      expect(session.current().status).toBe('signedIn');
    },
  );

  it('before anything was sent, for want of keys, spends nothing', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    kit.op.web.on(jwks, () => json({}, 503));
    expect(await failureOf(session.getAccessToken())).toMatchObject({ status: 503 });
    expect(kit.refreshes()).toBe(0);
    expect(told()).toEqual(['signedIn', 'refreshFailed']);
    await failureOf(session.getAccessToken());
    expect(kit.op.web.count(jwks)).toBe(1);
  });

  it('because the credentials cannot be made is not the server’s fault', async () => {
    const kit = sessionKit();
    let isBroken = false;
    const authentication: ReturnType<typeof clientSecretPost> = (request) => {
      if (isBroken) throw new Error('no key');
      return clientSecretPost('the-secret-canary')(request);
    };
    const { session } = await kit.expired({ client: { authentication } });
    isBroken = true;
    expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'invalid_option' });
    expect(kit.refreshes()).toBe(0);
    isBroken = false;
    kit.clock.advance(minute);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it.each<[name: string, answer: Record<string, unknown>, check: string]>([
    ['no access token', { access_token: undefined }, 'token_response.access_token'],
    ['an unknown kind of token', { token_type: 'mac' }, 'token_response.token_type'],
    ['no kind of token', { token_type: undefined }, 'token_response.token_type'],
    ['a lifetime that is text', { expires_in: 'soon' }, 'token_response.expires_in'],
    ['a scope that is a list', { scope: ['openid'] }, 'token_response.scope'],
  ])('because the answer has %s keeps its refresh token', async (_, members, check) => {
    const kit = sessionKit();
    const { session, events } = await kit.expired();
    kit.answer(() => json(kit.granted(members)));
    const failure = await failureOf(session.getAccessToken());
    expect(failure).toMatchObject({ code: 'invalid_token_response', check });
    expect(events.at(-1)).toEqual({ type: 'refreshFailed', error: failure });
    expect(await kit.stored()).toMatchObject({ refreshToken: 'refresh-canary-1' });
    expect((await kit.stored()).pending).toBeUndefined();

    kit.clock.advance(minute);
    kit.answer();
    expect(await session.getAccessToken()).toBe('access-canary-2');
    expect(kit.isReused()).toBe(false);
  });

  it.each([
    ['a number', 7],
    ['nothing', null],
    ['an empty text', ''],
  ])('because its refresh token is %s keeps the old one', async (_, refresh_token) => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => json({ ...kit.granted(), refresh_token }));
    await session.getAccessToken().catch(() => {});
    expect(await kit.stored()).toMatchObject({ refreshToken: 'refresh-canary-0' });
  });
});

describe('isSessionEnded', () => {
  it('ends the session for a server that does not say invalid_grant', async () => {
    const kit = sessionKit();
    const asked: string[] = [];
    const { session, events } = await kit.expired({
      isSessionEnded(error) {
        asked.push(error.code);
        return Object(error).error === 'session_expired';
      },
    });
    kit.answer(() => json({}, 500));
    await failureOf(session.getAccessToken());
    kit.clock.advance(minute);
    kit.answer(refusing('session_expired', 403));
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(asked).toEqual(['http_status', 'oauth_error']);
    const [ended] = events.slice(-1) as Extract<SessionEvent, { type: 'signedOut' }>[];
    expect(ended).toMatchObject({ reason: 'ended', error: { error: 'session_expired' } });
    expect(await kit.stored()).toBeUndefined();
  });
});

describe('the failure of one target', () => {
  it('is nobody else’s', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.answer(refusing('invalid_target'));
    const wrong = { resource: 'https://unknown.example' };
    await failureOf(session.getAccessToken(wrong));
    kit.answer();
    kit.clock.advance(lifetime + 1);
    kit.answer(refusing('invalid_target'));
    await failureOf(session.getAccessToken(wrong));
    kit.answer();
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('in the background does not disturb', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.signedIn();
    kit.answer(refusing('invalid_client', 401));
    kit.clock.advance(lifetime - 10_000);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    await until(() => told().includes('refreshFailed'));
    await quiet();
    expect(session.current().status).toBe('signedIn');
  });
});
