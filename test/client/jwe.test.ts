import { CompactEncrypt, exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DecryptionKey, jwe, passwordGrant, refreshTokenGrant } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { bearer, issuer, scriptedProvider } from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let ec: Pair;
let other: Pair;
let rsa: Pair;
let jwk: Anything;

beforeAll(async () => {
  [ec, other, rsa] = await Promise.all([
    generateKeyPair('ECDH-ES', { extractable: true }),
    generateKeyPair('ECDH-ES', { extractable: true }),
    generateKeyPair('RSA-OAEP-256', { extractable: true }),
  ]);
  jwk = await exportJWK(ec.privateKey);
});

interface Encryption {
  readonly header?: object;
  readonly inner?: object;
  readonly publicKey?: Pair['publicKey'];
}

/** A sign-in whose ID token comes encrypted. */
async function signIn(keys: readonly DecryptionKey[], encryption: Encryption = {}) {
  const { header, inner, publicKey = ec.publicKey } = encryption;
  const provider = scriptedProvider();
  const signed = await provider.idToken({}, inner);
  const idToken = await new CompactEncrypt(new TextEncoder().encode(signed))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM', cty: 'JWT', ...header })
    .encrypt(publicKey);
  provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: idToken }));
  const client = provider.client({ decryption: jwe(keys) });
  return passwordGrant(client, { username: 'ada', password: 'x' });
}

const ours = (more: object = {}): DecryptionKey => ({
  key: ec.privateKey,
  algorithm: 'ECDH-ES',
  ...more,
});

describe('jwe', () => {
  it('reads an ID token with a key of Web Crypto', async () => {
    expect((await signIn([ours()])).claims).toMatchObject({ sub: 'ada' });
  });

  it('reads an ID token with a JWK', async () => {
    expect((await signIn([{ key: jwk, algorithm: 'ECDH-ES' }])).claims?.sub).toBe('ada');
  });

  it('reads an ID token with an RSA key', async () => {
    const keys = [{ key: rsa.privateKey, algorithm: 'RSA-OAEP-256' }] as const;
    const { publicKey } = rsa;
    const tokens = await signIn(keys, { publicKey, header: { alg: 'RSA-OAEP-256' } });
    expect(tokens.claims?.sub).toBe('ada');
  });

  it('tries each fitting key', async () => {
    const tokens = await signIn([{ ...ours(), key: other.privateKey }, ours()]);
    expect(tokens.claims?.sub).toBe('ada');
  });

  it.each<[what: string, keys: () => DecryptionKey[], header: object]>([
    ['that names it', () => [ours({ keyId: 'k-1' })], { kid: 'k-1' }],
    ['that names none', () => [ours({ keyId: 'k-1' })], {}],
    ['that names one, where ours has no name', () => [ours()], { kid: 'k-1' }],
    ['that its JWK names', () => [ours({ key: { ...jwk, kid: 'k-1' } })], { kid: 'k-1' }],
    [
      'whose JWK has another name than here',
      () => [ours({ key: { ...jwk, kid: 'k-2' }, keyId: 'k-1' })],
      { kid: 'k-1' },
    ],
  ])('uses a key for a token %s', async (_, keys, header) => {
    expect((await signIn(keys(), { header })).claims?.sub).toBe('ada');
  });

  it.each<[what: string, keys: () => DecryptionKey[], encryption: Encryption]>([
    ['for another key', () => [{ ...ours(), key: other.privateKey }], {}],
    ['that names another key', () => [ours({ keyId: 'k-1' })], { header: { kid: 'k-2' } }],
    ['by another algorithm', () => [ours({ algorithm: 'ECDH-ES+A128KW' })], {}],
    [
      'by a wrapped key where none was agreed',
      () => [ours()],
      { header: { alg: 'ECDH-ES+A128KW' } },
    ],
  ])('refuses a token %s', async (_, keys, encryption) => {
    expect(await failureOf(signIn(keys(), encryption))).toMatchObject({
      code: 'invalid_id_token',
      check: 'id_token.encryption',
    });
  });

  it('refuses a token with a critical header that nobody knows', async () => {
    const provider = scriptedProvider();
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const header = encode({ alg: 'ECDH-ES', enc: 'A128GCM', crit: ['x'], x: 1, epk: {} });
    provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: `${header}....` }));
    const client = provider.client({ decryption: jwe([ours()]) });
    const work = passwordGrant(client, { username: 'ada', password: 'x' });
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_id_token' });
  });

  it.each(['at+jwt', 'logout+jwt', 'application/at+jwt', ' at+jwt', 'at+jwt;x=y'])(
    'refuses a token that is %s inside',
    async (typ) => {
      const error = await failureOf(signIn([ours()], { inner: { typ } }));
      expect(error).toMatchObject({ code: 'invalid_id_token', check: 'id_token.typ' });
    },
  );

  it.each(['JWT', 'jwt', 'application/jwt', 'id_token+jwt', 'JWT ; x=y'])(
    'takes a token that is %s inside, whatever stands outside',
    async (typ) => {
      const tokens = await signIn([ours()], { inner: { typ }, header: { typ: 'at+jwt' } });
      expect(tokens.claims?.sub).toBe('ada');
    },
  );

  it('leaves a plain token as it is', async () => {
    const provider = scriptedProvider();
    const idToken = await provider.idToken();
    provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: idToken }));
    const client = provider.client({ decryption: jwe([ours()]) });
    const tokens = await refreshTokenGrant(client, { refreshToken: 'r' });
    expect(tokens.idToken).toBe(idToken);
  });

  it.each<[problem: string, keys: () => Anything]>([
    ['nothing', () => undefined],
    ['no keys', () => []],
    ['one that is not in a list', () => ours()],
    ['null', () => [null]],
    ['one without a key', () => [{ algorithm: 'ECDH-ES' }]],
    ['one that is null', () => [{ key: null, algorithm: 'ECDH-ES' }]],
    ['a PEM', () => [{ key: 'PRIVATE KEY', algorithm: 'ECDH-ES' }]],
    ['a public key', () => [ours({ key: ec.publicKey })]],
    ['a public JWK', () => [ours({ key: { ...jwk, d: undefined } })]],
    ['a shared secret', () => [{ key: { kty: 'oct', k: 'c2VjcmV0' }, algorithm: 'dir' }]],
    ['the algorithm dir', () => [ours({ algorithm: 'dir' })]],
    ['the algorithm RSA1_5', () => [ours({ algorithm: 'RSA1_5' })]],
    ['a password-based algorithm', () => [ours({ algorithm: 'PBES2-HS256+A128KW' })]],
    ['no algorithm', () => [ours({ algorithm: undefined })]],
  ])('cannot be made of %s', async (_, keys) => {
    const error = await failureOf(() => jwe(keys()));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'keys' });
  });
});
