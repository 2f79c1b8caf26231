import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type HostileProvider,
  publicClient,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import { finishLogin, startLogin } from './honest-client.ts';
import { decode, requestObject } from './request-kit.ts';

describe('request objects that take a detour', () => {
  it('JAR-01: are fetched from the request_uri, and signed as offered', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'mine' };
    const client = { ...publicClient, client_id: 'key-client', jwks: { keys: [key] } };
    await using op = await startHostileProvider({ fault: 'JAR-01', clients: [client] });
    const { url } = await startLogin(op, { client: { client_id: 'key-client' } });
    const params = Object.fromEntries(url.searchParams);
    const objects = [
      await requestObject(op, params),
      await requestObject(op, params, { alg: 'RS256' }, privateKey),
    ];
    const server = createServer((_, response) => response.end(objects.shift()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    url.searchParams.set('request_uri', `http://127.0.0.1:${port}/object`);
    const refused = await op.visit(url);
    const answer = (await op.authorize(url)) as URL;
    server.close();
    server.closeAllConnections();
    expect(refused.status).toBe(400);
    expect(answer.searchParams.get('code')).toMatch(/^\w{40}$/);
    expect(op.violations.map(({ row }) => row)).toEqual(['JAR-01']);
  });

  it('JAR-02: may be unsigned only when the switch is on', async () => {
    await using op = await startHostileProvider({ requestObjects: 'allowed' });
    const { url } = await startLogin(op, { client: { client_id: 'key-client' } });
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const object = `${encoded({ alg: 'none' })}.${encoded(Object.fromEntries(url.searchParams))}.`;
    url.searchParams.set('request', object);
    expect((await op.visit(url)).status).toBe(400);
    expect(op.violations.map(({ row }) => row)).toEqual(['JR-02']);
    op.fault('JAR-02');
    expect(((await op.authorize(url)) as URL).searchParams.has('code')).toBe(true);
  });

  it('JR-03: are decrypted by the key that kid names', async () => {
    await using op = await startHostileProvider({ fault: 'JR-03' });
    const { url } = await startLogin(op, { client: { client_id: 'key-client' } });
    const object = await requestObject(op, Object.fromEntries(url.searchParams));
    url.searchParams.set('request', object);
    expect((await op.visit(url)).status).toBe(400);
    url.searchParams.set('request', await encrypted(op, object));
    expect(((await op.authorize(url)) as URL).searchParams.has('code')).toBe(true);
    expect(op.violations.map(({ row }) => row)).toEqual(['JR-03']);
  });
});

describe('tokens and claims that take a detour', () => {
  it('OK-06: gives distributed claims for the token of their source only', async () => {
    await using op = await startHostileProvider({ fault: 'OK-06' });
    const login = await startLogin(op);
    const tokens = await finishLogin(login, (await op.authorize(login.url)) as URL);
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const info = await (await fetch(`${op.issuer}userinfo`, { headers })).json();
    const { endpoint, access_token } = info._claim_sources[info._claim_names.shoe_size];
    const claims = await fetch(endpoint, { headers: { authorization: `Bearer ${access_token}` } });
    expect(decode(await claims.text())).toEqual({
      iss: op.issuer,
      shoe_size: 42,
      eye_color: 'green',
    });
    expect((await fetch(endpoint, { headers })).status).toBe(401);
    expect(op.violations.map(({ row }) => row)).toEqual(['OK-06']);
  });

  it('encrypts what the client registered to be encrypted', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'mine', use: 'enc' };
    const client = {
      ...publicClient,
      jwks: { keys: [key] },
      id_token_encrypted_response_alg: 'ECDH-ES',
      userinfo_encrypted_response_alg: 'ECDH-ES+A128KW',
      userinfo_signed_response_alg: 'ES256',
    };
    await using op = await startHostileProvider({ clients: [client] });
    const { url } = await startLogin(op, { params: { response_type: 'id_token token' } });
    const params = new URLSearchParams(((await op.authorize(url)) as URL).hash.slice(1));
    const headers = { authorization: `Bearer ${params.get('access_token')}` };
    const info = await (await fetch(`${op.issuer}userinfo`, { headers })).text();
    for (const jwe of [params.get('id_token') ?? '', info]) {
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey);
      expect(protectedHeader).toMatchObject({ kid: 'mine', cty: 'JWT', enc: 'A128CBC-HS256' });
      const claims = decode(Buffer.from(plaintext).toString());
      expect(claims).toMatchObject({ iss: op.issuer, sub: op.subject, aud: 's6BhdRkqt3' });
    }
  });
});

async function encrypted(op: HostileProvider, compact: string): Promise<string> {
  const { keys } = (await (await fetch(`${op.issuer}jwks`)).json()) as { keys: JWK[] };
  const jwk = keys.find(({ use, kty }) => use === 'enc' && kty === 'EC') as JWK;
  return new CompactEncrypt(Buffer.from(compact))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM', kid: String(jwk.kid), cty: 'JWT' })
    .encrypt(await importJWK(jwk, 'ECDH-ES'));
}
