import { describe, expect, it } from 'vitest';
import { createAuthorizationRequest, createLogoutRequest } from '../src/index.ts';
import { failureOf } from './support/relying-party.ts';
import { callback, scriptedProvider } from './support/scripted-provider.ts';

type Ask = (uri: string) => Promise<{ url: URL }>;
const uses: [option: string, parameter: string, ask: Ask][] = [
  [
    'redirectUri',
    'redirect_uri',
    (redirectUri) => createAuthorizationRequest(scriptedProvider().client(), { redirectUri }),
  ],
  [
    'postLogoutRedirectUri',
    'post_logout_redirect_uri',
    (postLogoutRedirectUri) =>
      createLogoutRequest(scriptedProvider().client(), { postLogoutRedirectUri }),
  ],
];

describe.each(uses)('%s', (option, parameter, ask) => {
  it.each([
    'https://app.example/callback',
    'https://app.example:8443/callback?a=b',
    'http://127.0.0.1:8400/callback',
    'http://[::1]/callback',
    'http://localhost/callback',
    'com.example.app:/callback',
    'com.example.app://callback',
  ])('may be %s, and is sent to the byte', async (uri) => {
    expect((await ask(uri)).url.searchParams.get(parameter)).toBe(uri);
  });

  it.each([
    ' https://app.example/callback',
    'https://app.example/a b',
    'https://app.example/callback\n',
    'ht\ntps://app.example/callback',
    'https://app.example/callback\u0000',
    'https://app.example/callback\u0085',
    'https:\\\\app.example/callback',
    'https://app.example\\@evil.example/',
    'https://ada:swordfish@app.example/',
    'https://ada@app.example/',
    'https://:swordfish@app.example/',
    'https:app.example/callback',
    'https:/app.example/callback',
    'http:localhost/callback',
    'https://app.example/#top',
    'com.example.app:/callback#top',
    'javascript:alert(1)',
    'data:text/html,x',
    'about:blank',
    'blob:https://app.example/x',
    'myapp:/callback',
    '/callback',
  ])('may not be %j', async (uri) => {
    const error = await failureOf(ask(uri));
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'invalid_option', option });
    expect(error.message).not.toContain('swordfish');
  });

  it.each(['http://app.example/', 'http://a.localhost/', 'http://localhost./'])(
    'may not be %s, which leaves this machine in the clear',
    async (uri) => {
      expect(await failureOf(ask(uri))).toMatchObject({ code: 'insecure_url', option });
    },
  );
});

describe('extra parameters', () => {
  it.each(['post_logout_redirect_uri', 'redirect_uri', 'id_token_hint'])(
    'never stand in for %s',
    async (name) => {
      const extraParameters = { [name]: 'javascript:alert(1)' };
      const client = scriptedProvider().client();
      for (const work of [
        createLogoutRequest(client, { extraParameters }),
        createAuthorizationRequest(client, { redirectUri: callback, extraParameters }),
      ]) {
        expect(await failureOf(work)).toMatchObject({ code: 'reserved_parameter', option: name });
      }
    },
  );

  it('have to be a plain object', async () => {
    const extraParameters = new URLSearchParams({ a: 'b' }) as unknown as Record<string, string>;
    const work = createLogoutRequest(scriptedProvider().client(), { extraParameters });
    expect(await failureOf(work)).toMatchObject({ option: 'extraParameters' });
  });
});

describe('a request to http', () => {
  it.each(['x.localhost', 'localhost.evil.example', '128.0.0.1', '0.0.0.0', '[::]'])(
    'does not go to %s, though loopback is allowed',
    async (host) => {
      const { client, web } = scriptedProvider();
      const made = () => client({ issuer: `http://${host}`, allowInsecureRequests: 'loopback' });
      expect(await failureOf(made)).toMatchObject({ code: 'insecure_url', option: 'issuer' });
      const metadata = { authorization_endpoint: `http://${host}/authorize` };
      const asked = createAuthorizationRequest(
        client({ metadata, allowInsecureRequests: 'loopback' }),
        { redirectUri: callback },
      );
      expect(await failureOf(asked)).toMatchObject({ code: 'insecure_url' });
      expect(web.requests).toEqual([]);
    },
  );
});
