import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import {
  clientKey,
  publicClient,
  secretsOf,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import { dpopProof } from './dpop-proof.ts';
import { finishLogin, startLogin } from './honest-client.ts';
import { assertion, credentials, decode, direct, form, post } from './request-kit.ts';

describe('helpers', () => {
  it.each(['rfc9068', 'okta'] as const)('signs access tokens of shape %s', async (shape) => {
    await using op = await startHostileProvider();
    const jwks = await (await fetch(`${op.issuer}jwks`)).json();
    const token = await op.accessToken(shape, { scope: 'read', extra: 1 });
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks));
    expect(protectedHeader.typ).toBe(shape === 'rfc9068' ? 'at+jwt' : undefined);
    const own =
      shape === 'rfc9068'
        ? { scope: 'read', client_id: 's6BhdRkqt3' }
        : { scp: ['read'], cid: 's6BhdRkqt3' };
    expect(payload).toMatchObject({ iss: op.issuer, extra: 1, ...own });
  });

  it('makes bent logout tokens beside good ones', async () => {
    await using op = await startHostileProvider();
    expect(decode(await op.logoutToken({ sid: 's' }))).toMatchObject({ iss: op.issuer, sid: 's' });
    const bent = decode(await op.logoutToken({ fault: 'LO-08', variant: 'absent' }));
    expect(bent).not.toHaveProperty('events');
  });

  it('tells secrets back when asked to, in every form they may show up', async () => {
    await using op = await startHostileProvider({ echoSecrets: true });
    const wrong = { ...direct, client_secret: 'wrong "secret" +%/', password: 'p ä' };
    const response = await post(op, 'token', wrong, { dpop: 'a-proof' });
    const { error, error_description } = (await response.json()) as Record<string, string>;
    expect(error).toBe('invalid_client');
    const forms = ['wrong "secret" +%/', 'wrong+%22secret%22+%2B%25%2F', 'p ä', 'a-proof'];
    expect(forms.filter((secret) => !error_description?.includes(secret))).toEqual([]);
    const [seen] = op.requests;
    expect(seen && secretsOf(seen)).toContain('wrong "secret" +%/');
  });

  it('serves another public origin through its fetch', async () => {
    await using op = await startHostileProvider({ origin: 'https://op.example' });
    const issuer = new URL(op.issuer);
    const options = { [oauth.customFetch]: op.fetch as never };
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, options),
    );
    expect(server.token_endpoint).toBe(`${op.issuer}token`);
    const proof = await dpopProof(`${op.issuer}token`, 'POST');
    const response = await op.fetch(`${op.issuer}token`, {
      method: 'POST',
      body: form(direct),
      headers: { dpop: proof },
    });
    expect(response.status).toBe(200);
  });

  it('keeps a device waiting as often as told', async () => {
    await using op = await startHostileProvider({ polls: ['authorization_pending', 'slow_down'] });
    const started = (await (
      await post(op, 'device', { ...credentials, scope: 'openid' })
    ).json()) as Record<string, string>;
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const poll = () =>
      post(op, 'token', { ...credentials, grant_type, device_code: started['device_code'] });
    const answers = [await poll(), await poll(), await poll(), await poll()];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 200, 400]);
    expect(await answers[1]?.json()).toMatchObject({ error: 'slow_down' });
  });
});

