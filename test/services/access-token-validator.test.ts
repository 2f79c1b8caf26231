import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AccessTokenValidatorOptions,
  createAccessTokenValidator,
  parseChallenge,
  type RefusedAccess,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';

const clock = createFakeClock();
const seconds = () => Math.floor(clock.now() / 1000);
const url = 'https://api.example/orders?page=2';
let op: HostileProvider;
let audience: string;

beforeAll(async () => {
  op = await startHostileProvider({ now: clock.now });
  audience = `${op.issuer}accounts`;
});
beforeEach(() => {
  op.clearFaults();
  op.reset();
});
afterAll(() => op.close());

const validatorOf = (options: Partial<AccessTokenValidatorOptions> = {}) =>
  createAccessTokenValidator({
    issuer: op.issuer,
    audience,
    clock,
    allowInsecureRequests: 'loopback',
    ...options,
  });
const requestWith = (authorization?: string) =>
  new Request(url, { headers: authorization === undefined ? {} : { authorization } });
const bearer = async (claims = {}) =>
  requestWith(`Bearer ${await op.accessToken('rfc9068', claims)}`);

/** The answer to a refused request, with its challenges read. */
async function refusal(work: ReturnType<ReturnType<typeof validatorOf>['validate']>): Promise<{
  status: number;
  check: string | undefined;
  challenges: unknown[];
  access: RefusedAccess;
}> {
  const access = await work;
  if (access.ok) throw new Error('Nothing was refused.');
  const response = access.response();
  expect(response.status).toBe(access.status);
  const challenges = parseChallenge(response).map(({ scheme, parameters }) => {
    const { realm, ...rest } = parameters;
    expect(realm).toBe(audience);
    return { scheme, ...rest };
  });
  return { status: access.status, check: Object(access.error).check, challenges, access };
}

const algs = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519';

describe('a request', () => {
  it('with the right token goes on, with what the token says', async () => {
    const access = await validatorOf().validate(await bearer({ scope: 'a b' }), {
      requireScopes: ['b'],
    });
    expect(access).toEqual({
      ok: true,
      token: {
        claims: expect.objectContaining({ iss: op.issuer, aud: audience }),
        scopes: ['a', 'b'],
        subject: '248289761001',
        clientId: 's6BhdRkqt3',
      },
    });
  });

  it('of node:http goes on, too, and so does a token alone', async () => {
    const tokens = validatorOf();
    const { headers } = await bearer();
    const request = { method: 'GET', url: '/orders', headers: Object.fromEntries(headers) };
    expect(await tokens.validate(request)).toMatchObject({ ok: true });
    const token = (headers.get('authorization') as string).slice('Bearer '.length);
    expect(await tokens.validate(token)).toMatchObject({ ok: true });
  });

  it.each([undefined, '', 'Basic YTpi', 'Bearerish x', 'Negotiate'])(
    'without a token (%o) is told what to come with, and of no error',
    async (authorization) => {
      const work = validatorOf().validate(requestWith(authorization), {
        requireScopes: ['a', 'b'],
      });
      const { access, ...found } = await refusal(work);
      expect(found).toEqual({
        status: 401,
        check: 'access_token.authorization',
        challenges: [
          { scheme: 'bearer', scope: 'a b' },
          { scheme: 'dpop', scope: 'a b', algs },
        ],
      });
      expect(access.headers['cache-control']).toBe('no-store');
      expect(op.requests).toEqual([]);
    },
  );

  it.each([
    ['Bearer', 'bearer'],
    ['Bearer a b', 'bearer'],
    ['Bearer ä', 'bearer'],
    ['Bearer a, Bearer b', 'bearer'],
    ['DPoP "a"', 'dpop'],
  ])('with the malformed header %o is a bad one', async (authorization, scheme) => {
    const { status, challenges } = await refusal(
      validatorOf().validate(requestWith(authorization)),
    );
    expect(status).toBe(400);
    expect(challenges).toEqual([
      { scheme, error: 'invalid_request', ...(scheme === 'dpop' && { algs }) },
    ]);
    expect(op.requests).toEqual([]);
  });

  it('of node:http with two tokens is a bad one', async () => {
    const headers = { authorization: 'Bearer a' };
    const headersDistinct = { authorization: ['Bearer a', 'Bearer b'] };
    expect(await refusal(validatorOf().validate({ headers, headersDistinct }))).toMatchObject({
      status: 400,
    });
  });

  it('with an empty token is one without', async () => {
    expect(await refusal(validatorOf().validate(''))).toMatchObject({
      status: 401,
      challenges: [{ scheme: 'bearer' }],
    });
  });

  it.each<[check: string, claims: object]>([
    ['exp', { exp: 1 }],
    ['aud', { aud: 'another' }],
    ['iss', { iss: 'https://evil.example' }],
    ['sub', { sub: undefined }],
  ])('with a token of a wrong %s is refused', async (check, claims) => {
    const { access, ...found } = await refusal(validatorOf().validate(await bearer(claims)));
    expect(found).toEqual({
      status: 401,
      check: `access_token.${check}`,
      challenges: [{ scheme: 'bearer', error: 'invalid_token' }],
    });
  });

  it('with too little scope is told which', async () => {
    const work = validatorOf().validate(await bearer({ scope: 'a' }), {
      requireScopes: ['a', 'b'],
    });
    expect(await refusal(work)).toMatchObject({
      status: 403,
      challenges: [{ scheme: 'bearer', error: 'insufficient_scope', scope: 'a b' }],
    });
  });

  it.each<[claims: () => object]>([
    [() => ({ auth_time: seconds() })],
    [() => ({ acr: 'gold' })],
    [() => ({ acr: 'gold', auth_time: seconds() - 331 })],
  ])('of a person who has to sign in again or better is told how (%#)', async (claims) => {
    const work = validatorOf().validate(await bearer({ ...claims(), scope: 'a' }), {
      acr: ['gold', 'urn:silver'],
      maxAge: 300.5,
      requireScopes: ['a'],
    });
    expect(await refusal(work)).toMatchObject({
      status: 401,
      challenges: [
        {
          scheme: 'bearer',
          error: 'insufficient_user_authentication',
          acr_values: 'gold urn:silver',
          max_age: '300',
          scope: 'a',
        },
      ],
    });
  });

  it('is told where the metadata is, if that is known', async () => {
    const resourceMetadata = 'https://api.example/.well-known/oauth-protected-resource';
    const tokens = validatorOf({ resourceMetadata });
    for (const work of [
      tokens.validate(requestWith()),
      tokens.validate('x'),
      tokens.validate(await bearer(), { requireScopes: ['no'] }),
    ]) {
      for (const challenge of (await refusal(work)).challenges) {
        expect(challenge).toMatchObject({ resource_metadata: resourceMetadata });
      }
    }
  });

  it('is answered by node:http, with the headers that are there already', async () => {
    const sent: Record<string, string> = { vary: 'origin' };
    const response = {
      statusCode: 200,
      setHeader: (name: string, value: string) => {
        sent[name] = value;
      },
      end: () => {
        sent['end'] = 'yes';
      },
    };
    const { access } = await refusal(validatorOf().validate('x'));
    access.send(response);
    expect(response.statusCode).toBe(401);
    expect(sent).toEqual({
      vary: 'origin',
      'cache-control': 'no-store',
      'www-authenticate': `Bearer realm="${audience}", error="invalid_token"`,
      end: 'yes',
    });
  });

  it('is put off while the keys cannot be had', async () => {
    op.fault('MD-09', 'down');
    const access = await validatorOf().validate(await bearer());
    expect(access).toMatchObject({ ok: false, status: 503, error: { code: 'http_status' } });
    expect(access).toHaveProperty('headers', { 'cache-control': 'no-store' });
  });

  it('is put off when its caller gives up', async () => {
    const signal = AbortSignal.abort();
    const access = await validatorOf().validate(await bearer(), { signal });
    expect(access).toMatchObject({ ok: false, status: 503, error: { code: 'aborted' } });
  });
});

