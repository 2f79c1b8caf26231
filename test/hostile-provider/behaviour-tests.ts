import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { faultTable } from '../support/hostile-provider/faults.ts';
import {
  type HostileProvider,
  rows,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import { dpopProof } from './dpop-proof.ts';
import { authenticationOf, finishLogin, insecure, startLogin } from './honest-client.ts';
import { decode, direct, form, post, redeem, requestObject } from './request-kit.ts';
import { readChanges } from './run-changes.ts';

describe('the table of rows', () => {
  it('has every row once, and a tested switch for each fault', () => {
    const ids = rows.map(({ id }) => id);
    expect(ids).toHaveLength(244);
    expect(new Set(ids).size).toBe(244);
    expect(Object.keys(faultTable).filter((id) => !ids.includes(id))).toEqual([]);
    const files = ['documents', 'id-token', 'front-channel', 'endpoints'];
    const tested = files
      .flatMap(readChanges)
      .map(({ row, variant = 'default' }) => `${row} ${variant}`);
    const all = Object.entries(faultTable).flatMap(([id, variants]) =>
      Object.keys(variants).map((variant) => `${id} ${variant}`),
    );
    expect(all.filter((name) => !tested.includes(name))).toEqual(['PM-07 no-answer']);
  });

  it('refuses switches that do not exist', async () => {
    await using op = await startHostileProvider();
    expect(() => op.fault('CI-05')).toThrow('row CI-05 has no switch');
    expect(() => op.fault('HA-01')).toThrow('invalid, missing');
    expect(() => op.fault('HA-01', 'other')).toThrow('invalid, missing');
  });
});

describe('faults that show only in a certain situation', () => {
  it('CI-02: redeems a code with any verifier', async () => {
    await using op = await startHostileProvider({ fault: 'CI-02' });
    const login = await startLogin(op);
    const answer = (await op.authorize(login.url)) as URL;
    const verifier = oauth.generateRandomCodeVerifier();
    const response = await post(
      op,
      'token',
      redeem(answer.searchParams.get('code') ?? '', verifier),
    );
    expect(response.status).toBe(200);
  });

  it('PM-07: answers an authorization request never', async () => {
    await using op = await startHostileProvider({ fault: ['PM-07', 'no-answer'] });
    const login = await startLogin(op);
    const pending = fetch(login.url, { signal: AbortSignal.timeout(100) });
    await expect(pending).rejects.toThrow('timeout');
    expect(op.count('authorization')).toBe(1);
  });

  it.each(['invalid', 'missing'])('HA-03: makes s_hash %s at a FAPI provider', async (variant) => {
    await using op = await startHostileProvider({ profile: 'fapi', signingAlgorithm: 'ES256' });
    const hash = async () => {
      const params = await fapiHybrid(op);
      return decode(params.get('id_token') ?? '')['s_hash'];
    };
    const honest = await hash();
    expect(honest).toMatch(/^[\w-]{22}$/);
    op.fault('HA-03', variant);
    expect(await hash()).toBe(variant === 'missing' ? undefined : `${honest}1`);
    expect(op.violations).toEqual([]);
  });

  it('SIG-14: rotates the keys at the second login only', async () => {
    await using op = await startHostileProvider({ fault: 'SIG-14' });
    const keys = async () =>
      (await (await fetch(`${op.issuer}jwks`)).json()) as { keys: oauth.JWK[] };
    const first = await keys();
    await op.authorize((await startLogin(op)).url);
    expect(await keys()).toEqual(first);
    const login = await startLogin(op);
    await finishLogin(login, (await op.authorize(login.url)) as URL);
    expect((await keys()).keys[0]?.kid).not.toBe(first.keys[0]?.kid);
  });

  it('RT-04: opens the resource after two refreshes', async () => {
    await using op = await startHostileProvider({ fault: 'RT-04' });
    const login = await startLogin(op);
    let tokens = await finishLogin(login, (await op.authorize(login.url)) as URL);
    const statuses: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      statuses.push((await fetch(`${op.issuer}accounts`, { headers })).status);
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
      const response = await post(op, 'token', { ...refresh, client_id: 's6BhdRkqt3' });
      tokens = (await response.json()) as oauth.TokenEndpointResponse;
    }
    expect(statuses).toEqual([401, 401, 200]);
  });

  it('DI-02: notes what is called before discovery', async () => {
    await using op = await startHostileProvider({ fault: 'DI-02' });
    await post(op, 'token', direct);
    await op.metadata();
    await fetch(`${op.issuer}.well-known/openid-configuration`);
    await post(op, 'token', direct);
    expect(op.violations).toEqual([{ row: 'DI-02', message: 'token was called before discovery' }]);
  });

  it.each(['JAR-03', 'JR-01'])('%s: wants a request object', async (row) => {
    await using op = await startHostileProvider();
    op.fault(row, row === 'JR-01' ? 'required' : undefined);
    const { url } = await startLogin(op, { client: { client_id: 'key-client' } });
    const request = await requestObject(op, Object.fromEntries(url.searchParams));
    expect(((await op.authorize(url)) as URL).searchParams.get('error')).toBe('invalid_request');
    url.searchParams.set('request', request);
    url.searchParams.set('code_challenge', decode(request)['code_challenge'] as string);
    expect(((await op.authorize(url)) as URL).searchParams.get('code')).toMatch(/^\w{40}$/);
  });
});

