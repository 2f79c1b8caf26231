import { generateKeyPairSync, type JsonWebKey as NodeJwk, sign } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Client,
  createAccessTokenValidator,
  createClient,
  type NodeRequest,
  validateAccessToken,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { type Anything, setUp } from '../support/refusals.ts';
import { createRecorder, failureOf, hostileClient, signInAt } from '../support/relying-party.ts';
import { createWeb, json } from '../support/scripted-web.ts';

const clock = createFakeClock();
const seconds = () => Math.floor(clock.now() / 1000);
const url = 'https://api.example/orders?page=2';
const okta = { audience: 'api://default', profile: 'okta' } as const;
let op: HostileProvider;
let api: Client;
let audience: string;

beforeAll(async () => {
  op = await startHostileProvider({ now: clock.now });
  api = hostileClient(op, { clock, clientId: 'orders-api' });
  audience = `${op.issuer}accounts`;
});
beforeEach(() => op.reset());
afterAll(() => op.close());

const refused = async (work: Promise<unknown>, check: string) =>
  expect(await failureOf(work)).toMatchObject({
    name: 'ValidationError',
    code: 'invalid_access_token',
    phase: 'validation',
    check: `access_token.${check}`,
    retryable: false,
  });

describe('an access token', () => {
  it('of the standard profile says who may do what', async () => {
    const token = await op.accessToken('rfc9068', { scope: 'orders:read orders:write' });
    const found = await validateAccessToken(api, token, { audience });
    expect(found).toEqual({
      claims: expect.objectContaining({ iss: op.issuer, aud: audience }),
      scopes: ['orders:read', 'orders:write'],
      subject: '248289761001',
      clientId: 's6BhdRkqt3',
    });
    expect([found, found.claims, found.scopes].every(Object.isFrozen)).toBe(true);
  });

  it('of the Okta profile has its own names', async () => {
    const token = await op.accessToken('okta', { scope: 'orders:read' });
    const { claims, clientId, scopes } = await validateAccessToken(api, token, okta);
    expect({ clientId, scopes }).toEqual({ clientId: 's6BhdRkqt3', scopes: ['orders:read'] });
    expect(claims['uid']).toBe('00u1abcdEFGHijkl0p7');
  });

  it.each([
    ['rfc9068', undefined],
    ['okta', undefined],
    ['okta', 'JWT'],
  ] as const)('of any profile is a generic one (%s, typ %s)', async (shape, typ) => {
    const token = await op.accessToken(shape, {}, typ ? { typ } : {});
    const generic = { audience: [audience, 'api://default'], profile: 'generic' } as const;
    expect((await validateAccessToken(api, token, generic)).subject).toBe('248289761001');
  });

  it.each<[Record<string, unknown>, string[]]>([
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a', 'b', 7, null] }, ['a', 'b']],
    [{ scp: '' }, []],
  ])('has its scopes read from %o', async (claims, expected) => {
    const token = await op.accessToken('okta', claims);
    expect((await validateAccessToken(api, token, okta)).scopes).toEqual(expected);
  });

  it('comes in the header of a request', async () => {
    const token = await op.accessToken('rfc9068');
    for (const scheme of ['Bearer', 'bearer', 'BEARER  ']) {
      const request = new Request(url, { headers: { authorization: `${scheme} ${token}` } });
      expect((await validateAccessToken(api, request, { audience })).scopes).toEqual(['accounts']);
    }
  });

  it.each([undefined, '', 'Bearer', 'Basic YTpi', 'Bearer a b', 'Bearer ä', 'Bearer a, Bearer b'])(
    'does not come in the header %o',
    async (authorization) => {
      const headers = authorization === undefined ? {} : { authorization };
      const request = new Request(url, { headers: headers as Record<string, string> });
      await refused(validateAccessToken(api, request, { audience }), 'authorization');
    },
  );

  it.each<[check: string, claims: Record<string, unknown>, header?: Record<string, unknown>]>([
    ['iss', { iss: 'https://evil.example/' }],
    ['iss', { iss: undefined }],
    ['aud', { aud: 'another-api' }],
    ['aud', { aud: undefined }],
    ['exp', { exp: 1 }],
    ['exp', { exp: undefined }],
    ['exp', { exp: 'later' }],
    ['nbf', { nbf: 32_503_680_000 }],
    ['iat', { iat: undefined }],
    ['iat', { iat: 'now' }],
    ['sub', { sub: undefined }],
    ['sub', { sub: 7 }],
    ['sub', { sub: '' }],
    ['jti', { jti: undefined }],
    ['typ', {}, { typ: 'JWT' }],
    ['typ', {}, { typ: undefined }],
    ['typ', {}, { typ: 'dpop+jwt' }],
    ['crit', {}, { crit: ['unknown'], unknown: true }],
    ['key', {}, { kid: 'nobody knows it' }],
    ['cnf', { cnf: {} }],
    ['cnf', { cnf: 'key' }],
    ['cnf', { cnf: null }],
    ['cnf', { cnf: { jwk: {} } }],
  ])('whose %s is wrong is refused: %o %o', async (check, claims, header) => {
    const token = await op.accessToken('rfc9068', claims, header);
    await refused(validateAccessToken(api, token, { audience }), check);
  });

  it.each<[check: string, claims: Record<string, unknown>, header?: Record<string, unknown>]>([
    ['cid', { cid: undefined }],
    ['scp', { scp: undefined }],
    ['typ', {}, { typ: 'at+jwt' }],
    ['kind', { nonce: 'n' }],
    ['kind', { at_hash: 'h' }],
  ])('of Okta whose %s is wrong is refused: %o %o', async (check, claims, header) => {
    const token = await op.accessToken('okta', claims, header);
    await refused(validateAccessToken(api, token, okta), check);
  });

  it.each(['x', 'a.b.c', '....', 'e30.e30.e30', 'ÿ'.repeat(1000)])('is not %#', async (token) => {
    await refused(validateAccessToken(api, token, { audience }), 'format');
  });

  it.each(['rfc9068', 'okta', 'generic'] as const)(
    'is no ID token, whatever the audience (%s)',
    async (profile) => {
      const client = hostileClient(op, { clock });
      const { tokens } = await signInAt(op, client);
      const work = validateAccessToken(client, tokens.idToken as string, {
        audience: 's6BhdRkqt3',
        profile,
      });
      expect(await failureOf(work)).toMatchObject({ code: 'invalid_access_token' });
    },
  );

  it('is no logout token', async () => {
    const token = await op.logoutToken({ sid: 's1' });
    await refused(
      validateAccessToken(api, token, { audience: 's6BhdRkqt3', profile: 'generic' }),
      'kind',
    );
  });

  it('is held to the algorithms that the caller names', async () => {
    const token = await op.accessToken('rfc9068');
    await refused(validateAccessToken(api, token, { audience, algorithms: ['ES256'] }), 'alg');
    await validateAccessToken(api, token, { audience, algorithms: ['ES256', 'RS256'] });
  });

  it.each(['none', 'HS256'])('signed with %s is refused', async (alg) => {
    const [, payload] = (await op.accessToken('rfc9068')).split('.');
    const head = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url');
    for (const signature of ['', 'c2lnbmF0dXJl']) {
      const token = `${head}.${payload}.${signature}`;
      await refused(validateAccessToken(api, token, { audience }), 'alg');
    }
  });

  it('may be as many seconds late as the tolerance, and no more', async () => {
    const token = await op.accessToken('rfc9068', { exp: seconds() - 29 });
    await validateAccessToken(api, token, { audience });
    const late = await op.accessToken('rfc9068', { exp: seconds() - 30 });
    await refused(validateAccessToken(api, late, { audience }), 'exp');
  });

  it('survives a rotation of keys, with one more request', async () => {
    const other = await startHostileProvider({ now: clock.now });
    const client = hostileClient(other, { clock });
    const options = { audience: `${other.issuer}accounts` };
    const old = await other.accessToken('rfc9068');
    await validateAccessToken(client, old, options);
    await other.rotateKeys();
    const token = await other.accessToken('rfc9068');
    await Promise.all([1, 2, 3].map(() => validateAccessToken(client, token, options)));
    expect(other.count('jwks')).toBe(2);
    await other.close();
  });

  it('is not taken if any byte of what was signed is another', { timeout: 30_000 }, async () => {
    const token = await op.accessToken('rfc9068');
    const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    let tried = 0;
    for (const [index, part] of parts.entries()) {
      for (let at = 0; at < part.length; at += 1) {
        const changed = parts.map((bytes) => Buffer.from(bytes));
        (changed[index] as Buffer)[at] = (part[at] as number) ^ (1 << (at % 8));
        const forged = changed.map((bytes) => bytes.toString('base64url')).join('.');
        expect(await failureOf(validateAccessToken(api, forged, { audience }))).toMatchObject({
          code: 'invalid_access_token',
        });
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(500);
    await validateAccessToken(api, token, { audience });
  });

  it('gives up when the caller does', async () => {
    const signal = AbortSignal.abort();
    const work = validateAccessToken(api, await op.accessToken('rfc9068'), { audience, signal });
    expect(await failureOf(work)).toMatchObject({ code: 'aborted' });
  });

  it('stays out of errors and of the trace', async () => {
    const { trace, events } = createRecorder();
    const client = hostileClient(op, { clock, trace });
    const token = await op.accessToken('rfc9068', { sub: 'canary-subject' });
    await validateAccessToken(client, token, { audience });
    const error = await failureOf(validateAccessToken(client, `${token}AA`, { audience }));
    const shown = JSON.stringify([events, error, error.stack]);
    expect(shown).not.toMatch(/eyJ|canary-subject/);
  });
});

describe('keys that leave a choice or cannot be used', () => {
  const issuer = 'https://login.example';
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwkOf = ({ publicKey }: ReturnType<typeof pair>): NodeJwk =>
    publicKey.export({ format: 'jwk' });
  const tokenBy = (keys: ReturnType<typeof pair>) =>
    new SignJWT({ client_id: 'app', scope: 'a' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience('api')
      .setSubject('ada')
      .setJti('j')
      .setIssuedAt(seconds())
      .setExpirationTime(seconds() + 60)
      .sign(keys.privateKey);
  const clientWith = (keys: object[]) => {
    const web = createWeb({ [`${issuer}/jwks`]: () => json({ keys }) });
    const metadata = { jwks_uri: `${issuer}/jwks` };
    return createClient({
      issuer,
      clientId: 'api',
      discovery: false,
      metadata,
      clock,
      fetch: web.fetch,
    });
  };
  const options = { audience: 'api' };

  it('without key ids are tried one after the other', async () => {
    const [one, two, three] = [pair(), pair(), pair()];
    const client = clientWith([jwkOf(one), jwkOf(two)]);
    expect((await validateAccessToken(client, await tokenBy(two), options)).subject).toBe('ada');
    await refused(validateAccessToken(client, await tokenBy(three), options), 'signature');
  });

  it.each<[string, (jwk: NodeJwk) => object[]]>([
    ['not on the curve', (jwk) => [{ ...jwk, x: jwk.y, y: jwk.x }]],
    ['without coordinates', ({ kty, crv }) => [{ kty, crv }]],
    ['of coordinates that are numbers', (jwk) => [{ ...jwk, x: 1, y: 2 }]],
    [
      'twice not on the curve',
      (jwk) => [
        { ...jwk, x: jwk.y, y: jwk.x },
        { ...jwk, x: jwk.y, y: jwk.x },
      ],
    ],
    ['for encryption', (jwk) => [{ ...jwk, use: 'enc' }]],
    ['for another purpose', (jwk) => [{ ...jwk, key_ops: ['deriveBits'] }]],
    ['for another algorithm', (jwk) => [{ ...jwk, alg: 'ES384' }]],
    ['of none', () => []],
    ['of null', () => [null as Anything]],
  ])('%s end in a typed error', async (_, keys) => {
    const own = pair();
    const client = clientWith(keys(jwkOf(own)));
    await refused(validateAccessToken(client, await tokenBy(own), options), 'key');
  });

  it('of RSA that are too short end in a typed error', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const client = clientWith([publicKey.export({ format: 'jwk' })]);
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg: 'RS256', typ: 'at+jwt' })}.${encode({ iss: issuer })}`;
    const token = `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    await refused(validateAccessToken(client, token, options), 'key');
  });

  it('that cannot be had are no fault of the token', async () => {
    const web = createWeb({ [`${issuer}/jwks`]: () => new Response('', { status: 503 }) });
    const metadata = { jwks_uri: `${issuer}/jwks` };
    const client = createClient({
      issuer,
      clientId: 'api',
      discovery: false,
      metadata,
      clock,
      fetch: web.fetch,
    });
    expect(
      await failureOf(validateAccessToken(client, await tokenBy(pair()), options)),
    ).toMatchObject({ code: 'http_status', status: 503, retryable: true });
  });
});

