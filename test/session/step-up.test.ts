import { describe, expect, it, vi } from 'vitest';
import type { StepUpRequiredError, TokenSet } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { minute, sessionKit } from '../support/session-kit.ts';

const api = 'https://api.example';
const orders = `${api}/orders`;

/** Ada's session, and an API that asks for more. */
async function setUp(challenge = 'acr_values="phr", max_age="300"') {
  const kit = sessionKit();
  const { session, ...context } = await kit.signedIn({ resources: [{ url: api }] });
  kit.clock.advance(minute);
  const ask = (asked = challenge) => {
    const header = `Bearer error="insufficient_user_authentication", ${asked}`;
    kit.op.web.on(orders, () => json({}, 401, { 'www-authenticate': header }));
  };
  ask();
  const demand = async () => (await failureOf(session.fetch(orders))) as StepUpRequiredError;
  /** What the provider answers to a person who signs in again. */
  const again = (claims: object = {}, members: Partial<TokenSet> = {}) => {
    const obtainedAt = kit.clock.now();
    const tokens = kit.tokens({
      accessToken: 'access-canary-new',
      refreshToken: 'refresh-canary-new',
      obtainedAt,
      ...members,
    });
    const auth_time = obtainedAt / 1000;
    return { ...tokens, claims: { ...tokens.claims, auth_time, ...claims } } as TokenSet;
  };
  return { kit, session, ask, demand, again, ...context };
}

describe('a sign-in that an API has asked for', () => {
  it.each([{ acr: 'phr' }, {}, { acr: undefined, auth_time: undefined }])(
    'takes the place of the one before: %j',
    async (claims) => {
      const { again, demand, kit, session } = await setUp();
      await session.establish(again(claims), { stepUp: await demand() });
      kit.op.web.on(orders, () => json({}));
      expect((await session.fetch(orders)).status).toBe(200);
      expect(await session.getAccessToken()).toBe('access-canary-new');
    },
  );

  it.each<[string, object]>([
    ['step_up_acr', { acr: 'pwd' }],
    ['step_up_auth_time', { auth_time: 1 }],
    ['step_up_sub', { sub: 'grace' }],
  ])('is refused by the check %s, and everything stays', async (check, claims) => {
    const { again, demand, kit, session } = await setUp();
    const before = session.current();
    const failed = session.establish(again(claims), { stepUp: await demand() });
    expect(await failureOf(failed)).toMatchObject({
      code: 'invalid_id_token',
      check: `id_token.${check}`,
      retryable: false,
    });
    expect(session.current()).toBe(before);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    // Of the same person a server may know one grant only; another one's nobody needs.
    const expected = check === 'step_up_sub' ? ['refresh-canary-new'] : [];
    await vi.waitFor(() => expect(kit.revoked).toEqual(expected));
  });

  it('takes one of several values', async () => {
    const { again, ask, demand, session } = await setUp();
    ask('acr_values="phrh phr"');
    await session.establish(again({ acr: 'phr' }), { stepUp: await demand() });
    expect(await session.getAccessToken()).toBe('access-canary-new');
  });

  it('may be anybody where nobody is signed in any more', async () => {
    const { again, demand, session } = await setUp();
    const stepUp = await demand();
    await session.signOut();
    await session.establish(again({ sub: 'grace' }), { stepUp });
    expect(session.current().claims?.sub).toBe('grace');
  });

  it.each([{ maxAge: -1 }, { acrValues: '' }, { acrValues: 1 }, 'phr', null, false, ''])(
    'refuses the demand %j',
    async (stepUp) => {
      const { again, session } = await setUp();
      const failed = session.establish(again(), { stepUp: stepUp as never });
      expect(await failureOf(failed)).toMatchObject({ code: 'invalid_option' });
    },
  );
});

describe('an API that keeps asking', () => {
  it('ends in a failure after one round, in every context', async () => {
    const { again, demand, kit, session } = await setUp();
    const stepUp = await demand();
    await session.establish(again(), { stepUp });
    expect(await demand()).toMatchObject({
      name: 'StepUpRequiredError',
      code: 'step_up_failed',
      acrValues: 'phr',
      maxAge: 300,
      retryable: false,
    });
    const { session: other } = kit.open({ resources: [{ url: api }] });
    expect(await failureOf(other.fetch(orders))).toMatchObject({ code: 'step_up_failed' });
  });

  it('still fails after a refresh', async () => {
    const { again, ask, demand, session } = await setUp();
    ask('acr_values="phr"');
    const tokens = again({}, { refreshToken: 'refresh-canary-0' });
    await session.establish(tokens, { stepUp: await demand() });
    await session.getAccessToken({ force: true });
    expect((await demand()).code).toBe('step_up_failed');
  });

  it.each<[string, string, number]>([
    ['asks for something else', 'acr_values="phrh", max_age="300"', 0],
    ['asks for more of it', 'acr_values="phr", max_age="60"', 0],
    ['asks when the time is over', 'acr_values="phr", max_age="300"', 5 * minute],
  ])('may ask again if it %s', async (_name, challenge, later) => {
    const { again, ask, demand, kit, session } = await setUp();
    await session.establish(again(), { stepUp: await demand() });
    kit.clock.advance(later);
    ask(challenge);
    expect((await demand()).code).toBe('step_up_required');
  });

  it('fails even if it wants a sign-in of this very moment', async () => {
    const { again, ask, demand, session } = await setUp();
    ask('max_age="0"');
    await session.establish(again(), { stepUp: await demand() });
    expect((await demand()).code).toBe('step_up_failed');
  });

  it('may ask again after an ordinary sign-in', async () => {
    const { again, demand, session } = await setUp();
    await session.establish(again(), { stepUp: await demand() });
    await session.establish(again());
    expect((await demand()).code).toBe('step_up_required');
  });
});
