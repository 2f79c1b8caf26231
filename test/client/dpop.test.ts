import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { clientCredentialsGrant, createAuthorizationRequest, dpop } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { bearer, callback, issuer, scriptedProvider } from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

const bound = { ...bearer, token_type: 'DPoP' };

function setUp(headers: Record<string, string> = {}) {
  const provider = scriptedProvider();
  provider.web.on(`${issuer}/token`, () => json(bound, 200, headers));
  const proofs = () =>
    provider.web.requests.map((request) => {
      const proof = request.headers.get('dpop') ?? '';
      return { header: decodeProtectedHeader(proof), claims: decodeJwt(proof) };
    });
  return { ...provider, proofs };
}

type Usage = 'sign' | 'verify' | 'deriveBits';
const pair = (algorithm: Anything, usages: Usage[] = ['sign', 'verify']) =>
  crypto.subtle.generateKey(algorithm, false, usages) as Promise<Anything>;
const p256 = { name: 'ECDSA', namedCurve: 'P-256' };

describe('dpop', () => {
  it('proves with a time by the injected clock', async () => {
    const { client, now, proofs } = setUp();
    await clientCredentialsGrant(client({ dpop: dpop() }));
    expect(proofs()[0]?.claims).toMatchObject({ htm: 'POST', htu: `${issuer}/token`, iat: now });
  });

  it.each([-3600, 0.5, 90])('adds %s seconds for a server whose clock is off', async (offset) => {
    const { client, now, proofs } = setUp();
    await clientCredentialsGrant(client({ dpop: dpop({ clockOffsetSeconds: offset }) }));
    expect(proofs()[0]?.claims.iat).toBe(Math.floor(now + offset));
  });

  it('shared by two clients keeps the clock of each, and one key', async () => {
    const shared = dpop();
    const [early, late] = [setUp(), setUp()];
    late.clock.advance(3_600_000);
    const [first, second] = [early.client({ dpop: shared }), late.client({ dpop: shared })];
    for (const client of [first, second, first]) await clientCredentialsGrant(client);
    expect(early.proofs().map(({ claims }) => claims.iat)).toEqual([early.now, early.now]);
    expect(late.proofs().map(({ claims }) => claims.iat)).toEqual([late.now + 3600]);
    const keys = [...early.proofs(), ...late.proofs()].map(({ header }) => header.jwk);
    expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(1);
  });

  it('gets its key when it is first needed, once, and again after that failed', async () => {
    const keyPair = await pair(p256);
    const answers: (() => unknown)[] = [
      () => Promise.reject(new Error('secret')),
      () => ({ ...keyPair, privateKey: undefined }),
      async () => keyPair,
    ];
    const { client, proofs } = setUp();
    const made = client({ dpop: dpop({ keyPair: () => answers.shift()?.() as Anything }) });
    expect(answers).toHaveLength(3);
    for (const left of [2, 1]) {
      const error = await failureOf(clientCredentialsGrant(made));
      expect(error).toMatchObject({ code: 'invalid_option', option: 'keyPair' });
      expect(error.message).not.toContain('secret');
      expect(answers).toHaveLength(left);
    }
    await clientCredentialsGrant(made);
    await clientCredentialsGrant(made);
    const { x } = await crypto.subtle.exportKey('jwk', keyPair.publicKey);
    expect(proofs().map(({ header }) => header.jwk?.x)).toEqual([x, x]);
  });

  it('uses the nonce of an answer from then on', async () => {
    const { client, proofs } = setUp({ 'dpop-nonce': 'n-1' });
    const made = client({ dpop: dpop() });
    await clientCredentialsGrant(made);
    await clientCredentialsGrant(made);
    expect(proofs().map(({ claims }) => claims['nonce'])).toEqual([undefined, 'n-1']);
  });

  it.each([
    ['ES256', p256],
    ['ES384', { name: 'ECDSA', namedCurve: 'P-384' }],
    ['ES512', { name: 'ECDSA', namedCurve: 'P-521' }],
    ['Ed25519', 'Ed25519'],
  ])('proves with a given key of %s, which stays where it is', async (algorithm, of) => {
    const { client, proofs } = setUp();
    const keyPair = await pair(of);
    const metadata = { dpop_signing_alg_values_supported: [algorithm] };
    await clientCredentialsGrant(client({ dpop: dpop({ keyPair }), metadata }));
    expect(proofs()[0]?.header).toMatchObject({ alg: algorithm, typ: 'dpop+jwt' });
    expect(proofs()[0]?.header.jwk).not.toHaveProperty('d');
  });

  it('makes the key for the algorithm that was asked for', async () => {
    const { client, proofs } = setUp();
    await clientCredentialsGrant(client({ dpop: dpop({ algorithm: 'ES384' }) }));
    expect(proofs()[0]?.header.alg).toBe('ES384');
  });

  it.each<[problem: string, options: Anything, option: string]>([
    ['a symmetric algorithm', { algorithm: 'HS256' }, 'algorithm'],
    ['no algorithm at all', { algorithm: 'none' }, 'algorithm'],
    ['an offset that is no number', { clockOffsetSeconds: '5' }, 'clockOffsetSeconds'],
    ['an endless offset', { clockOffsetSeconds: Infinity }, 'clockOffsetSeconds'],
    ['half a key pair', { keyPair: {} }, 'keyPair'],
    ['null for a key pair', { keyPair: null }, 'keyPair'],
    ['no text for a key pair', { keyPair: '' }, 'keyPair'],
    [
      'what only looks like a key pair',
      { keyPair: { privateKey: { type: 'private' }, publicKey: { extractable: true } } },
      'keyPair',
    ],
    ['a permission in words', { allowBearer: 'false' }, 'allowBearer'],
    ['options that are none', 'ES256', 'options'],
  ])('refuses %s', async (_, options, option) => {
    const error = await failureOf(() => dpop(options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });

  it('refuses a pair that is the wrong way round, or cannot be shown', async () => {
    const { privateKey, publicKey } = await pair(p256);
    for (const keyPair of [
      { privateKey: publicKey, publicKey: privateKey },
      { privateKey, publicKey: privateKey },
    ]) {
      const error = await failureOf(() => dpop({ keyPair } as Anything));
      expect(error).toMatchObject({ option: 'keyPair' });
    }
  });

  it.each<[problem: string, algorithm: Anything, usages: Usage[]]>([
    ['cannot sign', { name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']],
    [
      'is too short',
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      ['sign', 'verify'],
    ],
  ])('refuses a pair that %s, before anything is sent', async (_, algorithm, usages) => {
    const keyPair = await pair(algorithm, usages);
    expect(await failureOf(() => dpop({ keyPair }))).toMatchObject({ option: 'keyPair' });
    const { client, web } = setUp();
    const work = clientCredentialsGrant(client({ dpop: dpop({ keyPair: () => keyPair }) }));
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'keyPair' });
    expect(web.requests).toEqual([]);
  });

  it('asks for nothing where the server cannot verify the algorithm', async () => {
    const { client, web } = setUp();
    const metadata = { dpop_signing_alg_values_supported: ['PS256'] };
    const made = client({ dpop: dpop(), metadata });
    for (const work of [
      clientCredentialsGrant(made),
      createAuthorizationRequest(made, { redirectUri: callback }),
    ]) {
      expect(await failureOf(work)).toMatchObject({
        code: 'unsupported_by_server',
        option: 'dpop_signing_alg_values_supported',
      });
    }
    expect(web.requests).toEqual([]);
  });

  it('takes no bearer token, unless that is allowed', async () => {
    const { client, web } = setUp();
    web.on(`${issuer}/token`, () => json(bearer));
    const error = await failureOf(clientCredentialsGrant(client({ dpop: dpop() })));
    expect(error).toMatchObject({ check: 'token_response.token_type' });
    const tokens = await clientCredentialsGrant(client({ dpop: dpop({ allowBearer: true }) }));
    expect(tokens.tokenType).toBe('Bearer');
    expect(tokens).not.toHaveProperty('keyThumbprint');
  });

  it.each(['a b', 'a, b', 'a"b', 'a\\b'])('keeps no nonce that is none: %s', async (nonce) => {
    const { client, proofs } = setUp({ 'dpop-nonce': nonce });
    const made = client({ dpop: dpop() });
    await clientCredentialsGrant(made);
    await clientCredentialsGrant(made);
    expect(proofs().map(({ claims }) => claims['nonce'])).toEqual([undefined, undefined]);
  });

  it('gives up where a refusal brings a nonce that is none', async () => {
    const { client, tokenRequests, web } = setUp();
    web.on(`${issuer}/token`, () =>
      json({ error: 'use_dpop_nonce' }, 400, { 'dpop-nonce': 'a b' }),
    );
    expect(await failureOf(clientCredentialsGrant(client({ dpop: dpop() })))).toMatchObject({
      check: 'token_response.dpop_nonce',
    });
    expect(tokenRequests()).toHaveLength(1);
  });
});