describe('what the caller requires', () => {
  it('is every scope', async () => {
    const token = await op.accessToken('rfc9068', { scope: 'a b' });
    await validateAccessToken(api, token, { audience, requireScopes: ['b', 'a'] });
    const error = await failureOf(
      validateAccessToken(api, token, { audience, requireScopes: ['a', 'c'] }),
    );
    expect(error).toMatchObject({ check: 'access_token.scope', expected: 'a c', received: 'a b' });
  });

  it('is one of the classes', async () => {
    const token = await op.accessToken('rfc9068', { acr: 'silver' });
    await validateAccessToken(api, token, { audience, acr: ['gold', 'silver'] });
    await refused(validateAccessToken(api, token, { audience, acr: ['gold'] }), 'acr');
    const plain = await op.accessToken('rfc9068');
    await refused(validateAccessToken(api, plain, { audience, acr: ['gold'] }), 'acr');
  });

  it.each<[unknown, boolean]>([
    [-90, true],
    [-91, false],
    [undefined, false],
    ['now', false],
  ])('is a recent sign-in (%o)', async (age, isGood) => {
    const auth_time = typeof age === 'number' ? seconds() + age : age;
    const token = await op.accessToken('rfc9068', { auth_time });
    const work = validateAccessToken(api, token, { audience, maxAge: 60 });
    if (isGood) expect(await work).toHaveProperty('subject');
    else await refused(work, 'auth_time');
  });

  it('is the certificate that the token is bound to', async () => {
    const token = await op.accessToken('rfc9068', { cnf: { 'x5t#S256': 'the-thumbprint' } });
    const good = { audience, certificateThumbprint: 'the-thumbprint' };
    await validateAccessToken(api, token, good);
    await refused(validateAccessToken(api, token, { audience }), 'certificate');
    const other = { audience, certificateThumbprint: 'another' };
    await refused(validateAccessToken(api, token, other), 'certificate');
    // One that is not bound may come over any connection.
    await validateAccessToken(api, await op.accessToken('rfc9068'), good);
  });

  const good = { audience: 'api' };
  it.each<[string, Anything, Anything, string]>([
    ['no token', undefined, good, 'token'],
    ['an empty token', '', good, 'token'],
    ['a token that is an object', {}, good, 'token'],
    ['no options', 'a.b.c', undefined, 'options'],
    ['null', 'a.b.c', null, 'options'],
    ['no audience', 'a.b.c', {}, 'audience'],
    ['an empty audience', 'a.b.c', { audience: '' }, 'audience'],
    ['a list of no audience', 'a.b.c', { audience: [] }, 'audience'],
    ['an audience that is a number', 'a.b.c', { audience: [1] }, 'audience'],
    ['an unknown profile', 'a.b.c', { ...good, profile: 'auth0' }, 'profile'],
    ['an inherited profile', 'a.b.c', { ...good, profile: 'toString' }, 'profile'],
    ['none as algorithm', 'a.b.c', { ...good, algorithms: ['none'] }, 'algorithms'],
    ['HS256 as algorithm', 'a.b.c', { ...good, algorithms: ['RS256', 'HS256'] }, 'algorithms'],
    ['no algorithm', 'a.b.c', { ...good, algorithms: [] }, 'algorithms'],
    ['an algorithm that is no list', 'a.b.c', { ...good, algorithms: 'RS256' }, 'algorithms'],
    ['scopes that are no list', 'a.b.c', { ...good, requireScopes: 'a b' }, 'requireScopes'],
    ['an acr that is no list', 'a.b.c', { ...good, acr: 'gold' }, 'acr'],
    ['a negative age', 'a.b.c', { ...good, maxAge: -1 }, 'maxAge'],
    ['an age in words', 'a.b.c', { ...good, maxAge: '60' }, 'maxAge'],
    [
      'an empty thumbprint',
      'a.b.c',
      { ...good, certificateThumbprint: '' },
      'certificateThumbprint',
    ],
    ['a guard that is none', 'a.b.c', { ...good, replayGuard: {} }, 'replayGuard'],
    ['a signal that is none', 'a.b.c', { ...good, signal: {} }, 'signal'],
  ])('cannot be %s', async (_, token, options, option) => {
    const { client, web } = setUp();
    const error = await failureOf(() => validateAccessToken(client, token, options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(web.requests).toEqual([]);
  });
});

describe('a token that is bound to a key', () => {
  let privateKey: CryptoKey;
  let jwk: Record<string, unknown>;
  let jkt: string;
  let token: string;
  let ath: string;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    ({ privateKey } = pair);
    jwk = { ...(await exportJWK(pair.publicKey)) };
    jkt = await calculateJwkThumbprint(jwk as Anything);
    token = await op.accessToken('rfc9068', { cnf: { jkt } });
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
    ath = Buffer.from(hash).toString('base64url');
  });

  interface Change {
    claims?: Record<string, unknown>;
    header?: Record<string, unknown>;
    key?: CryptoKey;
    authorization?: string;
    method?: string;
  }
  async function bound({
    claims,
    header,
    key = privateKey,
    authorization,
    method = 'GET',
  }: Change = {}) {
    const proof = await new SignJWT({
      jti: crypto.randomUUID(),
      htm: 'GET',
      htu: 'https://api.example/orders',
      iat: seconds(),
      ath,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
      .sign(key);
    return new Request(url, {
      method,
      headers: { authorization: authorization ?? `DPoP ${token}`, dpop: proof },
    });
  }
  const validate = (request: Request | string, options: object = {}) =>
    validateAccessToken(api, request, { audience, ...options });

  it('is taken with a proof for this request', async () => {
    expect((await validate(await bound())).subject).toBe('248289761001');
    const encoded = await bound({ claims: { htu: 'HTTPS://API.example:443/orders#x' } });
    expect((await validate(encoded)).subject).toBe('248289761001');
  });

  it.each([
    ['/~ada/caf%C3%A9', '/%7Eada/caf%c3%a9'],
    ['/%7eada/%2d', '/~ada/-'],
  ])('is taken for %s with a proof for %s, which is the same', async (path, proven) => {
    const { headers } = await bound({ claims: { htu: `https://api.example${proven}` } });
    const request = new Request(`https://api.example${path}`, { headers });
    expect(await validate(request)).toHaveProperty('claims');
  });

  it.each([
    ['/a/b', '/a%2Fb'],
    ['/a%2fb%3F', '/a%2Fb?'],
    ['/a%25b', '/a%b'],
  ])('is refused for %s with a proof for %s, which is another one', async (path, proven) => {
    const { headers } = await bound({ claims: { htu: `https://api.example${proven}` } });
    await refused(validate(new Request(`https://api.example${path}`, { headers })), 'proof_htu');
  });

  it.each<[target: string, htu: string | undefined, baseUrl: string | undefined]>([
    ['data:.evil.example/orders', 'https://api.example.evil.example/orders', 'https://api.example'],
    ['data:@evil.example/orders', 'https://evil.example/orders', 'https://api.example'],
    ['*', undefined, 'https://api.example'],
    ['/orders', undefined, undefined],
  ])('is refused for a request to %s with a proof for %s', async (target, htu, baseUrl) => {
    const { headers } = await bound({ claims: { htu } });
    const tokens = createAccessTokenValidator({
      issuer: op.issuer,
      audience,
      clock,
      baseUrl,
      allowInsecureRequests: 'loopback',
    });
    // With a base, as of node:http; without, as of a framework whose requests know no more than a path.
    const given = baseUrl ? Object.fromEntries(headers) : headers;
    const request = { method: 'GET', url: target, headers: given };
    expect(await tokens.validate(request as NodeRequest)).toMatchObject({
      ok: false,
      error: { check: 'access_token.proof_htu' },
    });
  });

  const past = (age: number) => ({ claims: { iat: seconds() - age } });
  it.each<[check: string, change: () => Change]>([
    ['proof_htm', () => ({ claims: { htm: 'POST' } })],
    ['proof_htm', () => ({ method: 'DELETE' })],
    ['proof_htm', () => ({ claims: { htm: undefined } })],
    ['proof_htu', () => ({ claims: { htu: 'https://api.example/others' } })],
    ['proof_htu', () => ({ claims: { htu: 'https://evil.example/orders' } })],
    ['proof_htu', () => ({ claims: { htu: undefined } })],
    ['proof_htu', () => ({ claims: { htu: ['https://api.example/orders'] } })],
    ['proof_ath', () => ({ claims: { ath: 'x' } })],
    ['proof_ath', () => ({ claims: { ath: undefined } })],
    ['proof_iat', () => past(331)],
    ['proof_iat', () => past(-331)],
    ['proof_iat', () => ({ claims: { iat: undefined } })],
    ['proof', () => ({ claims: { iat: 'now' } })],
    ['proof_jti', () => ({ claims: { jti: undefined } })],
    ['proof_jti', () => ({ claims: { jti: '' } })],
    ['proof_jti', () => ({ claims: { jti: 7 } })],
    ['proof_jti', () => ({ claims: { jti: 'j'.repeat(501) } })],
    ['proof', () => ({ header: { typ: 'JWT' } })],
    ['proof_key', () => ({ header: { jwk: undefined } })],
    ['proof_key', () => ({ header: { jwk: { ...jwk, d: jwk['x'] } } })],
    ['proof', () => ({ header: { jwk: { ...jwk, x: jwk['y'] } } })],
    ['scheme', () => ({ authorization: `Bearer ${token}` })],
  ])('is refused when %s is wrong (%#)', async (check, change) => {
    await refused(validate(await bound(change())), check);
  });

  it.each([330, -330])('is taken with a proof that is %d s old', async (age) => {
    expect(await validate(await bound(past(age)))).toHaveProperty('claims');
  });

  it("is refused with another key's proof", async () => {
    const other = await generateKeyPair('ES256');
    const header = { jwk: { ...(await exportJWK(other.publicKey)) } };
    await refused(validate(await bound({ key: other.privateKey, header })), 'proof_jkt');
    await refused(validate(await bound({ key: other.privateKey })), 'proof');
  });

  it('is refused with a proof made by a secret', async () => {
    const secret = new TextEncoder().encode('a secret of some thirty-two bytes');
    const proof = await new SignJWT({ jti: 'j' })
      .setProtectedHeader({
        alg: 'HS256',
        typ: 'dpop+jwt',
        jwk: { kty: 'oct', k: 'YQ' } as Anything,
      })
      .sign(secret);
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    await refused(validate(new Request(url, { headers })), 'proof_alg');
  });

  it('is refused when the proof comes again, here or in another process', async () => {
    const request = await bound();
    await validate(request);
    await refused(validate(request), 'proof_replay');
    const asked: number[] = [];
    const replayGuard = { isNew: (_: string, until: number) => asked.push(until) === 1 };
    await validate(await bound(), { replayGuard });
    await refused(validate(await bound(), { replayGuard }), 'proof_replay');
    // As long as it would be taken: 300 s, the tolerance, and a minute.
    expect(asked[0]).toBe((seconds() + 300 + 30 + 60) * 1000);
    // A time need not be a whole number; that a store expires at does.
    await validate(await bound({ claims: { iat: seconds() + 0.0001 } }), {
      replayGuard: { isNew: (_: string, until: number) => asked.push(until) === 3 },
    });
    expect(asked[2]).toBe((seconds() + 300 + 30 + 60) * 1000 + 1);
  });

  it.each<[string, () => Promise<Request | string>]>([
    ['proof', async () => new Request(url, { headers: { authorization: `DPoP ${token}` } })],
    [
      'proof',
      async () => {
        const request = await bound();
        request.headers.append('dpop', request.headers.get('dpop') as string);
        return request;
      },
    ],
    [
      'proof',
      async () => new Request(url, { headers: { authorization: `DPoP ${token}`, dpop: 'x' } }),
    ],
    ['scheme', async () => token],
  ])('is refused without one proof: %s (%#)', async (check, request) => {
    await refused(validate(await request()), check);
  });

  it('is refused where the token is bound to nothing', async () => {
    const plain = await op.accessToken('rfc9068');
    await refused(validate(await bound({ authorization: `DPoP ${plain}` })), 'scheme');
  });

  it('is refused when what it is bound to is no thumbprint', async () => {
    const odd = await op.accessToken('rfc9068', { cnf: { jkt: 7 } });
    await refused(validate(await bound({ authorization: `DPoP ${odd}` })), 'cnf');
  });
});
