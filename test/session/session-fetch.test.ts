import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { defer, json, type Responder } from '../support/scripted-web.ts';
import { lifetime, minute, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const api = 'https://api.example';
const orders = `${api}/orders`;
const refusal = (challenge?: string) =>
  new Response('{}', {
    status: 401,
    ...(challenge && { headers: { 'www-authenticate': challenge } }),
  });

/** Ada's session, a minute old, and an API. */
async function setUp(responder: Responder = () => json({ ok: true })) {
  const kit = sessionKit();
  const bodies: unknown[] = [];
  const inits: RequestInit[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    if (url.startsWith(api)) {
      inits.push(init);
      bodies.push(init.body);
    }
    return kit.op.web.fetch(url, init);
  };
  const { session } = await kit.signedIn({ client: { fetch }, resources: [{ url: api }] });
  kit.clock.advance(minute);
  kit.op.web.on(orders, responder);
  const presented = () =>
    kit.op.web.requests
      .filter(({ url }) => url.startsWith(api))
      .map(({ headers }) => headers.get('authorization'));
  return { kit, session, bodies, inits, presented };
}

/** Refuses the token of the sign-in. */
const refusing =
  (challenge?: string): Responder =>
  ({ headers }) =>
    headers.get('authorization') === 'Bearer access-canary-0' ? refusal(challenge) : json({});

describe('session.fetch', () => {
  it('sends the access token and passes everything else on', async () => {
    const { inits, presented, session } = await setUp();
    const response = await session.fetch(orders, {
      method: 'POST',
      body: '{"item":1}',
      headers: { 'content-type': 'application/json', 'x-trace': '7' },
      credentials: 'include',
      keepalive: true,
      cache: 'no-store',
    });
    expect(await response.json()).toEqual({ ok: true });
    expect(presented()).toEqual(['Bearer access-canary-0']);
    const [init] = inits;
    expect(init).toMatchObject({
      method: 'POST',
      body: '{"item":1}',
      credentials: 'include',
      keepalive: true,
      cache: 'no-store',
      redirect: 'manual',
    });
    expect(new Headers(init?.headers).get('x-trace')).toBe('7');
  });

  it('takes a Request, with everything that it says', async () => {
    const { bodies, inits, session } = await setUp();
    const request = new Request(orders, {
      method: 'PUT',
      body: 'text',
      headers: { 'x-trace': '7' },
      credentials: 'include',
      cache: 'no-store',
      redirect: 'follow',
    });
    await session.fetch(request);
    expect(inits[0]).toMatchObject({ method: 'PUT', credentials: 'include', cache: 'no-store' });
    expect(inits[0]).toMatchObject({ redirect: 'manual' });
    expect(new Headers(inits[0]?.headers).get('x-trace')).toBe('7');
    expect(await new Response(bodies[0] as BodyInit).text()).toBe('text');
  });

  it('takes a URL, and lets the init replace what a Request says', async () => {
    const { inits, session } = await setUp();
    await session.fetch(new URL(orders));
    await session.fetch(new Request(orders, { headers: { a: '1' } }), {
      method: 'DELETE',
      headers: { b: '2' },
    });
    expect(inits.map(({ method }) => method)).toEqual(['GET', 'DELETE']);
    expect(new Headers(inits[1]?.headers).has('a')).toBe(false);
  });

  it('follows no redirect', async () => {
    const { session } = await setUp(() => Response.redirect('https://evil.example/'));
    expect(await failureOf(session.fetch(orders))).toMatchObject({ code: 'redirect_refused' });
  });

  it('ends when the caller says so', async () => {
    const { session } = await setUp(() => new Promise(() => {}));
    const controller = new AbortController();
    const failure = failureOf(session.fetch(orders, { signal: controller.signal }));
    const second = failureOf(session.fetch(new Request(orders, { signal: controller.signal })));
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted' });
    expect(await second).toMatchObject({ code: 'aborted' });
  });
});

describe('session.fetch, when the API refuses the token,', () => {
  it.each([undefined, 'Bearer error="invalid_token"', 'Bearer', 'Bearer realm="orders"'])(
    'gets another one, once: %s',
    async (challenge) => {
      const { kit, presented, session } = await setUp(refusing(challenge));
      expect((await session.fetch(orders)).status).toBe(200);
      expect(presented()).toEqual(['Bearer access-canary-0', 'Bearer access-canary-1']);
      expect(kit.refreshes()).toBe(1);
    },
  );

  it('hands out the second refusal', async () => {
    const { kit, presented, session } = await setUp(() => refusal('Bearer error="invalid_token"'));
    expect((await session.fetch(orders)).status).toBe(401);
    expect([presented().length, kit.refreshes()]).toEqual([2, 1]);
  });

  it.each(['insufficient_scope', 'invalid_request', 'whatever'])(
    'hands out a refusal for another reason: %s',
    async (error) => {
      const { kit, session } = await setUp(() => refusal(`Bearer error="${error}"`));
      expect((await session.fetch(orders)).status).toBe(401);
      expect(kit.refreshes()).toBe(0);
    },
  );

  it('does not ask for another one within 30 s of the last', async () => {
    const { kit, session } = await setUp(() => refusal());
    await session.fetch(orders);
    for (let n = 0; n < 20; n += 1) await session.fetch(orders);
    kit.clock.advance(29_999);
    await session.fetch(orders);
    expect(kit.refreshes()).toBe(1);
    kit.clock.advance(1);
    await session.fetch(orders);
    expect(kit.refreshes()).toBe(2);
  });

  it('sends one refresh for many refused calls', async () => {
    const { kit, session } = await setUp(refusing());
    const answers = await Promise.all(Array.from({ length: 20 }, () => session.fetch(orders)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(kit.refreshes()).toBe(1);
  });

  it.each<[name: string, body: () => BodyInit]>([
    ['text', () => 'a=1'],
    ['parameters', () => new URLSearchParams({ a: '1' })],
    ['bytes', () => new Uint8Array([0, 255, 7])],
    ['a buffer', () => new Uint8Array([0, 255, 7]).buffer],
    ['a blob', () => new Blob(['a', 'b'], { type: 'text/plain' })],
    [
      'a form',
      () => {
        const form = new FormData();
        form.set('file', new Blob(['abc']), 'a.txt');
        return form;
      },
    ],
  ])('sends the body once more: %s', async (_, body) => {
    const { bodies, session } = await setUp(refusing());
    const given = body();
    expect((await session.fetch(orders, { method: 'POST', body: given })).status).toBe(200);
    expect(bodies).toEqual([given, given]);
  });

  it('sends a stream once, and still gets a newer token', async () => {
    const { bodies, kit, session } = await setUp(refusing());
    const body = new Blob(['abc']).stream();
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect((await session.fetch(orders, init)).status).toBe(401);
    expect([bodies.length, kit.refreshes()]).toEqual([1, 1]);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('sends a stream as the platform wants it, also out of a Request', async () => {
    const { inits, session } = await setUp();
    const stream = () => new Blob(['abc']).stream();
    const half = { method: 'POST', body: stream(), duplex: 'half' } as RequestInit;
    await session.fetch(orders, { method: 'POST', body: stream() });
    await session.fetch(new Request(orders, half));
    await session.fetch(orders, { method: 'POST', body: 'abc' });
    expect(inits.map((init) => Object(init).duplex)).toEqual(['half', 'half', undefined]);
  });

  it('sends the body of a Request once', async () => {
    const { bodies, session } = await setUp(refusing());
    const request = new Request(orders, { method: 'POST', body: 'abc' });
    expect((await session.fetch(request)).status).toBe(401);
    expect(bodies.length).toBe(1);
  });

  it.each(['elsewhere', 'here'])(
    'does not send the request of one person with the token of another: %s',
    async (place) => {
      const asked = defer();
      const go = defer();
      const { kit, presented, session } = await setUp(async () => {
        asked.resolve();
        await go.promise;
        return refusal();
      });
      const failure = failureOf(session.fetch(orders, { method: 'POST', body: 'pay' }));
      await asked.promise;
      await (place === 'here' ? session : kit.open().session).establish(kit.graces());
      await quiet();
      go.resolve();
      expect(await failure).toMatchObject({ code: 'interaction_required', phase: 'session' });
      expect(presented()).toEqual(['Bearer access-canary-0']);
      expect(await session.getAccessToken()).toBe('access-canary-grace');
    },
  );

  it('goes on with the token of a new sign-in of the same person', async () => {
    const asked = defer();
    const go = defer();
    const { kit, presented, session } = await setUp(async ({ headers }) => {
      if (headers.get('authorization') !== 'Bearer access-canary-0') return json({});
      asked.resolve();
      await go.promise;
      return refusal();
    });
    const answer = session.fetch(orders, { method: 'POST', body: 'pay' });
    await asked.promise;
    await session.establish(kit.tokens({ accessToken: 'access-canary-again' }));
    go.resolve();
    expect((await answer).status).toBe(200);
    expect(presented()).toEqual(['Bearer access-canary-0', 'Bearer access-canary-again']);
  });

  it('hands out the refusal where there is no newer token to be had', async () => {
    const { kit, session } = await setUp(refusing());
    kit.answer(() => json({}, 503));
    const failure = await session.fetch(orders).then(
      ({ status }) => status,
      ({ status }) => status,
    );
    expect([401, 503]).toContain(failure);
  });
});

describe('session.fetch, when the API wants more than a token,', () => {
  it.each<[challenge: string, expected: object]>([
    [
      'Bearer error="insufficient_user_authentication", acr_values="phr phrh", max_age="5"',
      { acrValues: 'phr phrh', maxAge: 5 },
    ],
    ['Bearer error="insufficient_user_authentication", max_age="0"', { maxAge: 0 }],
    ['DPoP error="insufficient_user_authentication"', {}],
  ])('says so: %s', async (challenge, expected) => {
    const { kit, session } = await setUp(() => refusal(challenge));
    const before = session.current();
    const failure = await failureOf(session.fetch(orders));
    expect(failure.toJSON()).toEqual({
      name: 'StepUpRequiredError',
      code: 'step_up_required',
      phase: 'session',
      retryable: false,
      message: 'https://api.example asks for a stronger or a newer sign-in.',
      ...expected,
    });
    expect([kit.refreshes(), session.current()]).toEqual([0, before]);
  });
});

it('session.fetch says so as well where the API says it of the newer token', async () => {
  const challenge = 'Bearer error="insufficient_user_authentication", acr_values="phr"';
  const { presented, session } = await setUp(({ headers }) =>
    refusal(headers.get('authorization') === 'Bearer access-canary-0' ? undefined : challenge),
  );
  expect(await failureOf(session.fetch(orders))).toMatchObject({
    code: 'step_up_required',
    acrValues: 'phr',
  });
  expect(presented()).toEqual(['Bearer access-canary-0', 'Bearer access-canary-1']);
});

describe('session.fetch with several resources', () => {
  it('asks for the token of the one that is called', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({
      resources: [
        { url: api },
        { url: `${api}/stock/`, resource: 'https://stock.example', scope: 'stock' },
      ],
    });
    kit.op.web.on(`${api}/stock/1`, () => json({}));
    kit.op.web.on(orders, () => json({}));
    await session.fetch(orders);
    await session.fetch(`${api}/stock/1`);
    const [request] = kit.op.tokenRequests();
    expect([request?.get('resource'), request?.get('scope')]).toEqual([
      'https://stock.example',
      'stock',
    ]);
    kit.clock.advance(lifetime);
  });
});
