import { describe, expect, it, vi } from 'vitest';
import { createClient, fetchUserInfo, introspectToken, revokeToken } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { scriptedProvider, issuer as signer } from '../support/scripted-provider.ts';
import { createWeb, json, type Responder } from '../support/scripted-web.ts';

const issuer = 'https://login.example';
const tokens = { accessToken: 'the-access-token' };

function setUp(responder: Responder) {
  const endpoint = `${issuer}/endpoint`;
  const web = createWeb({ [endpoint]: responder });
  const client = createClient({
    issuer,
    clientId: 'app',
    discovery: false,
    metadata: {
      userinfo_endpoint: endpoint,
      introspection_endpoint: endpoint,
      revocation_endpoint: endpoint,
    },
    fetch: web.fetch,
  });
  return { client, web };
}

const challenge = (value: string, status = 401) =>
  new Response('', { status, headers: { 'www-authenticate': value } });

describe('fetchUserInfo', () => {
  it('presents the access token in the header, once', async () => {
    const { client, web } = setUp(() => json({ sub: 'ada', email: 'ada@example.org' }));
    const userInfo = await fetchUserInfo(client, tokens, { expectedSubject: 'ada' });
    expect(userInfo).toEqual({ sub: 'ada', email: 'ada@example.org' });
    expect(
      web.requests.map(({ method, headers, body }) => [method, headers.get('authorization'), body]),
    ).toEqual([['GET', 'Bearer the-access-token', '']]);
  });

  it.each<[challenge: string, status: number, expected: object]>([
    [
      'Bearer error="invalid_token", error_description="expired", error_uri="https://login.example/e"',
      401,
      {
        name: 'OAuthResponseError',
        error: 'invalid_token',
        errorDescription: 'expired',
        errorUri: 'https://login.example/e',
        status: 401,
      },
    ],
    [
      'Basic realm="x", Bearer error="insufficient_scope"',
      403,
      { name: 'OAuthResponseError', error: 'insufficient_scope', status: 403 },
    ],
    ['Bearer realm="x"', 401, { name: 'TransportError', code: 'http_status', status: 401 }],
    ['Bearer error="x the-access-token"', 401, { error: 'x [redacted]' }],
    ['=,=nonsense', 401, { name: 'TransportError', code: 'http_status', status: 401 }],
  ])('reads the challenge %s', async (value, status, expected) => {
    const { client } = setUp(() => challenge(value, status));
    const work = fetchUserInfo(client, tokens, { expectedSubject: 'ada' });
    expect(await failureOf(work)).toMatchObject({ retryable: false, ...expected });
  });

  it.each<[what: string, responder: Responder, check: string]>([
    ['about somebody else', () => json({ sub: 'grace' }), 'sub'],
    ['about nobody', () => json({ name: 'Ada' }), 'sub'],
    ['about a number', () => json({ sub: 42 }), 'sub'],
    ['in a token that is none', () => jwt('a.b'), 'format'],
  ])('refuses an answer %s', async (_, responder, check) => {
    const { client } = setUp(responder);
    const work = fetchUserInfo(client, tokens, { expectedSubject: 'ada' });
    expect(await failureOf(work)).toMatchObject({
      code: 'invalid_userinfo',
      check: `userinfo.${check}`,
    });
  });

  it.each([
    ['HTML', 'text/html', '<p>sign in</p>'],
    ['half of one', 'application/json', '{"sub":'],
  ])('is told apart from %s, which another try may mend', async (_, type, body) => {
    const { client } = setUp(() => new Response(body, { headers: { 'content-type': type } }));
    const work = fetchUserInfo(client, tokens, { expectedSubject: 'ada' });
    expect(await failureOf(work)).toMatchObject({
      name: 'TransportError',
      code: 'response_not_json',
      retryable: true,
    });
  });
});

function jwt(body: string): Response {
  return new Response(body, { headers: { 'content-type': 'application/jwt' } });
}

describe('a signed userinfo answer', () => {
  it.each(['application/jwt', 'Application/JWT', 'application/jwt ; charset=utf-8'])(
    'says so by %s',
    async (type) => {
      const { client, sign, web } = scriptedProvider();
      const jwt = await sign({ iss: signer, aud: 'app', sub: 'ada', name: 'Ada' });
      const headers = { 'content-type': type };
      web.on(`${signer}/userinfo`, () => new Response(jwt, { headers }));
      const made = client({ metadata: { userinfo_signing_alg_values_supported: ['ES256'] } });
      const userInfo = await fetchUserInfo(made, tokens, { expectedSubject: 'ada' });
      expect(userInfo.name).toBe('Ada');
    },
  );

  it('is read where a framework has put a Response of its own in the place of the platform’s', async () => {
    const { client, sign, web } = scriptedProvider();
    const jwt = await sign({ iss: signer, aud: 'app', sub: 'ada', name: 'Ada' });
    const headers = { 'content-type': 'Application/JWT' };
    web.on(`${signer}/userinfo`, () => new Response(jwt, { headers }));
    const made = client({ metadata: { userinfo_signing_alg_values_supported: ['ES256'] } });
    vi.stubGlobal('Response', ResponseThatIsFixed);
    try {
      const userInfo = await fetchUserInfo(made, tokens, { expectedSubject: 'ada' });
      expect(userInfo.name).toBe('Ada');
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

class ResponseThatIsFixed extends Response {
  override get headers(): Headers {
    const set = () => {
      throw new TypeError('immutable');
    };
    return Object.assign(new Headers(super.headers), { set });
  }
}

describe('introspectToken and revokeToken', () => {
  it('send the token and the hint in the body', async () => {
    const { client, web } = setUp(() => json({ active: true, scope: 'a' }));
    const hint = { tokenTypeHint: 'access_token' };
    expect(await introspectToken(client, 'token & more', hint)).toEqual({
      active: true,
      scope: 'a',
    });
    await revokeToken(client, 'token & more', hint);
    await revokeToken(client, 'token & more');
    const sent = web.requests.map(({ method, body }) => [
      method,
      Object.fromEntries(new URLSearchParams(body)),
    ]);
    const fields = { token: 'token & more', client_id: 'app' };
    expect(sent).toEqual([
      ['POST', { ...fields, token_type_hint: 'access_token' }],
      ['POST', { ...fields, token_type_hint: 'access_token' }],
      ['POST', fields],
    ]);
  });

  it.each([
    ['HTML', () => new Response('<p>x</p>', { headers: { 'content-type': 'text/html' } })],
    ['nothing', () => new Response('', { headers: { 'content-type': 'application/json' } })],
    ['a list', () => json([{ active: true }])],
    ['a text', () => json({ active: 'true' })],
  ] as const)('never take %s for an active token', async (_, responder) => {
    const { client } = setUp(responder);
    const error = await failureOf(introspectToken(client, 'token'));
    expect(error.code).toMatch(/^(?:response_not_json|invalid_introspection)$/);
  });

  it.each([200, 202, 204])('take a revocation that succeeds with %i', async (status) => {
    const { client, web } = setUp(() => new Response(null, { status }));
    await revokeToken(client, 'the-token');
    expect(web.requests).toHaveLength(1);
  });

  it('pass on a refusal of a revocation without a body', async () => {
    const { client } = setUp(() => challenge('Basic realm="x", error="invalid_client"'));
    expect(await failureOf(revokeToken(client, 'token'))).toMatchObject({
      error: 'invalid_client',
      status: 401,
    });
  });
});
