import { compactDecrypt, decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAuthorizationRequest, type JarOptions, jar, par } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  callback,
  issuer,
  type ScriptedClientOptions,
  scriptedProvider,
} from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let signing: Pair;
let rsa: Pair;
let ec: Pair;

beforeAll(async () => {
  [signing, rsa, ec] = await Promise.all([
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('RSA-OAEP', { extractable: true }),
    generateKeyPair('ECDH-ES', { extractable: true }),
  ]);
});

async function ask(options?: JarOptions, client: ScriptedClientOptions = {}) {
  const provider = scriptedProvider();
  const published = await Promise.all([
    exportJWK(signing.publicKey),
    exportJWK(ec.publicKey),
    exportJWK(rsa.publicKey),
  ]);
  const [signer, ecKey, rsaKey] = published;
  const keys = [
    { ...signer, use: 'sig' },
    { ...ecKey, use: 'enc', kid: 'ec-1' },
    { ...rsaKey, use: 'enc', alg: 'RSA-OAEP' },
  ];
  provider.web.on(`${issuer}/jwks`, () => json({ keys }));
  const made = provider.client({ requestObject: jar(signing.privateKey, options), ...client });
  const request = { redirectUri: callback, resource: ['https://a.example', 'https://b.example'] };
  return { ...provider, ...(await createAuthorizationRequest(made, request)) };
}

describe('jar', () => {
  it('signs every parameter and shows two of them', async () => {
    const { clock, now, transaction, url } = await ask({ keyId: 'k-1' });
    expect([...url.searchParams.keys()].sort()).toEqual([
      'client_id',
      'request',
      'response_type',
      'scope',
    ]);
    const { payload, protectedHeader } = await jwtVerify(
      url.searchParams.get('request') ?? '',
      signing.publicKey,
      { currentDate: new Date(clock.now()), audience: issuer, issuer: 'app' },
    );
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'k-1', typ: 'oauth-authz-req+jwt' });
    expect(payload).toMatchObject({
      state: transaction.state,
      nonce: transaction.nonce,
      resource: ['https://a.example', 'https://b.example'],
      iat: now - 5,
      nbf: now - 5,
      exp: now + 295,
    });
  });

  it.each<[keyManagement: string, pair: () => Pair, header: object]>([
    ['RSA-OAEP', () => rsa, { enc: 'A256GCM' }],
    ['ECDH-ES', () => ec, { enc: 'A256GCM', kid: 'ec-1' }],
    ['ECDH-ES+A128KW', () => ec, { enc: 'A256GCM', kid: 'ec-1' }],
  ])('encrypts with %s to the published key', async (keyManagement, pair, header) => {
    const { transaction, url } = await ask({ encryption: { keyManagement } });
    const sealed = url.searchParams.get('request') ?? '';
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, pair().privateKey);
    expect(protectedHeader).toMatchObject({
      alg: keyManagement,
      cty: 'oauth-authz-req+jwt',
      ...header,
    });
    expect('kid' in protectedHeader).toBe('kid' in header);
    expect(decodeJwt(new TextDecoder().decode(plaintext))['state']).toBe(transaction.state);
  });

  it('encrypts the content as told', async () => {
    const encryption = { keyManagement: 'ECDH-ES', content: 'A128CBC-HS256' };
    const { url } = await ask({ encryption });
    const sealed = url.searchParams.get('request') ?? '';
    const { protectedHeader } = await compactDecrypt(sealed, ec.privateKey);
    expect(protectedHeader.enc).toBe('A128CBC-HS256');
  });

  it('cannot encrypt where no key is published for it', async () => {
    const encryption = { keyManagement: 'RSA-OAEP-512' };
    expect(await failureOf(ask({ encryption }))).toMatchObject({
      code: 'unsupported_by_server',
      option: 'jwks_uri',
    });
  });

  it('does not sign what the server cannot verify', async () => {
    const metadata = { request_object_signing_alg_values_supported: ['PS256'] };
    expect(await failureOf(ask({}, { metadata }))).toMatchObject({
      code: 'unsupported_by_server',
      option: 'request_object_signing_alg_values_supported',
    });
  });

  it('pushes the signed request alone', async () => {
    const { url, web } = await ask({}, { pushedAuthorization: par() });
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'app',
      request_uri: 'urn:pushed:1',
    });
    const pushed = new URLSearchParams(web.requests[0]?.body);
    expect(pushed.has('request')).toBe(true);
    expect(pushed.has('state')).toBe(false);
  });

  it.each<[problem: string, options: Anything, option: string]>([
    ['encryption in no way', { encryption: {} }, 'encryption.keyManagement'],
    [
      'encryption with a secret that nobody shares',
      { encryption: { keyManagement: 'dir' } },
      'encryption.keyManagement',
    ],
    [
      'encryption of the content by an unknown name',
      { encryption: { keyManagement: 'RSA-OAEP', content: 'AES' } },
      'encryption.content',
    ],
    ['a keyId that is a number', { keyId: 5 }, 'keyId'],
    ['encryption by a number', { encryption: { keyManagement: 1 } }, 'encryption.keyManagement'],
    ['options that are none', 'ES256', 'options'],
  ])('refuses %s', async (_, options, option) => {
    const error = await failureOf(() => jar(signing.privateKey, options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });
});

describe('a server that demands more of requests', () => {
  it.each(['require_signed_request_object', 'require_pushed_authorization_requests'])(
    '(%s) is not asked with less',
    async (member) => {
      const { client, web } = scriptedProvider();
      const made = client({ metadata: { [member]: true } });
      const work = createAuthorizationRequest(made, { redirectUri: callback });
      expect(await failureOf(work)).toMatchObject({
        code: 'unsupported_by_server',
        option: member,
      });
      expect(web.requests).toEqual([]);
    },
  );
});