describe('further grants', () => {
  it('answers a CIBA poll once it was told to', async () => {
    await using op = await startHostileProvider({ polls: ['access_denied'] });
    const request = { ...credentials, scope: 'openid', login_hint: 'jane' };
    const started = (await (await post(op, 'bc-authorize', request)).json()) as {
      auth_req_id: string;
    };
    const poll = { ...credentials, ...started, grant_type: 'urn:openid:params:grant-type:ciba' };
    expect(await (await post(op, 'token', poll)).json()).toMatchObject({ error: 'access_denied' });
    expect(await (await post(op, 'token', poll)).json()).toHaveProperty('id_token');
  });

  it('exchanges a token it knows, and no other', async () => {
    await using op = await startHostileProvider();
    const { access_token } = (await (await post(op, 'token', direct)).json()) as {
      access_token: string;
    };
    const type = 'urn:ietf:params:oauth:token-type:access_token';
    const grant_type = 'urn:ietf:params:oauth:grant-type:token-exchange';
    const exchange = { ...credentials, grant_type, subject_token_type: type };
    const good = await post(op, 'token', { ...exchange, subject_token: access_token });
    expect(await good.json()).toMatchObject({ issued_token_type: type, token_type: 'Bearer' });
    const bad = await post(op, 'token', { ...exchange, subject_token: 'unknown' });
    expect(await bad.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('takes an assertion signed by the client as a grant', async () => {
    await using op = await startHostileProvider();
    const grant = await new SignJWT({ iss: 'key-client', sub: 'jane', aud: op.issuer })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1m')
      .sign(clientKey as never);
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const response = await post(op, 'token', {
      ...(await assertion(op)),
      grant_type,
      assertion: grant,
    });
    expect(response.status).toBe(200);
    expect(op.violations).toEqual([]);
  });

  it('takes the right password only', async () => {
    await using op = await startHostileProvider();
    const request = { ...credentials, grant_type: 'password', username: op.username };
    expect((await post(op, 'token', { ...request, password: op.password })).status).toBe(200);
    expect((await post(op, 'token', { ...request, password: 'wrong' })).status).toBe(400);
  });

  it('finds the issuer by WebFinger', async () => {
    await using op = await startHostileProvider();
    const page = await op.visit(`${op.origin}/.well-known/webfinger?resource=acct:jane@op.example`);
    expect(JSON.parse(page.body).links[0].href).toBe(op.issuer);
  });
});

describe('logout', () => {
  it('LO-04: tells the client by the back channel, then sends the browser back', async () => {
    const received: URLSearchParams[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      received.push(new URLSearchParams(body));
      response.setHeader('cache-control', 'no-store').end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = { ...publicClient, backchannel_logout_uri: `http://127.0.0.1:${port}/logout` };
    await using op = await startHostileProvider({ logout: true, clients: [client] });
    const login = await startLogin(op);
    const tokens = await finishLogin(login, (await op.authorize(login.url)) as URL);
    const query = form({
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: 'https://rp.example/signed-out',
      state: 'back',
    });
    const page = await op.visit(`${op.issuer}end-session?${query}`);
    server.close();
    server.closeAllConnections();
    expect(page.location).toBe('https://rp.example/signed-out?state=back');
    expect([...(received[0]?.keys() ?? [])]).toEqual(['logout_token', 'unknown_field']);
    const sid = oauth.getValidatedIdTokenClaims(tokens)?.['sid'];
    expect(decode(received[0]?.get('logout_token') ?? '')).toMatchObject({
      sid,
      aud: 's6BhdRkqt3',
    });
    expect(op.violations).toEqual([]);
    expect(op.warnings).toEqual([]);
  });

  it('LO-10: shows the front-channel URL in an iframe', async () => {
    const client = {
      ...publicClient,
      frontchannel_logout_uri: 'https://rp.example/front',
      frontchannel_logout_session_required: true,
    };
    await using op = await startHostileProvider({ logout: true, clients: [client] });
    const login = await startLogin(op);
    const { id_token } = await finishLogin(login, (await op.authorize(login.url)) as URL);
    const page = await op.visit(`${op.issuer}end-session?${form({ id_token_hint: id_token })}`);
    expect(page.body).toContain('<iframe src="https://rp.example/front?iss=');
    const url = op.frontchannelLogoutUrl('s6BhdRkqt3', 'a b');
    expect(Object.fromEntries(url.searchParams)).toEqual({ iss: op.issuer, sid: 'a b' });
  });
});
