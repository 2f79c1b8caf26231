import { decodeJwt, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { defer, json } from '../support/scripted-web.ts';
import {
  jwks,
  keysAs,
  lifetime,
  minute,
  type SessionKit,
  sessionKit,
} from '../support/session-kit.ts';
import { quiet, until } from '../support/turns.ts';

/** Ada's token is over, and the next answer comes with an ID token. */
async function setUp(claims: JWTPayload = {}, header: object = {}) {
  const kit = sessionKit();
  const context = await kit.expired();
  await answerWith(kit, claims, header);
  return { kit, ...context };
}

async function answerWith(kit: SessionKit, claims: JWTPayload = {}, header: object = {}) {
  const id_token = await kit.idToken(claims, header);
  kit.answer(() => json(kit.granted({ id_token })));
}

/** The provider signs with a key that nobody has seen, and does not say which. */
async function keyless() {
  const result = await setUp({}, { kid: 'server-2' });
  result.kit.op.web.on(jwks, () => (result.kit.refreshes() ? json({}, 503) : keysAs('server-1')()));
  return result;
}

describe('a rotated refresh token', () => {
  it('is in the store before anything of the answer is checked', async () => {
    const { kit, session, told } = await setUp({}, { kid: 'server-2' });
    const keys = defer<Response>();
    kit.op.web.on(jwks, () => (kit.refreshes() ? keys.promise : keysAs('server-1')()));
    const token = session.getAccessToken();
    await until(() => kit.op.web.count(jwks) === 2);
    expect(await kit.stored()).toMatchObject({
      refreshToken: 'refresh-canary-1',
      tokens: [{ accessToken: 'access-canary-0' }],
      pending: { key: '', answer: { body: { access_token: 'access-canary-1' } } },
    });
    expect(told()).toEqual(['signedIn']);
    keys.resolve(keysAs('server-2')());
    expect(await token).toBe('access-canary-1');
    expect(told()).toEqual(['signedIn', 'refreshed']);
    const { pending, intent, tokens } = await kit.stored();
    expect([pending, intent, tokens.length]).toEqual([undefined, undefined, 1]);
  });

  it('waits without being published while the keys cannot be had', async () => {
    const { events, kit, session } = await keyless();
    const before = session.current();
    const failure = await failureOf(session.getAccessToken());
    expect(failure).toMatchObject({ status: 503, retryable: true });
    expect(events.slice(1)).toEqual([{ type: 'refreshFailed', error: failure }]);
    expect(session.current()).toBe(before);
    expect(await kit.stored()).toMatchObject({
      refreshToken: 'refresh-canary-1',
      tokens: [{ accessToken: 'access-canary-0' }],
      failure: { attempts: 1 },
    });
  });

  it('is checked later without another request for tokens', async () => {
    const { kit, session, told } = await keyless();
    await failureOf(session.getAccessToken());
    kit.clock.advance(minute);
    kit.op.web.on(jwks, keysAs('server-2'));
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
    expect(told()).toEqual(['signedIn', 'refreshFailed', 'refreshed']);
    kit.answer();
    kit.clock.advance(lifetime + 1);
    expect(await session.getAccessToken()).toBe('access-canary-2');
    expect(kit.isReused()).toBe(false);
  });

  it('is checked by whoever comes first, in another context too', async () => {
    const { kit, session, told } = await keyless();
    await failureOf(session.getAccessToken());
    kit.op.web.on(jwks, keysAs('server-2'));
    const other = kit.open();
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    await quiet();
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect([kit.refreshes(), told().at(-1)]).toEqual([1, 'refreshed']);
  });

  it('is not spent while it waits, whoever asks', async () => {
    const { kit, session } = await keyless();
    for (let n = 1; n <= 4; n += 1) {
      expect(await failureOf(session.getAccessToken())).toBeDefined();
      expect(await failureOf(kit.open().session.getAccessToken())).toBeDefined();
      kit.clock.advance(minute);
    }
    expect(kit.refreshes()).toBe(1);
    expect(await kit.stored()).toMatchObject({ refreshToken: 'refresh-canary-1' });
  });

  it('is spent where the answer that came with it is over before it could be checked', async () => {
    const { kit, session } = await keyless();
    await failureOf(session.getAccessToken());
    kit.clock.advance(lifetime + minute);
    kit.op.web.on(jwks, keysAs('server-2'));
    kit.answer();
    expect(await session.getAccessToken()).toBe('access-canary-2');
    expect([kit.refreshes(), kit.isReused()]).toEqual([2, false]);
  });
});

describe('an answer that a clock does not let pass', () => {
  it.each<[name: string, claims: (now: number) => JWTPayload]>([
    ['it is over already', (now) => ({ iat: now - 600, exp: now - 300 })],
    ['it is from the future', (now) => ({ iat: now + 600, exp: now + 900 })],
  ])('is kept, and one newer one asked for later: %s', async (_, claims) => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const wrong = claims(Math.floor(kit.clock.now() / 1000));
    await answerWith(kit, wrong);
    expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'invalid_id_token' });
    expect(await kit.stored()).toMatchObject({
      refreshToken: 'refresh-canary-1',
      pending: { answer: { body: { access_token: 'access-canary-1' } } },
    });
    expect(told()).toEqual(['signedIn', 'refreshFailed']);

    expect(await failureOf(session.getAccessToken())).toBeDefined();
    expect(kit.refreshes()).toBe(1);
    kit.clock.advance(1_000);
    await answerWith(kit);
    expect(await session.getAccessToken()).toBe('access-canary-2');
    expect([kit.refreshes(), kit.isReused()]).toEqual([2, false]);
    expect((await kit.stored()).pending).toBeUndefined();
  });

  it('costs one request per pause while the clock stays wrong', async () => {
    const { kit, session } = await setUp({ iat: 4_000_000_000, exp: 4_000_000_300 });
    for (let n = 1; n <= 8; n += 1) {
      await failureOf(session.getAccessToken());
      await failureOf(session.getAccessToken());
      expect(kit.refreshes()).toBe(n);
      kit.clock.advance(minute);
    }
    expect(kit.isReused()).toBe(false);
  });

  it('passes without another request once the clock is right', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const rightNow = kit.clock.now();
    await answerWith(kit);
    kit.clock.setWall(rightNow - 5 * minute);
    await failureOf(session.getAccessToken());
    kit.clock.setWall(rightNow);
    kit.clock.advance(1_000);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
  });
});

