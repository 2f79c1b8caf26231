import { expect, it, vi } from 'vitest';
import type { StepUpRequiredError, TokenSet } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { minute, sessionKit } from '../support/session-kit.ts';

const api = 'https://api.example';
const orders = `${api}/orders`;
const challenge = 'Bearer error="insufficient_user_authentication", max_age="300"';

async function setUp() {
  const kit = sessionKit();
  const { session } = await kit.signedIn({ resources: [{ url: api }] });
  kit.clock.advance(minute);
  kit.op.web.on(orders, () => json({}, 401, { 'www-authenticate': challenge }));
  const again = (ageSeconds: number): TokenSet => {
    const obtainedAt = kit.clock.now();
    const tokens = kit.tokens({ accessToken: 'access-canary-new', obtainedAt });
    const auth_time = obtainedAt / 1000 - ageSeconds;
    return { ...tokens, claims: { ...tokens.claims, auth_time } } as TokenSet;
  };
  return { kit, session, again };
}

it('counts the age of a sign-in from when the person signed in at the provider', async () => {
  const { again, kit, session } = await setUp();
  const demand = (await failureOf(session.fetch(orders))) as StepUpRequiredError;
  // The provider has known the person for 200 s, and the API asks for 300: nobody is asked.
  await session.establish(again(200), { stepUp: demand });
  kit.clock.advance(101_000);
  // Now it is 301 s.
  expect(await failureOf(session.fetch(orders))).toMatchObject({ code: 'step_up_required' });
});

it('does not blame a new sign-in for an answer to the old one', async () => {
  const { again, kit, session } = await setUp();
  const demand = (await failureOf(session.fetch(orders))) as StepUpRequiredError;
  let isAsked = false;
  let answer = (_: Response) => {};
  kit.op.web.on(orders, ({ headers }) => {
    const bearer = new Headers(headers).get('authorization');
    if (bearer === 'Bearer access-canary-new') return json({ fine: true });
    isAsked = true;
    return new Promise<Response>((resolve) => {
      answer = resolve;
    });
  });
  const asked = failureOf(session.fetch(orders));
  await vi.waitFor(() => expect(isAsked).toBe(true));
  await session.establish(again(0), { stepUp: demand });
  answer(json({}, 401, { 'www-authenticate': challenge }));
  expect(await asked).toMatchObject({ code: 'step_up_required' });
});

it('gives back what somebody else has signed in for, where the person has signed out', async () => {
  const { again, kit, session } = await setUp();
  const demand = (await failureOf(session.fetch(orders))) as StepUpRequiredError;
  await session.signOut();
  const tokens = again(0);
  const foreign = {
    ...tokens,
    refreshToken: 'refresh-canary-grace',
    claims: { ...tokens.claims, sub: 'grace' },
  } as TokenSet;
  const refused = session.establish(foreign, { stepUp: demand, sub: 'ada' });
  expect(await failureOf(refused)).toMatchObject({ check: 'id_token.step_up_sub' });
  await vi.waitFor(() => expect(kit.revoked).toContain('refresh-canary-grace'));
});
