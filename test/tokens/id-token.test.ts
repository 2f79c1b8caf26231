import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientOptions,
  createClient,
  type IdTokenClaims,
  passwordGrant,
  refreshTokenGrant,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { createWeb, json } from '../support/scripted-web.ts';

const issuer = 'https://login.example';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
const keys = new Map<string, Keys>();
const algorithms = ['RS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

beforeAll(async () => {
  for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA']) {
    keys.set(alg, await generateKeyPair(alg, { extractable: true }));
  }
  keys.set('Ed25519', keys.get('EdDSA') as Keys);
  const rsa = await generateKeyPair('RS256', { extractable: true });
  keys.set('RS256', rsa);
  keys.set('PS384', rsa);
});

interface Issue {
  readonly alg?: string;
  readonly header?: object;
  readonly claims?: JWTPayload;
  readonly client?: Partial<ClientOptions>;
  readonly metadata?: Record<string, unknown>;
}

/** A provider that issues one ID token as told, at noon by the injected clock. */
async function setUp({ alg = 'RS256', header, claims, client, metadata }: Issue = {}) {
  const clock = createFakeClock();
  const pair = keys.get(alg) as Keys;
  // Only as JSON can RSA keys be used with two algorithms.
  const { importJWK } = await import('jose');
  const key = await importJWK(await exportJWK(pair.privateKey), alg);
  const now = clock.now() / 1000;
  const idToken = await new SignJWT({
    iss: issuer,
    sub: 'ada',
    aud: 'app',
    iat: now,
    exp: now + 300,
    ...claims,
  })
    .setProtectedHeader({ alg, ...header })
    .sign(key);
  const web = createWeb({
    [`${issuer}/token`]: () =>
      json({
        access_token: 'access',
        token_type: 'Bearer',
        refresh_token: 'refresh',
        id_token: idToken,
      }),
    [`${issuer}/jwks`]: async () => json({ keys: [await exportJWK(pair.publicKey)] }),
  });
  const relyingParty = createClient({
    issuer,
    clientId: 'app',
    discovery: false,
    metadata: { token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks`, ...metadata },
    fetch: web.fetch,
    clock,
    ...client,
  });
  const signIn = () => passwordGrant(relyingParty, { username: 'ada', password: 'x' });
  const refresh = (previous?: Partial<IdTokenClaims>) =>
    refreshTokenGrant(relyingParty, { refreshToken: 'r', claims: previous as IdTokenClaims });
  return { clock, now, web, signIn, refresh };
}

const failed = (check: string) => ({ code: 'invalid_id_token', check: `id_token.${check}` });

describe('the algorithm of an ID token', () => {
  it.each(algorithms)('%s is taken where it is pinned, with its own hash', async (alg) => {
    const size = { RS256: '256', PS384: '384', ES256: '256', ES384: '384' }[alg] ?? '512';
    const hash = createHash(`sha${size}`).update('access').digest();
    const at_hash = hash.subarray(0, hash.length / 2).toString('base64url');
    const { signIn } = await setUp({
      alg,
      claims: { at_hash },
      client: { idTokenSigningAlgorithm: alg },
    });
    expect((await signIn()).claims).toMatchObject({ sub: 'ada', at_hash });
  });

  it.each(algorithms.slice(1))('%s is refused where nothing is said', async (alg) => {
    const { signIn, web } = await setUp({ alg });
    expect(await failureOf(signIn())).toMatchObject({
      ...failed('alg'),
      expected: 'RS256',
      received: alg,
    });
    expect(web.count(`${issuer}/jwks`)).toBe(0);
  });

  it.each<[listed: unknown, alg: string, taken: boolean]>([
    [['ES256'], 'ES256', true],
    [['ES256'], 'RS256', false],
    [['RS256', 'ES256'], 'RS256', true],
    [['RS256', 'ES256'], 'ES256', false],
    [['none'], 'RS256', true],
    [[], 'RS256', true],
    [['PS256', 'ES256'], 'ES256', false],
    [['PS256', 'ES256'], 'RS256', false],
  ])('where the server lists %o is %s: %s', async (listed, alg, taken) => {
    const metadata = { id_token_signing_alg_values_supported: listed };
    const { signIn } = await setUp({ alg, metadata });
    if (taken) expect((await signIn()).claims?.sub).toBe('ada');
    else expect(await failureOf(signIn())).toMatchObject(failed('alg'));
  });
});

describe('the header of an ID token', () => {
  it.each([undefined, 'JWT', 'jwt', 'id_token+jwt', 'application/id_token+jwt'])(
    'may be of type %s',
    async (typ) => {
      const { signIn } = await setUp({ header: { typ } });
      expect((await signIn()).claims?.sub).toBe('ada');
    },
  );

  it.each<[typ: unknown]>([
    ['at+jwt'],
    ['application/at+JWT'],
    ['logout+jwt'],
    ['dpop+jwt'],
    ['not_id_token+jwt'],
    [{ toString: 1, valueOf: 1 }],
  ])('may not be of type %o', async (typ) => {
    const { signIn } = await setUp({ header: { typ } });
    expect(await failureOf(signIn())).toMatchObject(failed('typ'));
  });
});

describe('the claims of an ID token', () => {
  const noon = createFakeClock().now() / 1000;

  it.each<[claims: JWTPayload, check: string]>([
    [{ iss: 'https://evil.example' }, 'iss'],
    [{ sub: 'x'.repeat(256) }, 'sub'],
    [{ aud: 'another' }, 'aud'],
    [{ aud: ['app', 'another'] }, 'aud'],
    [{ aud: ['app', 'another'], azp: 'app' }, 'aud'],
    [{ azp: 'another' }, 'azp'],
    [{ azp: { toString: 1, valueOf: 1 } }, 'azp'],
    [{ nonce: 'unasked' }, 'nonce'],
    [{ exp: noon - 31 }, 'exp'],
    [{ exp: 1e11 }, 'exp'],
    [{ iat: noon + 31 }, 'iat'],
    [{ nbf: noon + 31 }, 'nbf'],
    [{ auth_time: -1 }, 'auth_time'],
    [{ at_hash: 'AAAA' }, 'at_hash'],
    [{ at_hash: 42 }, 'at_hash'],
  ])('%o are refused', async (claims, check) => {
    const { signIn } = await setUp({ claims });
    expect(await failureOf(signIn())).toMatchObject({ ...failed(check), phase: 'validation' });
  });

  it.each<[claims: JWTPayload]>([
    [{ sub: 'x'.repeat(255) }],
    [{ aud: ['app'] }],
    [{ azp: 'app' }],
    [{ exp: noon - 29 }],
    [{ iat: noon + 30 }],
    [{ nbf: noon + 29 }],
    [{ iat: noon - 86_400 }],
  ])('%o are taken', async (claims) => {
    const { signIn } = await setUp({ claims });
    expect((await signIn()).claims).toMatchObject(claims);
  });

  it('may name audiences that the application trusts', async () => {
    const claims = { aud: ['app', 'https://api.example'], azp: 'app' };
    const trustedAudiences = ['https://api.example'];
    const { signIn } = await setUp({ claims, client: { trustedAudiences } });
    expect((await signIn()).claims?.aud).toEqual(claims.aud);
    const other = await setUp({
      claims: { ...claims, aud: [...claims.aud, 'third'] },
      client: { trustedAudiences },
    });
    expect(await failureOf(other.signIn())).toMatchObject(failed('aud'));
  });

  it('are held against the tolerance that was chosen', async () => {
    const late = { exp: noon - 60, iat: noon - 120 };
    const strict = await setUp({ claims: late, client: { clockToleranceSeconds: 0 } });
    expect(await failureOf(strict.signIn())).toMatchObject(failed('exp'));
    const lenient = await setUp({ claims: late, client: { clockToleranceSeconds: 61 } });
    expect((await lenient.signIn()).claims?.sub).toBe('ada');
  });
});

describe('a renewed ID token', () => {
  const before = { iss: issuer, sub: 'ada', aud: 'app', nonce: 'n', auth_time: 1_000, azp: 'app' };

  it.each<[claims: JWTPayload, previous: object, check: string]>([
    [{ sub: 'grace' }, { ...before, azp: undefined }, 'renewed_sub'],
    [{}, before, 'renewed_azp'],
    [{ azp: 'app' }, { ...before, azp: undefined }, 'renewed_azp'],
    [{ azp: 'app', auth_time: 1_001 }, before, 'renewed_auth_time'],
    [{ azp: 'app', nonce: 'm' }, before, 'nonce'],
  ])('with %o after %o is refused', async (claims, previous, check) => {
    const { refresh } = await setUp({ claims });
    expect(await failureOf(refresh(previous))).toMatchObject(failed(check));
  });

  it.each<[claims: JWTPayload, previous: object]>([
    [{ azp: 'app' }, before],
    [{ azp: 'app', nonce: 'n', auth_time: 1_000 }, before],
    [
      { azp: 'app', auth_time: 5 },
      { ...before, auth_time: undefined },
    ],
  ])('with %o after %o is taken', async (claims, previous) => {
    const { refresh } = await setUp({ claims });
    expect((await refresh(previous)).claims).toMatchObject({ ...previous, ...claims });
  });

  it('is taken as it is where nothing is known of the one before', async () => {
    const { refresh } = await setUp({ claims: { nonce: 'of the sign-in' } });
    expect((await refresh(undefined)).claims?.sub).toBe('ada');
  });
});
