import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { type Okta, startOkta } from './okta.ts';

const scope = 'okta.apps.read';
let privateKey: CryptoKey;
let publicKey: JWK;
let clock: FakeClock;
let okta: Okta;
let clientId: string;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256');
  privateKey = pair.privateKey;
  publicKey = await exportJWK(pair.publicKey);
});

beforeEach(async () => {
  clock = createFakeClock();
  okta = await startOkta({ now: clock.now });
  ({ clientId } = okta.addApp({
    tokenEndpointAuthMethod: 'private_key_jwt',
    grantedScopes: [scope],
    dpopBoundAccessTokens: true,
    keys: [{ ...publicKey, kid: 'k' }],
  }));
});

afterEach(() => okta[Symbol.asyncDispose]());

const endpoint = () => `${okta.origin}/oauth2/v1/token`;
const now = () => Math.floor(clock.now() / 1_000);

const assertion = (changes: object = {}) =>
  new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: endpoint(),
    jti: randomUUID(),
    iat: now(),
    exp: now() + 60,
    ...changes,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(privateKey);

const proof = (changes: object = {}, header: object = {}) =>
  new SignJWT({ htm: 'POST', htu: endpoint(), jti: randomUUID(), iat: now(), ...changes })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey, ...header })
    .sign(privateKey);

async function askForToken(signed: string, dpop?: string, form: Record<string, string> = {}) {
  const response = await fetch(endpoint(), {
    method: 'POST',
    headers: { ...(dpop !== undefined && { dpop }) },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: signed,
      ...form,
    }),
  });
  return { response, body: await response.json() };
}

/** A nonce of the org. */
async function freshNonce(): Promise<string> {
  const { response } = await askForToken(await assertion(), await proof());
  return response.headers.get('dpop-nonce') ?? '';
}

describe('the token endpoint', () => {
  it('gives a bound token for an assertion and a proof with its nonce', async () => {
    const nonce = await freshNonce();
    const { body } = await askForToken(await assertion(), await proof({ nonce }));
    expect(body).toMatchObject({ token_type: 'DPoP', expires_in: 3_600, scope });
  });

  it('takes a nonce for three days', async () => {
    const nonce = await freshNonce();
    const ask = async () => (await askForToken(await assertion(), await proof({ nonce }))).body;
    clock.advance(2 * 86_400_000);
    expect(await ask()).toMatchObject({ token_type: 'DPoP' });
    clock.advance(86_400_000);
    expect(await ask()).toMatchObject({ error: 'use_dpop_nonce' });
  });

  it.each<[what: string, changes: () => object]>([
    ['of somebody else', () => ({ iss: 'stranger', sub: 'stranger' })],
    ['for another endpoint', () => ({ aud: okta.origin })],
    ['that has expired', () => ({ exp: now() - 1 })],
    ['that lives for hours', () => ({ exp: now() + 7_200 })],
    ['without an id', () => ({ jti: undefined })],
  ])('refuses an assertion %s', async (_, changes) => {
    const { body, response } = await askForToken(await assertion(changes()), await proof());
    expect([response.status, body.error]).toEqual([401, 'invalid_client']);
  });

  it('refuses an assertion that was used', async () => {
    const signed = await assertion();
    await askForToken(signed, await proof());
    expect((await askForToken(signed, await proof())).body.error).toBe('invalid_client');
  });

  it.each<[what: string, form: Record<string, string>, error: string]>([
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['a scope that was not granted', { scope: 'okta.apps.manage' }, 'invalid_scope'],
    ['no scope', { scope: '' }, 'invalid_scope'],
  ])('refuses %s', async (_, form, error) => {
    const nonce = await freshNonce();
    const { body, response } = await askForToken(await assertion(), await proof({ nonce }), form);
    expect([response.status, body.error]).toEqual([400, error]);
  });

  it('refuses to go without a proof', async () => {
    const { body } = await askForToken(await assertion());
    expect(body.error_description).toBe('The DPoP proof JWT header is missing.');
  });
});

describe('the API', () => {
  let token: string;
  let path: string;

  beforeEach(async () => {
    token = okta.issueAccessToken([scope], await calculateJwkThumbprint(publicKey));
    path = `/api/v1/apps/${okta.addApp().id}/credentials/secrets`;
  });

  const hash = (value: string) => createHash('sha256').update(value).digest('base64url');
  const ofRequest = (changes: object = {}, header: object = {}) =>
    proof({ htm: 'GET', htu: `${okta.origin}${path}`, ath: hash(token), ...changes }, header);
  const ask = (dpop: string, authorization = `DPoP ${token}`) =>
    fetch(`${okta.origin}${path}`, {
      headers: { authorization, dpop, accept: 'application/json' },
    });

  it('takes a proof of the very request, once', async () => {
    const once = await ofRequest();
    expect((await ask(once)).status).toBe(200);
    expect((await ask(once)).status).toBe(400);
  });

  it.each<[what: string, changes: () => object, header?: object]>([
    ['of another method', () => ({ htm: 'POST' })],
    ['of another path', () => ({ htu: `${okta.origin}/api/v1/apps` })],
    ['with the query', () => ({ htu: `${okta.origin}${path}?q=1` })],
    ['of another token', () => ({ ath: hash('other') })],
    ['without a token', () => ({ ath: undefined })],
    ['that is old', () => ({ iat: now() - 301 })],
    ['that is of another kind', () => ({}), { typ: 'JWT' }],
  ])('refuses a proof %s, without a body', async (_, changes, header) => {
    const response = await ask(await ofRequest(changes(), header));
    expect(response.status).toBe(400);
    expect(response.headers.get('www-authenticate')).toMatch(
      /^DPoP algs="RS256 RS384 RS512 ES256 ES384 ES512", .*error="invalid_dpop_proof"/,
    );
    expect(await response.text()).toBe('');
  });

  it('refuses a bound token from whoever only bears it', async () => {
    expect((await ask(await ofRequest(), `Bearer ${token}`)).status).toBe(400);
  });

  it('refuses a token that has expired', async () => {
    clock.advance(3_600_000);
    const response = await ask(await ofRequest());
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
});
