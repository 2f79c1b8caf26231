import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  nativeClient,
  postClient,
  publicClient,
  type RunningProvider,
  redirectUri,
  startOpenIdProvider,
} from './openid-provider.ts';
import { ada, createUserAgent } from './user-agent.ts';

describe('the OpenID provider for tests', () => {
  let provider: RunningProvider;

  beforeAll(async () => {
    provider = await startOpenIdProvider();
  });
  afterAll(() => provider.close());

  function authorizationUrl(clientId: string, redirect: string): URL {
    const url = new URL(`${provider.issuer}/authorize`);
    url.search = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirect,
      response_type: 'code',
      scope: 'openid',
      state: 'the-state',
      code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    return url;
  }

  it('starts without printing, side by side too, and leaves the console as it was', async () => {
    const { info, warn } = console;
    const spies = [vi.spyOn(console, 'info'), vi.spyOn(console, 'warn')];
    const spied = [console.info, console.warn];

    const [first, second] = await Promise.all([startOpenIdProvider(), startOpenIdProvider()]);

    expect([console.info, console.warn]).toEqual(spied);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    Object.assign(console, { info, warn });
    await Promise.all([first.close(), second.close()]);
  });

  it('counts answered requests by endpoint, preflights apart', async () => {
    const before = provider.count('userinfo');

    await fetch(`${provider.issuer}/userinfo`, { method: 'OPTIONS' });
    await fetch(`${provider.issuer}/userinfo`);

    expect(provider.count('userinfo')).toBe(before + 1);
    expect(provider.requests.at(-1)).toEqual({ method: 'GET', endpoint: 'userinfo', status: 401 });
  });

  it('issues JWTs for a resource, with the lifetime that was asked for', async () => {
    const short = await startOpenIdProvider({ accessTokenTtlSeconds: 7 });
    const response = await fetch(`${short.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: postClient.client_id,
        client_secret: postClient.client_secret,
        scope: 'reports:read',
        resource: 'https://api.example/reports',
      }),
    });
    const answer = (await response.json()) as { access_token: string; expires_in: number };
    await short.close();

    expect(answer.expires_in).toBe(7);
    expect(decodeProtectedHeader(answer.access_token)).toMatchObject({
      alg: 'RS256',
      typ: 'at+jwt',
    });
    expect(decodeJwt(answer.access_token)).toMatchObject({
      iss: short.issuer,
      aud: 'https://api.example/reports',
      scope: 'reports:read',
    });
  });

  it('gives its port back when closed', async () => {
    const short = await startOpenIdProvider();
    await short.close();

    await expect(fetch(short.issuer)).rejects.toThrow('fetch failed');
  });

  it('sends a person who signs in back with a code, state and issuer', async () => {
    const callback = await createUserAgent().signIn(
      authorizationUrl(publicClient.client_id, redirectUri),
      ada,
    );

    expect(callback.origin + callback.pathname).toBe(redirectUri);
    expect(callback.searchParams.get('code')).toMatch(/^[\w-]{20,}$/);
    expect(callback.searchParams.get('state')).toBe('the-state');
    expect(callback.searchParams.get('iss')).toBe(provider.issuer);
  });

  it('sends a person who cancels back with access_denied', async () => {
    const callback = await createUserAgent().signIn(
      authorizationUrl(nativeClient.client_id, 'http://127.0.0.1:65000/callback'),
      ada,
      { cancel: true },
    );

    expect(callback.searchParams.get('error')).toBe('access_denied');
    expect(callback.searchParams.has('code')).toBe(false);
  });

  it('lets nobody in with a wrong password', async () => {
    const url = authorizationUrl(publicClient.client_id, redirectUri);

    const signIn = createUserAgent().signIn(url, { ...ada, password: 'wrong' });

    await expect(signIn).rejects.toThrow(/Stuck at .*\(401\)/);
  });

  it('refuses a sign-in without PKCE, or with a redirect that is not registered', async () => {
    const plain = authorizationUrl(publicClient.client_id, redirectUri);
    plain.searchParams.delete('code_challenge');
    plain.searchParams.delete('code_challenge_method');
    const elsewhere = authorizationUrl(publicClient.client_id, 'https://evil.example/');

    const callback = await createUserAgent().signIn(plain, ada);
    expect(callback.searchParams.get('error')).toBe('invalid_request');
    await expect(createUserAgent().signIn(elsewhere, ada)).rejects.toThrow(/\(400\)/);
  });
});
