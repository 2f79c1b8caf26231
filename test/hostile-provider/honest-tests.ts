import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  defaultClients,
  type HostileProvider,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import {
  authenticationOf,
  fetchUserInfo,
  finishLogin,
  insecure,
  type Login,
  startLogin,
} from './honest-client.ts';

let op: HostileProvider;

beforeAll(async () => {
  op = await startHostileProvider({ logout: true });
});
beforeEach(() => op.reset());
afterAll(() => op.close());

describe('an honest provider', () => {
  it('keeps the issuer byte for byte and serves both metadata documents', async () => {
    expect(op.issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/test\/[^/]+\/$/);
    const inserted = `${op.origin}/.well-known/oauth-authorization-server${new URL(op.issuer).pathname}`;
    for (const url of [`${op.issuer}.well-known/openid-configuration`, inserted]) {
      const metadata = (await (await fetch(url)).json()) as Record<string, unknown>;
      expect(metadata['issuer']).toBe(op.issuer);
      expect(metadata['response_types_supported']).toContain('token code id_token');
      expect(metadata).not.toHaveProperty('code_challenge_methods_supported');
    }
  });

  it('publishes the decoy keys of the baseline', async () => {
    const { keys } = (await (await fetch(`${op.issuer}jwks`)).json()) as { keys: oauth.JWK[] };
    expect(keys.map((key) => `${key.use} ${key.crv ?? key.kty}`)).toEqual([
      'sig RSA',
      'sig RSA',
      'sig P-256',
      'sig P-256',
      'sig secp256k1',
      'sig Ed25519',
      'enc RSA',
      'enc P-256',
    ]);
    expect(new Set(keys.map((key) => key.kid)).size).toBe(8);
    expect(keys.filter((key) => key.alg !== undefined || 'd' in key)).toEqual([]);
  });

  it.each(['slash', 'no-slash', 'no-path'] as const)(
    'signs in at an issuer of style %s',
    async (issuerStyle) => {
      await using provider = await startHostileProvider({ issuerStyle });
      const login = await startLogin(provider);
      const answer = (await provider.authorize(login.url)) as URL;
      const tokens = await finishLogin(login, answer);
      expect(oauth.getValidatedIdTokenClaims(tokens)?.iss).toBe(provider.issuer);
      expect(provider.violations).toEqual([]);
    },
  );

  it('finishes a code flow with userinfo, refresh, introspection and revocation', async () => {
    const login = await startLogin(op);
    const answer = (await op.authorize(login.url)) as URL;
    const tokens = await finishLogin(login, answer);
    expect(tokens.expires_in).toBeUndefined();
    expect(tokens.scope).toBe('openid profile email');
    expect(tokens.access_token).toMatch(/^[A-Za-z0-9]{50}$/);
    expect(tokens.refresh_token).toMatch(/ /);
    const info = await fetchUserInfo(login, tokens.access_token, op.subject);
    expect(info).toMatchObject({ sub: op.subject, name: 'Jane Doe' });
    expect(info).not.toHaveProperty('address');
    await refreshAndRevoke(login, tokens.refresh_token as string);
    expect(op.violations).toEqual([]);
    expect(op.warnings).toEqual([]);
    expect(op.requests.map(({ endpoint }) => endpoint)).toEqual([
      'discovery',
      'authorization',
      'token',
      'jwks',
      'userinfo',
      'token',
      'introspection',
      'revocation',
      'introspection',
    ]);
  });

  it.each(defaultClients.map((client) => [client.token_endpoint_auth_method, client]))(
    'authenticates by %s',
    async (method, client) => {
      const authentication = await authenticationOf(method, client.client_secret ?? '');
      const login = await startLogin(op, {
        client: { client_id: client.client_id },
        authentication,
      });
      const tokens = await finishLogin(login, (await op.authorize(login.url)) as URL);
      expect(tokens.token_type).toBe('bearer');
      expect(op.violations).toEqual([]);
    },
  );

  it.each(['code id_token', 'code id_token token'])(
    'finishes a hybrid flow with %s',
    async (type) => {
      const login = await startLogin(op, { params: { response_type: type } });
      const answer = (await op.authorize(login.url)) as URL;
      expect(answer.search).toBe('');
      const params = await oauth.validateCodeIdTokenResponse(
        login.server,
        login.client,
        withoutFrontChannelToken(answer),
        login.nonce,
        login.state,
        undefined,
        insecure,
      );
      expect(params.get('code')).toMatch(/^[A-Za-z0-9]{40}$/);
      const tokens = await finishLoginWith(login, params);
      expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBe(op.subject);
      expect(op.violations).toEqual([]);
    },
  );

  it.each([
    ['id_token', ['id_token']],
    ['id_token token', ['access_token', 'id_token', 'token_type']],
    ['token', ['access_token', 'token_type']],
    ['code token', ['access_token', 'code', 'token_type']],
  ])('answers response type %s in the fragment', async (type, expected) => {
    const login = await startLogin(op, { params: { response_type: type } });
    const answer = (await op.authorize(login.url)) as URL;
    const params = new URLSearchParams(answer.hash.slice(1));
    const names = [...params.keys()].filter((name) => name !== 'scope').sort();
    expect(names).toEqual([...expected, 'session_state', 'state'].sort());
    expect(op.violations).toEqual([]);
  });

  it('posts the response with form_post', async () => {
    const login = await startLogin(op, { params: { response_mode: 'form_post' } });
    const answer = await op.authorize(login.url);
    if (answer instanceof URL) throw new Error('not a form');
    expect(answer.action).toBe('https://rp.example/callback');
    const tokens = await finishLogin(login, new URLSearchParams(answer.fields));
    expect(tokens.id_token).toBeTypeOf('string');
    expect(op.violations).toEqual([]);
  });

  it.each(['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'])(
    'protects the response with %s',
    async (mode) => {
      const login = await startLogin(op, { params: { response_mode: mode } });
      const answer = await op.authorize(login.url);
      const carried =
        answer instanceof URL
          ? mode.startsWith('fragment')
            ? new URLSearchParams(answer.hash.slice(1))
            : answer.searchParams
          : new URLSearchParams(answer.fields);
      const validated = await oauth.validateJwtAuthResponse(
        login.server,
        login.client,
        carried,
        login.state,
        insecure,
      );
      const tokens = await finishLoginWith(login, validated);
      expect(tokens.access_token).toBeTypeOf('string');
    },
  );

  it('rotates refresh tokens strictly', async () => {
    const login = await startLogin(op);
    const first = await finishLogin(login, (await op.authorize(login.url)) as URL);
    const token = first.refresh_token as string;
    const { server, client, authentication } = login;
    const send = (value: string) =>
      oauth.refreshTokenGrantRequest(server, client, authentication, value, insecure);
    const second = await oauth.processRefreshTokenResponse(server, client, await send(token));
    expect(second.refresh_token).not.toBe(token);
    expect((await send(token)).status).toBe(400);
    expect((await send(second.refresh_token as string)).status).toBe(400);
  });

  it('echoes a plus sign in state without encoding it', async () => {
    const login = await startLogin(op, { params: { state: 'a+b c' } });
    const page = await op.visit(login.url);
    expect(page.location).toContain('state=a+b%20c');
    expect(op.warnings.map(({ row }) => row)).toEqual(['REQ-04']);
  });

  it('leaves no socket behind when it closes', async () => {
    const provider = await startHostileProvider({ fault: ['MD-04', 'no-answer'] });
    const pending = fetch(`${provider.issuer}.well-known/openid-configuration`);
    pending.catch(() => {});
    while (provider.count('discovery') === 0) await new Promise(setImmediate);
    await provider.close();
    await expect(pending).rejects.toThrow();
    await expect(fetch(provider.origin)).rejects.toThrow();
  });
});

async function refreshAndRevoke(login: Login, refreshToken: string): Promise<void> {
  const { server, client, authentication } = login;
  const refreshed = await oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, insecure),
  );
  const introspect = async () =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(
        server,
        client,
        authentication,
        refreshed.access_token,
        insecure,
      ),
    );
  expect(await introspect()).toMatchObject({ active: true, client_id: client.client_id });
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, refreshed.access_token, insecure),
  );
  expect(await introspect()).toEqual({ active: false });
}

/** oauth4webapi refuses access tokens in the fragment; they are beside the point here. */
function withoutFrontChannelToken(answer: URL): URLSearchParams {
  const params = new URLSearchParams(answer.hash.slice(1));
  for (const name of ['access_token', 'token_type', 'scope', 'session_state']) params.delete(name);
  return params;
}

async function finishLoginWith(
  login: Login,
  validated: URLSearchParams,
): Promise<oauth.TokenEndpointResponse> {
  const { server, client, authentication, verifier, nonce } = login;
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    validated,
    'https://rp.example/callback',
    verifier,
    insecure,
  );
  return oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce });
}