describe('DPoP nonces', () => {
  it('F2-01: are demanded anew after every success', async () => {
    await using op = await startHostileProvider({ dpopNonces: true });
    const send = async (nonce?: string) =>
      post(op, 'token', direct, { dpop: await dpopProof(`${op.issuer}token`, 'POST', nonce) });
    const first = await send();
    const nonce = first.headers.get('dpop-nonce') ?? '';
    expect(await first.json()).toMatchObject({ error: 'use_dpop_nonce' });
    expect(nonce).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{90}$/);
    const success = await send(nonce);
    expect([success.status, success.headers.get('dpop-nonce')]).toEqual([200, null]);
    const third = await send(nonce);
    expect([third.status, third.headers.get('dpop-nonce') === nonce]).toEqual([400, false]);
    expect(op.violations).toEqual([]);
  });

  it('DP-02: must be used once they were announced', async () => {
    await using op = await startHostileProvider({ fault: 'DP-02' });
    const send = async (nonce?: string) =>
      post(op, 'token', direct, { dpop: await dpopProof(`${op.issuer}token`, 'POST', nonce) });
    const nonce = (await send()).headers.get('dpop-nonce') ?? '';
    const next = (await send(nonce)).headers.get('dpop-nonce');
    expect(next).toHaveLength(90);
    expect(op.violations).toEqual([]);
    expect((await send(nonce)).status).toBe(400);
    expect(op.violations.map(({ row }) => row)).toEqual(['DP-02']);
  });

  it('DP-03: belong to one origin', async () => {
    await using op = await startHostileProvider({ fault: 'DP-03' });
    const proof = await dpopProof(`${op.issuer}token`, 'POST');
    const response = await post(op, 'token', direct, { dpop: proof });
    const { access_token } = (await response.json()) as { access_token: string };
    const resource = `${op.issuer}accounts`.replace(op.origin, op.elsewhere.origin);
    const call = async (nonce?: string) => {
      const dpop = await dpopProof(resource, 'GET', nonce, access_token);
      return fetch(resource, { headers: { dpop, authorization: `DPoP ${access_token}` } });
    };
    const own = (await call()).headers.get('dpop-nonce') ?? '';
    expect((await call(own)).status).toBe(200);
    expect(op.violations).toEqual([]);
    await call(response.headers.get('dpop-nonce') ?? '');
    expect(op.violations.map(({ row }) => row)).toEqual(['DP-03']);
    expect(op.elsewhere.requests).toHaveLength(3);
  });
});

describe('a FAPI provider', () => {
  it('goes through PAR, DPoP nonces and JARM with an assertion client', async () => {
    await using op = await startHostileProvider({ profile: 'fapi', dpopNonces: true });
    const params = await fapiHybrid(op, { response_type: 'code', response_mode: 'jwt' });
    expect(decode(params.get('response') ?? '')).toMatchObject({
      iss: op.issuer,
      aud: 'key-client',
    });
    const { keys } = (await (await fetch(`${op.issuer}jwks`)).json()) as { keys: oauth.JWK[] };
    expect(keys.map(({ alg }) => alg)).toEqual(['PS256']);
    expect(op.violations).toEqual([]);
  });
});

async function fapiHybrid(
  op: HostileProvider,
  extra: Record<string, string> = {},
): Promise<URLSearchParams> {
  const authentication = await authenticationOf('private_key_jwt', '');
  const login = await startLogin(op, {
    client: { client_id: 'key-client' },
    authentication,
    params: { response_type: 'code id_token', state: 'the-state', ...extra },
  });
  const { server, client, url } = login;
  const keys = await oauth.generateKeyPair('ES256');
  const DPoP = oauth.DPoP(client, keys);
  const send = async () =>
    oauth.processPushedAuthorizationResponse(
      server,
      client,
      await oauth.pushedAuthorizationRequest(server, client, authentication, url.searchParams, {
        ...insecure,
        DPoP,
      }),
    );
  const pushed = await send().catch((error) => {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return send();
  });
  url.search = form({ client_id: client.client_id, request_uri: pushed.request_uri }).toString();
  const answer = (await op.authorize(url)) as URL;
  return new URLSearchParams(answer.hash.slice(1) || answer.search);
}
