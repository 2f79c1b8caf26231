import { describe, expect, it } from 'vitest';
import {
  type AccessTokenValidatorOptions,
  clientSecretPost,
  createAccessTokenValidator,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startHostileProvider } from '../support/hostile-provider/index.ts';
import { createWeb, defer, json, type Responder } from '../support/scripted-web.ts';

const issuer = 'https://login.example';
const audience = 'https://api.example';
const endpoint = `${issuer}/introspect`;
const good = { active: true, aud: audience, scope: 'a b', sub: 'ada', client_id: 'app' };

function setUp(responder: Responder, options: Partial<AccessTokenValidatorOptions> = {}) {
  const web = createWeb({ [endpoint]: responder });
  const clock = createFakeClock();
  const tokens = createAccessTokenValidator({
    issuer,
    audience,
    clock,
    fetch: web.fetch,
    discovery: false,
    metadata: { introspection_endpoint: endpoint, jwks_uri: `${issuer}/jwks` },
    introspection: { clientId: 'api', authentication: clientSecretPost('s') },
    ...options,
  });
  return { clock, tokens, web, count: () => web.count(endpoint) };
}
const answering = (answer: object, options = {}) => setUp(() => json(answer), options);

describe('a token that cannot be read', () => {
  it('is what the provider says, asked with the credentials of the API', async () => {
    const { tokens, web } = answering(good);
    const { active: _, ...claims } = good;
    expect(await tokens.validate('opaque')).toEqual({
      ok: true,
      token: { claims, scopes: ['a', 'b'], subject: 'ada', clientId: 'app' },
    });
    expect(Object.fromEntries(new URLSearchParams(web.requests[0]?.body))).toEqual({
      token: 'opaque',
      token_type_hint: 'access_token',
      client_id: 'api',
      client_secret: 's',
    });
  });

  it.each(['a', 'a.b', 'a.b.c', 'e30', 'e30.e30', 'e30.e30.e30.e30', 'W10.e30.x', '~.~.~'])(
    'is any that is no JWT (%o)',
    async (token) => {
      const { tokens, count } = answering(good);
      expect(await tokens.validate(token)).toMatchObject({ ok: true });
      expect(count()).toBe(1);
    },
  );

  it.each<[check: string, answer: object]>([
    ['active', { active: false }],
    ['active', { ...good, exp: 1 }],
    ['active', { ...good, iss: 'https://evil.example' }],
    ['aud', { ...good, aud: 'another' }],
    ['aud', { ...good, aud: undefined }],
    ['kind', { ...good, token_type: 'refresh_token' }],
    ['kind', { ...good, token_use: 'refresh_token' }],
    ['sub', { ...good, sub: { id: 'ada' } }],
    ['sub', { ...good, sub: 7 }],
    ['sub', { ...good, sub: '' }],
    ['scheme', { ...good, cnf: { jkt: 'x' } }],
    ['certificate', { ...good, cnf: { 'x5t#S256': 'x' } }],
    ['cnf', { ...good, cnf: {} }],
    ['cnf', { ...good, token_type: 'DPoP' }],
    ['cnf', { ...good, token_type: 'dpop', cnf: { 'x5t#S256': 'x' } }],
    ['scope', { ...good, scope: 'a' }],
  ])('is refused for its %s (%#)', async (check, answer) => {
    for (const cache of [undefined, {}]) {
      const { tokens } = answering(answer, { cache });
      for (const _ of [1, 2]) {
        expect(await tokens.validate('opaque', { requireScopes: ['b'] })).toMatchObject({
          ok: false,
          status: check === 'scope' ? 403 : 401,
          error: { check: `access_token.${check}` },
        });
      }
    }
  });

  it.each<[string, Responder, code: string]>([
    ['is down', () => new Response('', { status: 502 }), 'http_status'],
    ['does not know us', () => json({ error: 'invalid_client' }, 401), 'oauth_error'],
    ['says nothing useful', () => json({ active: 'yes' }), 'invalid_introspection'],
  ])('is put off where the provider %s', async (_, responder, code) => {
    const { tokens, count } = setUp(responder, { cache: {} });
    for (const expected of [1, 2]) {
      expect(await tokens.validate('opaque')).toMatchObject({ status: 503, error: { code } });
      // A failure is not remembered.
      expect(count()).toBe(expected);
    }
  });

  it('is asked about once for all who come at a time, even if one of them leaves', async () => {
    const answer = defer<Response>();
    const { tokens, count } = setUp(() => answer.promise);
    const controller = new AbortController();
    const impatient = tokens.validate('opaque', { signal: controller.signal });
    const others = [1, 2, 3].map(() => tokens.validate('opaque'));
    controller.abort();
    expect(await impatient).toMatchObject({ status: 503, error: { code: 'aborted' } });
    answer.resolve(json(good));
    for (const access of await Promise.all(others)) expect(access.ok).toBe(true);
    expect(count()).toBe(1);
  });

  it('that is dead is not asked about again for a while, and drives out no living one', async () => {
    const { clock, tokens, count } = setUp(
      ({ body }) => json(body.includes('token=good') ? good : { active: false }),
      { cache: { seconds: 30, entries: 2 } },
    );
    await tokens.validate('good');
    for (const token of ['x1', 'x1', 'x2', 'x3', 'x4', 'x4']) {
      expect(await tokens.validate(token)).toMatchObject({ status: 401 });
    }
    expect(count()).toBe(5);
    await tokens.validate('good');
    expect(count()).toBe(5);
    clock.advance(30_000);
    await tokens.validate('x4');
    await tokens.validate('good');
    expect(count()).toBe(7);
  });

  it('has its expiry checked by each request', async () => {
    const { clock, tokens, count } = setUp(
      () => json({ ...good, exp: Math.floor(clock.now() / 1000) + 5 }),
      { cache: {} },
    );
    expect(await tokens.validate('opaque')).toMatchObject({ ok: true });
    clock.advance(35_000);
    expect(await tokens.validate('opaque')).toMatchObject({
      error: { check: 'access_token.exp' },
    });
    expect(count()).toBe(1);
  });
});