const forger = await generateKeyPair('ES256');
const forged = async (kit: SessionKit, header: object = {}) =>
  new SignJWT(decodeJwt(await kit.idToken()))
    .setProtectedHeader({ alg: 'ES256', ...header })
    .sign(forger.privateKey);

describe('an answer that is not for this session', () => {
  it.each<[check: string, idToken: (kit: SessionKit) => Promise<string>]>([
    ['id_token.signature', forged],
    ['id_token.iss', (kit) => kit.idToken({ iss: 'https://evil.example' })],
    ['id_token.renewed_sub', (kit) => kit.idToken({ sub: 'grace' })],
    ['id_token.aud', (kit) => kit.idToken({ aud: 'another-app' })],
    ['id_token.azp', (kit) => kit.idToken({ azp: 'another-app' })],
    ['id_token.nonce', (kit) => kit.idToken({ nonce: 'of-another-sign-in' })],
    ['id_token.at_hash', (kit) => kit.idToken({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })],
    ['id_token.events', (kit) => kit.idToken({ events: {} })],
  ])('ends it: %s', async (check, idToken) => {
    const kit = sessionKit();
    const { events, session } = await kit.expired();
    const id_token = await idToken(kit);
    kit.answer(() => json(kit.granted({ id_token })));
    const failure = await failureOf(session.getAccessToken());
    expect(failure).toMatchObject({ code: 'invalid_id_token', check, retryable: false });
    expect(events.slice(1)).toEqual([
      { type: 'signedOut', reason: 'invalidResponse', error: failure },
    ]);
    expect(await kit.stored()).toBeUndefined();
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(kit.refreshes()).toBe(1);
  });

  it('ends it although it could only be checked later, by somebody else', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const id_token = await forged(kit, { kid: 'server-2' });
    kit.answer(() => json(kit.granted({ id_token })));
    await failureOf(session.getAccessToken());
    kit.op.web.on(jwks, keysAs('server-2'));
    const other = kit.open();
    expect(await failureOf(other.session.getAccessToken())).toMatchObject({
      check: 'id_token.signature',
    });
    await quiet();
    expect(told()).toEqual(['signedIn', 'refreshFailed', 'signedOut elsewhere']);
    expect(other.told()).toEqual(['signedIn', 'signedOut invalidResponse']);
    expect(await kit.stored()).toBeUndefined();
  });
});
