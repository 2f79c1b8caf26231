import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Client,
  clientCredentialsGrant,
  clientSecret,
  clientSecretBasic,
  clientSecretPost,
  createAuthorizationRequest,
  createLogoutRequest,
  fetchUserInfo,
  introspectToken,
  passwordGrant,
  refreshTokenGrant,
  revokeToken,
} from '../../src/index.ts';
import {
  basicClient,
  postClient,
  postLogoutRedirectUri,
  publicClient,
  type RunningProvider,
  redirectUri,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { asAda, failureOf, localClient, signIn } from '../support/relying-party.ts';
import { ada, createUserAgent, grace } from '../support/user-agent.ts';

/** Everything here runs against a real, certified provider. */
let provider: RunningProvider;
let spa: Client;
let basic: Client;
let post: Client;

beforeAll(async () => {
  provider = await startOpenIdProvider();
  const { issuer } = provider;
  spa = localClient(issuer, { clientId: publicClient.client_id });
  basic = localClient(issuer, {
    clientId: basicClient.client_id,
    authentication: clientSecretBasic(basicClient.client_secret),
  });
  post = localClient(issuer, {
    clientId: postClient.client_id,
    authentication: clientSecretPost(postClient.client_secret),
  });
});
afterAll(() => provider.close());

const offline = { scope: 'openid profile email offline_access', prompt: 'consent' };
const api = 'https://api.example/reports';

describe('the client-credentials grant', () => {
  it.each<[string, () => Client]>([
    ['basic', () => basic],
    ['post', () => post],
  ])('gets a token for the client itself (%s)', async (_, client) => {
    const tokens = await clientCredentialsGrant(client());
    expect(tokens.accessToken).toMatch(/^[\w-]{20,}$/);
    expect(Object.keys(tokens).sort()).toEqual([
      'accessToken',
      'expiresAt',
      'obtainedAt',
      'scope',
      'tokenType',
    ]);
  });

  it('takes the method that the metadata lists first in our order', async () => {
    const client = localClient(provider.issuer, {
      clientId: basicClient.client_id,
      authentication: clientSecret(basicClient.client_secret),
    });
    expect((await clientCredentialsGrant(client)).tokenType).toBe('Bearer');
  });

  it('gets a token for a resource with a scope', async () => {
    const tokens = await clientCredentialsGrant(post, { scope: 'reports:write', resource: api });
    expect(tokens).toMatchObject({ scope: 'reports:write', resource: api });
  });

  it('passes on a refusal', async () => {
    expect(await failureOf(clientCredentialsGrant(spa))).toMatchObject({
      code: 'oauth_error',
      phase: 'token',
      error: 'invalid_request',
      errorDescription: 'requested grant type is not allowed for this client',
      status: 400,
      retryable: false,
    });
  });
});

describe('the password grant', () => {
  it('gets verified tokens for a person', async () => {
    const { username, password } = grace;
    const tokens = await passwordGrant(basic, { username, password, scope: 'openid profile' });
    expect(tokens.claims?.sub).toBe('grace');
    expect(tokens.refreshToken).toBeTypeOf('string');
    expect((await fetchUserInfo(basic, tokens)).name).toBe('Grace Hopper');
  });

  it('needs no ID token', async () => {
    const { username, password } = ada;
    const tokens = await passwordGrant(post, { username, password, scope: 'profile' });
    expect(tokens.claims).toBeUndefined();
  });

  it('passes on that the password is wrong, and not the password', async () => {
    const error = await failureOf(
      passwordGrant(post, { username: 'ada', password: 'difference engine' }),
    );
    expect(error).toMatchObject({ code: 'oauth_error', error: 'invalid_grant', retryable: false });
    expect(JSON.stringify(error) + error.stack).not.toContain('difference engine');
  });
});

describe('refreshing', () => {
  it('rotates the refresh token and keeps what is not issued anew', async () => {
    const { tokens } = await signIn(spa, asAda, offline);
    const renewed = await refreshTokenGrant(spa, tokens);
    expect(renewed.refreshToken).toBeTypeOf('string');
    expect(renewed.refreshToken).not.toBe(tokens.refreshToken);
    expect(renewed.accessToken).not.toBe(tokens.accessToken);
    expect(renewed.claims).toMatchObject({ sub: 'ada', iss: provider.issuer });
    expect((await refreshTokenGrant(spa, renewed)).claims?.sub).toBe('ada');
  });

  it('with a used refresh token ends in invalid_grant, and so does the newest then', async () => {
    const { tokens } = await signIn(spa, asAda, offline);
    const renewed = await refreshTokenGrant(spa, tokens);
    for (const dead of [tokens, renewed]) {
      expect(await failureOf(refreshTokenGrant(spa, dead))).toMatchObject({
        code: 'oauth_error',
        error: 'invalid_grant',
        status: 400,
        retryable: false,
      });
    }
  });

  it('can narrow the scope, and says so', async () => {
    const { tokens } = await signIn(basic, asAda, offline);
    const renewed = await refreshTokenGrant(basic, tokens, { scope: 'openid' });
    expect(renewed.scope).toBe('openid');
  });

  it('needs the refresh token only', async () => {
    const { tokens } = await signIn(post, asAda, offline);
    const refreshToken = tokens.refreshToken as string;
    const renewed = await refreshTokenGrant(post, { refreshToken });
    expect(renewed.claims?.sub).toBe('ada');
  });
});

describe('with tokens in hand', () => {
  it('tells who the person is', async () => {
    const { tokens } = await signIn(spa, asAda, { scope: 'openid profile email' });
    const userInfo = await fetchUserInfo(spa, tokens);
    expect(userInfo).toMatchObject({ sub: 'ada', name: ada.name, email: ada.email });
    expect(Object.isFrozen(userInfo)).toBe(true);
    const { accessToken } = tokens;
    expect(await fetchUserInfo(spa, { accessToken }, { expectedSubject: 'ada' })).toEqual(userInfo);
    const other = failureOf(fetchUserInfo(spa, tokens, { expectedSubject: 'grace' }));
    expect(await other).toMatchObject({ code: 'invalid_userinfo', check: 'userinfo.sub' });
  });

  it('learns that an access token is no good', async () => {
    const tokens = { accessToken: 'made-up', claims: { sub: 'ada' } as never };
    expect(await failureOf(fetchUserInfo(spa, tokens))).toMatchObject({
      code: 'oauth_error',
      error: 'invalid_token',
      status: 401,
      retryable: false,
    });
  });

  it('introspects and revokes', async () => {
    const { tokens } = await signIn(basic, asAda, offline);
    const refreshToken = tokens.refreshToken as string;
    const ask = (token: string) => introspectToken(basic, token);
    const active = await ask(tokens.accessToken);
    expect(active).toMatchObject({ active: true, client_id: basicClient.client_id, sub: 'ada' });
    expect(Object.isFrozen(active)).toBe(true);
    expect((await ask('made-up')).active).toBe(false);
    const hint = { tokenTypeHint: 'refresh_token' };
    expect((await introspectToken(basic, refreshToken, hint)).active).toBe(true);

    await revokeToken(basic, refreshToken, hint);
    await revokeToken(basic, refreshToken);
    await revokeToken(basic, 'made-up');
    expect((await ask(refreshToken)).active).toBe(false);
    expect(await failureOf(refreshTokenGrant(basic, tokens))).toMatchObject({
      error: 'invalid_grant',
    });
  });
});

describe('signing out', () => {
  async function signedIn() {
    const browser = createUserAgent();
    const { tokens } = await signIn(spa, (url) => browser.signIn(url, ada));
    const isSignedIn = async () => {
      const { url } = await createAuthorizationRequest(spa, { redirectUri, prompt: 'none' });
      return (await browser.signIn(url, ada)).searchParams.has('code');
    };
    expect(await isSignedIn()).toBe(true);
    return { browser, tokens, isSignedIn };
  }

  it('by URL ends the session and comes back with the state', async () => {
    const { browser, tokens, isSignedIn } = await signedIn();
    const { url } = await createLogoutRequest(spa, {
      idTokenHint: tokens.idToken,
      postLogoutRedirectUri,
      state: 'the state',
    });
    const back = await browser.signOut(url);
    expect(back.href).toBe(`${postLogoutRedirectUri}?state=the+state`);
    expect(await isSignedIn()).toBe(false);
  });

  it('by form keeps the ID token out of the URL', async () => {
    const { tokens } = await signedIn();
    const { form } = await createLogoutRequest(spa, {
      idTokenHint: tokens.idToken,
      postLogoutRedirectUri,
    });
    expect(form).toEqual({
      action: `${provider.issuer}/logout`,
      fields: {
        client_id: publicClient.client_id,
        id_token_hint: tokens.idToken,
        post_logout_redirect_uri: postLogoutRedirectUri,
      },
    });
  });
});
