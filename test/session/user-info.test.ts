import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { issuer } from '../support/scripted-provider.ts';
import { defer, json, type Responder } from '../support/scripted-web.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';

const userInfo = `${issuer}/userinfo`;
const refusal = () => json({}, 401, { 'www-authenticate': 'Bearer error="invalid_token"' });

/** Accepts only tokens that are newer than the one of the sign-in. */
const refusing: Responder = ({ headers }) =>
  headers.get('authorization') === 'Bearer access-canary-0' ? refusal() : json({ sub: 'ada' });

async function setUp(responder: Responder, ageMs = 30_000) {
  const kit = sessionKit();
  const context = await kit.signedIn();
  kit.clock.advance(ageMs);
  kit.op.web.on(userInfo, responder);
  const presented = () =>
    kit.op.web.requests
      .filter(({ url }) => url === userInfo)
      .map(({ headers }) => headers.get('authorization'));
  return { kit, presented, ...context };
}

describe('userInfo', () => {
  it('says what the provider says about the person', async () => {
    const { presented, session } = await setUp(() => json({ sub: 'ada', name: 'Ada' }));
    expect(await session.userInfo()).toEqual({ sub: 'ada', name: 'Ada' });
    expect(presented()).toEqual(['Bearer access-canary-0']);
  });

  it('refuses what is said about another person', async () => {
    const { kit, session } = await setUp(() => json({ sub: 'grace' }));
    expect(await failureOf(session.userInfo())).toMatchObject({ code: 'invalid_userinfo' });
    expect([session.current().status, kit.refreshes()]).toEqual(['signedIn', 0]);
  });

  it('renews a token that the provider refuses, once', async () => {
    const { kit, presented, session } = await setUp(refusing);
    expect(await session.userInfo()).toEqual({ sub: 'ada' });
    expect(presented()).toEqual(['Bearer access-canary-0', 'Bearer access-canary-1']);
    expect(kit.refreshes()).toBe(1);
  });

  it('renews relative to the token that was refused, for many callers', async () => {
    const { kit, session } = await setUp(refusing);
    await Promise.all(Array.from({ length: 10 }, () => session.userInfo()));
    expect(kit.refreshes()).toBe(1);
  });

  it('does not ask a third time', async () => {
    const { kit, presented, session } = await setUp(refusal);
    expect(await failureOf(session.userInfo())).toMatchObject({ error: 'invalid_token' });
    expect([presented().length, kit.refreshes()]).toEqual([2, 1]);
  });

  it('renews no token that is younger than 30 s', async () => {
    const { kit, session } = await setUp(refusal, 29_999);
    expect(await failureOf(session.userInfo())).toMatchObject({ error: 'invalid_token' });
    expect(kit.refreshes()).toBe(0);
    kit.clock.advance(1);
    await failureOf(session.userInfo());
    expect(kit.refreshes()).toBe(1);
    await failureOf(session.userInfo());
    expect(kit.refreshes()).toBe(1);
  });

  it.each([
    ['insufficient_scope', 403],
    ['invalid_request', 400],
  ])('renews nothing for %s', async (error, status) => {
    const challenge = { 'www-authenticate': `Bearer error="${error}"` };
    const { kit, session } = await setUp(() => json({}, status, challenge));
    expect(await failureOf(session.userInfo())).toMatchObject({ error, status });
    expect(kit.refreshes()).toBe(0);
  });

  it('is not that of somebody who has signed in meanwhile', async () => {
    const asked = defer();
    const go = defer();
    const { kit, presented, session } = await setUp(async () => {
      asked.resolve();
      await go.promise;
      return refusal();
    });
    const failure = failureOf(session.userInfo());
    await asked.promise;
    await session.establish(kit.graces());
    go.resolve();
    expect(await failure).toMatchObject({ code: 'interaction_required', phase: 'session' });
    expect(presented()).toEqual(['Bearer access-canary-0']);
  });

  it('says why there is no newer token', async () => {
    const { kit, session } = await setUp(refusing);
    kit.answer(() => json({}, 503));
    expect(await failureOf(session.userInfo())).toMatchObject({ status: 503 });
  });

  it('gets a token first where there is none that lives', async () => {
    const { presented, session } = await setUp(refusing, lifetime + 1);
    expect(await session.userInfo()).toEqual({ sub: 'ada' });
    expect(presented()).toEqual(['Bearer access-canary-1']);
  });

  it('needs somebody who is signed in', async () => {
    const kit = sessionKit();
    expect(await failureOf(kit.open().session.userInfo())).toMatchObject({
      code: 'interaction_required',
    });
    expect(kit.op.web.requests).toEqual([]);
  });

  it('needs to know whom it is about', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({}, { claims: undefined as never });
    expect(await failureOf(session.userInfo())).toMatchObject({
      code: 'invalid_option',
      option: 'expectedSubject',
    });
  });
});