describe('a token as Okta writes it', () => {
  const okta = { profile: 'okta', audience: 'api://default' } as const;
  const realm = 'api://default';

  it('opens an API that knows the profile', async () => {
    const token = await op.accessToken('okta', { scope: 'orders:read' });
    const requirements = { requireScopes: ['orders:read'], maxAge: 60 };
    expect(await validatorOf(okta).validate(token, requirements)).toMatchObject({
      ok: true,
      token: { scopes: ['orders:read'], clientId: 's6BhdRkqt3', subject: '248289761001' },
    });
  });

  it('opens no API that does not, and no other way round', async () => {
    const token = await op.accessToken('okta');
    const strict = validatorOf({ audience: 'api://default' });
    const headers = { 'www-authenticate': `Bearer realm="${realm}", error="invalid_token"` };
    expect(await strict.validate(token)).toMatchObject({ status: 401, headers });
    const standard = await op.accessToken('rfc9068', { aud: 'api://default' });
    expect(await validatorOf(okta).validate(standard)).toMatchObject({ status: 401, headers });
  });

  it('is none if it is an ID token of the same audience', async () => {
    const token = await op.accessToken('okta', { nonce: 'n' });
    expect(await validatorOf(okta).validate(token)).toMatchObject({
      error: { check: 'access_token.kind' },
    });
  });
});

