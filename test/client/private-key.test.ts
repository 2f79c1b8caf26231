import { inspect } from 'node:util';
import { decodeProtectedHeader, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  clientCredentialsGrant,
  createAuthorizationRequest,
  jar,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { callback, scriptedProvider } from '../support/scripted-provider.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
const pairs = new Map<string, Pair>();
const algorithms = ['ES256', 'ES384', 'ES512', 'Ed25519', 'RS256', 'PS384'];

beforeAll(async () => {
  for (const algorithm of algorithms) {
    pairs.set(algorithm, await generateKeyPair(algorithm, { extractable: true }));
  }
});
const pairOf = (algorithm: string) => pairs.get(algorithm) as Pair;
const jwkOf = (algorithm: string): Promise<Anything> => exportJWK(pairOf(algorithm).privateKey);
const pemOf = (algorithm: string) => exportPKCS8(pairOf(algorithm).privateKey);

const shortPair = () => {
  const publicExponent = new Uint8Array([1, 0, 1]);
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent };
  return crypto.subtle.generateKey({ ...algorithm, hash: 'SHA-256' }, true, ['sign', 'verify']);
};

/** The assertion that a token request is sent with. */
async function assertionOf(key: Anything, options?: PrivateKeyJwtOptions): Promise<string> {
  const { client, tokenRequests } = scriptedProvider();
  await clientCredentialsGrant(client({ authentication: privateKeyJwt(key, options) }));
  return tokenRequests()[0]?.get('client_assertion') ?? '';
}

async function expectSigned(assertion: string, algorithm: string, pair = algorithm) {
  const { publicKey } = pairOf(pair);
  const { protectedHeader } = await jwtVerify(assertion, publicKey, {
    algorithms: [algorithm],
    currentDate: new Date(Date.UTC(2026, 0, 15, 12)),
  });
  return protectedHeader;
}

describe('a private key', () => {
  it.each(algorithms)('of Web Crypto says that it is for %s', async (algorithm) => {
    const assertion = await assertionOf(pairOf(algorithm).privateKey);
    expect(await expectSigned(assertion, algorithm)).toEqual({ alg: algorithm });
  });

  it.each(['ES256', 'ES384', 'ES512', 'Ed25519'])(
    'in JSON leaves %s as the one choice, and names itself',
    async (algorithm) => {
      const { alg, ...jwk } = await jwkOf(algorithm);
      const assertion = await assertionOf({ ...jwk, kid: 'k-1' });
      expect(await expectSigned(assertion, algorithm)).toEqual({ alg: algorithm, kid: 'k-1' });
    },
  );

  it('in JSON may say what it is for', async () => {
    const jwk = { ...(await jwkOf('RS256')), alg: 'RS256', kid: 'k-1' };
    const assertion = await assertionOf(jwk, { keyId: 'k-2' });
    expect(await expectSigned(assertion, 'RS256')).toEqual({ alg: 'RS256', kid: 'k-2' });
  });

  it.each(algorithms)('in PEM is used as told, with %s', async (algorithm) => {
    const assertion = await assertionOf(await pemOf(algorithm), { algorithm });
    expect(await expectSigned(assertion, algorithm)).toEqual({ alg: algorithm });
  });

  it('for Ed25519 may go by its older name', async () => {
    const assertion = await assertionOf(pairOf('Ed25519').privateKey, { algorithm: 'EdDSA' });
    expect(decodeProtectedHeader(assertion).alg).toBe('EdDSA');
  });

  it.each<[problem: string, key: () => Anything, options: Anything, option: string]>([
    ['nothing', () => undefined, {}, 'key'],
    ['null', () => null, {}, 'key'],
    ['a list', () => [], {}, 'key'],
    ['an empty object', () => ({}), {}, 'key'],
    ['an empty text', () => '', {}, 'key'],
    ['a certificate', () => '-----BEGIN CERTIFICATE-----', {}, 'key'],
    ['a public key', () => pairOf('ES256').publicKey, {}, 'key'],
    ['a public key in JSON', () => exportJWK(pairOf('ES256').publicKey), {}, 'key'],
    ['a shared secret in JSON', () => ({ kty: 'oct', k: 'c2VjcmV0' }), {}, 'key'],
    [
      'a key that cannot sign',
      async () => (await generateKeyPair('ECDH-ES')).privateKey,
      { algorithm: 'ES256' },
      'key',
    ],
    ['a PEM without an algorithm', () => pemOf('RS256'), {}, 'algorithm'],
    ['an RSA JWK without an algorithm', () => jwkOf('RS256'), {}, 'algorithm'],
    ['a symmetric algorithm', () => pemOf('RS256'), { algorithm: 'HS256' }, 'algorithm'],
    [
      'an algorithm of another kind',
      () => pairOf('ES256').privateKey,
      { algorithm: 'RS256' },
      'algorithm',
    ],
    [
      'another algorithm of the kind',
      () => pairOf('RS256').privateKey,
      { algorithm: 'PS256' },
      'algorithm',
    ],
    ['a short RSA key', async () => (await shortPair()).privateKey, {}, 'key'],
    [
      'a key in JSON with a number for its name',
      async () => ({ ...(await jwkOf('ES256')), kid: 5 }),
      {},
      'keyId',
    ],
    ['options that are none', () => pairOf('ES256').privateKey, 'ES256', 'options'],
  ])('cannot be %s', async (_, make, options, option) => {
    const key = await make();
    for (const use of [privateKeyJwt, jar]) {
      const error = await failureOf(() => use(key, options));
      expect(error).toMatchObject({ name: 'ConfigurationError', code: 'invalid_option', option });
    }
  });

  it.each<[problem: string, key: () => Anything, algorithm: string]>([
    ['half of a PEM', async () => (await pemOf('ES256')).slice(0, 80), 'ES256'],
    ['a PEM of another kind', () => pemOf('ES256'), 'RS256'],
    ['a JWK of another kind', () => jwkOf('ES256'), 'RS256'],
    ['a JWK without its curve', async () => ({ ...(await jwkOf('ES256')), crv: '?' }), 'ES256'],
  ])('that turns out to be %s is a typed error, without the key', async (_, make, algorithm) => {
    const key = await make();
    const error = await failureOf(assertionOf(key, { algorithm }));
    expect(error).toMatchObject({ name: 'ConfigurationError', option: 'key' });
    const material = typeof key === 'string' ? key.slice(28, 60) : key.d;
    expect(inspect(error, { depth: 9 })).not.toContain(material);
  });
});

it('a short RSA key in JSON signs no request', async () => {
  const { privateKey } = await shortPair();
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256' };
  const { client } = scriptedProvider();
  const made = client({ requestObject: jar(key) });
  const work = createAuthorizationRequest(made, { redirectUri: callback });
  expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'key' });
});
