import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthorizationRequest, createClient } from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const issuer = 'https://login.example';
const redirectUri = 'https://app.example/callback';
const clock = createFakeClock();
const client = createClient({
  issuer,
  clientId: 'app',
  discovery: false,
  metadata: { authorization_endpoint: `${issuer}/authorize?tenant=a&scope=theirs` },
  clock,
});

const parametersOf = (url: URL) => Object.fromEntries(url.searchParams);

describe('an authorization request', () => {
  it('asks for a code with PKCE, state and nonce, and keeps a query of the endpoint', async () => {
    const { url, transaction } = await createAuthorizationRequest(client, { redirectUri });
    expect(url.origin + url.pathname).toBe(`${issuer}/authorize`);
    expect(parametersOf(url)).toEqual({
      tenant: 'a',
      client_id: 'app',
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      state: transaction.state,
      nonce: transaction.nonce,
      code_challenge: createHash('sha256').update(transaction.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(url.searchParams.getAll('scope')).toEqual(['openid']);
  });

  it('gives a frozen transaction of plain JSON', async () => {
    const { transaction } = await createAuthorizationRequest(client, {
      redirectUri,
      maxAge: 0,
      resource: 'https://api.example/',
      appState: { to: '/' },
    });
    expect(Object.isFrozen(transaction)).toBe(true);
    expect(transaction).toEqual({
      version: 1,
      issuer,
      clientId: 'app',
      redirectUri,
      responseType: 'code',
      responsePlace: 'query',
      scope: 'openid',
      state: expect.any(String),
      nonce: expect.any(String),
      codeVerifier: expect.any(String),
      createdAt: clock.now(),
      maxAge: 0,
      resource: ['https://api.example/'],
      appState: { to: '/' },
    });
  });

  it('writes every option under its name on the wire', async () => {
    const { url } = await createAuthorizationRequest(client, {
      redirectUri,
      scope: 'openid profile',
      responseMode: 'fragment',
      prompt: 'login consent',
      maxAge: 60,
      loginHint: 'ada@example.org',
      idTokenHint: 'a.b.c',
      acrValues: 'gold silver',
      uiLocales: 'de en',
      display: 'popup',
      claims: { id_token: { acr: { essential: true } } },
      resource: ['https://api.example/a', 'urn:api:b'],
      extraParameters: { kc_idp_hint: 'google' },
    });
    expect(parametersOf(url)).toMatchObject({
      scope: 'openid profile',
      response_mode: 'fragment',
      prompt: 'login consent',
      max_age: '60',
      login_hint: 'ada@example.org',
      id_token_hint: 'a.b.c',
      acr_values: 'gold silver',
      ui_locales: 'de en',
      display: 'popup',
      claims: '{"id_token":{"acr":{"essential":true}}}',
      kc_idp_hint: 'google',
    });
    expect(url.searchParams.getAll('resource')).toEqual(['https://api.example/a', 'urn:api:b']);
  });

  it('never repeats a state, a nonce or a verifier, each of 256 bits', async () => {
    const seen = new Set<string>();
    for (let index = 0; index < 300; index += 1) {
      const { transaction } = await createAuthorizationRequest(client, { redirectUri });
      for (const value of [transaction.state, transaction.nonce, transaction.codeVerifier]) {
        expect(value).toMatch(/^[\w-]{43}$/);
        seen.add(value);
      }
    }
    expect(seen.size).toBe(900);
  });

  it.each([undefined, ['S256'], ['plain', 'S256']])(
    'is made where %o is supported',
    async (list) => {
      const honest = createClient({
        issuer,
        clientId: 'app',
        discovery: false,
        metadata: {
          authorization_endpoint: `${issuer}/authorize`,
          ...(list && { code_challenge_methods_supported: list }),
        },
      });
      const { url } = await createAuthorizationRequest(honest, { redirectUri });
      expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    },
  );
});