describe('a token that is bound to a certificate', () => {
  // Any bytes will do: nobody reads them here.
  const der = new Uint8Array(300).map((_, index) => index);
  const base64 = Buffer.from(der).toString('base64');
  const pem = `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`;
  let request: Request;
  let certificateThumbprint: string;

  beforeAll(async () => {
    const digest = await crypto.subtle.digest('SHA-256', der);
    certificateThumbprint = Buffer.from(digest).toString('base64url');
    request = await bearer({ cnf: { 'x5t#S256': certificateThumbprint } });
  });

  it.each<[string, () => object]>([
    ['thumbprint', () => ({ certificateThumbprint })],
    ['DER', () => ({ certificate: der })],
    ['Buffer', () => ({ certificate: Buffer.from(der) })],
    ['PEM', () => ({ certificate: pem })],
    ['PEM of a chain', () => ({ certificate: `${pem}${pem}` })],
    ['Client-Cert header', () => ({ certificate: `:${base64}:` })],
  ])('goes with it: %s', async (_, requirements) => {
    expect(await validatorOf().validate(request, requirements())).toMatchObject({ ok: true });
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['no certificate', { certificate: undefined }],
    ['an empty one', { certificate: new Uint8Array() }],
    ['another one', { certificate: new Uint8Array(300) }],
    ['what is none', { certificate: '%' }],
    ['another thumbprint', { certificateThumbprint: 'x' }],
  ])('does not go with %s', async (_, requirements) => {
    expect(await refusal(validatorOf().validate(request, requirements))).toMatchObject({
      status: 401,
      check: 'access_token.certificate',
      challenges: [{ scheme: 'bearer', error: 'invalid_token' }],
    });
  });

  it('is one of those that are bound', async () => {
    const tokens = validatorOf({ boundTokensOnly: true });
    expect(await tokens.validate(request, { certificateThumbprint })).toMatchObject({ ok: true });
    expect(await refusal(tokens.validate(await bearer()))).toMatchObject({
      status: 401,
      check: 'access_token.bound',
      challenges: [
        { scheme: 'bearer', error: 'invalid_token' },
        { scheme: 'dpop', algs },
      ],
    });
    expect((await refusal(tokens.validate(requestWith()))).challenges).toEqual([
      { scheme: 'dpop', algs },
    ]);
  });
});

describe('options that cannot work', () => {
  const good = { issuer: 'https://login.example', audience: 'https://api.example' };
  const introspection = { clientId: 'api', authentication: () => {} };
  it.each<[option: string, options: unknown, code?: string]>([
    ['options', undefined],
    ['issuer', { audience: 'a' }],
    ['issuer', { ...good, issuer: 'http://login.example' }, 'insecure_url'],
    ['audience', { issuer: good.issuer }],
    ['audience', { ...good, audience: [] }],
    ['profile', { ...good, profile: 'x' }],
    ['algorithms', { ...good, algorithms: ['HS256'] }],
    ['replayGuard', { ...good, replayGuard: {} }],
    ['boundTokensOnly', { ...good, boundTokensOnly: 'yes' }],
    ['realm', { ...good, realm: 'a\r\nset-cookie: a=b' }],
    ['realm', { ...good, realm: '' }],
    ['realm', { ...good, audience: 'ä' }],
    ['baseUrl', { ...good, baseUrl: '/orders' }],
    ['baseUrl', { ...good, baseUrl: 'http://api.example' }, 'insecure_url'],
    ['resourceMetadata', { ...good, resourceMetadata: 'x' }],
    ['resourceMetadata', { ...good, resourceMetadata: 'https://a:b@api.example' }],
    ['cache', { ...good, cache: 60 }],
    ['cache', { ...good, cache: null }],
    ['cache', { ...good, cache: false }],
    ['cache.seconds', { ...good, cache: { seconds: 61 } }],
    ['cache.entries', { ...good, cache: { entries: -1 } }],
    ['introspection', { ...good, introspection: true }],
    ['introspection', { ...good, introspection: null }],
    ['introspection', { ...good, introspection: '' }],
    ['introspection.clientId', { ...good, introspection: { ...introspection, clientId: '' } }],
    ['introspection.authentication', { ...good, introspection: { clientId: 'api' } }],
    ['introspection.when', { ...good, introspection: { ...introspection, when: 'never' } }],
    [
      'introspection.signedAnswer',
      { ...good, introspection: { ...introspection, signedAnswer: 1 } },
    ],
    ['fetch', { ...good, fetch: true }],
  ])('are found at once: %s (%#)', (option, options, code = 'invalid_option') => {
    expect(() => createAccessTokenValidator(options as AccessTokenValidatorOptions)).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', code, option }),
    );
  });

  it.each<[option: string, request: unknown, requirements?: unknown]>([
    ['request', undefined],
    ['request', 7],
    ['request', {}],
    ['request', { headers: 'x' }],
    ['requirements', 'a.b.c', null],
    ['requireScopes', 'a.b.c', { requireScopes: 'a' }],
    ['requireScopes', 'a.b.c', { requireScopes: ['a b'] }],
    ['requireScopes', 'a.b.c', { requireScopes: ['a"'] }],
    ['requireScopes', 'a.b.c', { requireScopes: ['a\r\nx: y'] }],
    ['acr', 'a.b.c', { acr: ['a\\'] }],
    ['maxAge', 'a.b.c', { maxAge: -1 }],
    ['certificate', 'a.b.c', { certificate: {} }],
    ['signal', 'a.b.c', { signal: {} }],
    ['certificateThumbprint', 'a.b.c', { certificateThumbprint: '' }],
  ])('of a request are found before it is looked at: %s (%#)', async (option, request, given) => {
    const work = validatorOf().validate(request as string, given as object);
    await expect(work).rejects.toMatchObject({ code: 'invalid_option', option });
    expect(op.requests).toEqual([]);
  });
});