describe('a token that can be read', () => {
  const start = async (when: 'opaque' | 'always', isActive: () => boolean) => {
    const op = await startHostileProvider();
    let asked = 0;
    const tokens = createAccessTokenValidator({
      issuer: op.issuer,
      audience: `${op.issuer}accounts`,
      allowInsecureRequests: 'loopback',
      metadata: { introspection_endpoint: endpoint },
      introspection: { clientId: 'api', authentication: clientSecretPost('s'), when },
      fetch: async (url, init) => {
        if (url !== endpoint) return fetch(url, init);
        asked += 1;
        return json({ active: isActive() });
      },
    });
    return { op, tokens, asked: () => asked };
  };

  it('is read, and nobody is asked', async () => {
    const { asked, op, tokens } = await start('opaque', () => false);
    expect(await tokens.validate(await op.accessToken('rfc9068'))).toMatchObject({ ok: true });
    expect(asked()).toBe(0);
    await op.close();
  });

  it('is asked about if so wished, only after it was verified, and keeps what it says', async () => {
    let active = true;
    const { asked, op, tokens } = await start('always', () => active);
    const bound = await op.accessToken('rfc9068', { cnf: { jkt: 'x' } });
    const token = await op.accessToken('rfc9068');
    expect(await tokens.validate(`${token.slice(0, -9)}forged`)).toMatchObject({ status: 401 });
    expect(asked()).toBe(0);
    expect(await tokens.validate(token)).toMatchObject({
      ok: true,
      token: { subject: '248289761001' },
    });
    // The answer says nothing of a key, the token does.
    expect(await tokens.validate(bound)).toMatchObject({
      error: { check: 'access_token.scheme' },
    });
    active = false;
    expect(await tokens.validate(token)).toMatchObject({ error: { check: 'access_token.active' } });
    await op.close();
  });
});
