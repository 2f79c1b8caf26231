import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Client,
  clientSecretBasic,
  clientSecretPost,
  createAuthorizationRequest,
  fetchServerMetadata,
  handleAuthorizationResponse,
} from '../../src/index.ts';
import {
  basicClient,
  nativeClient,
  postClient,
  publicClient,
  type RunningProvider,
  redirectUri,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { asAda, createRecorder, failureOf, localClient, signIn } from '../support/relying-party.ts';
import { ada, createUserAgent } from '../support/user-agent.ts';

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

const _offline = { scope: 'openid profile email offline_access', prompt: 'consent' };
const api = 'https://api.example/reports';

describe('the code flow', () => {
  it.each<[name: string, client: () => Client]>([
    ['a page without a secret', () => spa],
    ['a client with an awkward id and secret in the Basic header', () => basic],
    ['a client with its secret in the body', () => post],
  ])('signs in at %s, with one token request', async (_, client) => {
    const before = provider.count('token');
    const { tokens } = await signIn(client(), asAda, { scope: 'openid email' });
    expect(tokens).toMatchObject({
      tokenType: 'Bearer',
      scope: 'openid email',
      claims: { iss: provider.issuer, aud: client().clientId, sub: 'ada' },
    });
    expect(Object.isFrozen(tokens)).toBe(true);
    expect(tokens.expiresAt).toBe(tokens.obtainedAt + 600_000);
    expect(provider.count('token')).toBe(before + 1);
  });

  it('takes the answer from the fragment', async () => {
    let callback = new URL(redirectUri);
    const browser = async (url: URL) => {
      callback = await asAda(url);
      return callback;
    };
    const { tokens } = await signIn(spa, browser, { responseMode: 'fragment' });
    expect(callback.search).toBe('');
    expect(callback.hash).toContain('code=');
    expect(tokens.claims?.sub).toBe('ada');
  });

  it('comes back to any port of this machine for a native app', async () => {
    const client = localClient(provider.issuer, { clientId: nativeClient.client_id });
    const { tokens } = await signIn(client, asAda, {
      redirectUri: 'http://127.0.0.1:54321/callback',
    });
    expect(tokens.claims?.sub).toBe('ada');
  });

  it('gets a token for a resource, and says which', async () => {
    const { tokens } = await signIn(spa, asAda, { scope: 'openid reports:read', resource: api });
    const [, payload = ''] = tokens.accessToken.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ aud: api });
    expect(tokens).toMatchObject({ resource: api, scope: 'reports:read' });
  });

  it('checks how long ago the person signed in', async () => {
    const browser = createUserAgent();
    const asBefore = (url: URL) => browser.signIn(url, ada);
    const { tokens } = await signIn(spa, asBefore, { maxAge: 3600 });
    expect(tokens.claims?.auth_time).toBeTypeOf('number');
    const again = await signIn(spa, asBefore, { maxAge: 3600 });
    expect(again.tokens.claims?.auth_time).toBe(tokens.claims?.auth_time);
  });

  it('gives the application state back, and sends it nowhere', async () => {
    const appState = { returnTo: '/orders?page=2', cart: [1, 2] };
    let seen = '';
    const browser = (url: URL) => {
      seen = decodeURIComponent(url.href);
      return asAda(url);
    };
    expect((await signIn(spa, browser, { appState })).appState).toEqual(appState);
    expect(seen).not.toContain('/orders');
    expect((await signIn(spa, asAda)).appState).toBeUndefined();
  });

  it('asks for no ID token, sends no nonce and gets no ID token without openid', async () => {
    const { tokens } = await signIn(spa, asAda, { scope: 'reports:read', resource: api });
    expect(tokens.claims).toBeUndefined();
    expect(tokens.idToken).toBeUndefined();
  });

  it('checks the issuer that the provider promises in its response (RFC 9207)', async () => {
    expect(await fetchServerMetadata(spa)).toMatchObject({
      authorization_response_iss_parameter_supported: true,
    });
    const { trace, checks } = createRecorder();
    const traced = localClient(provider.issuer, { clientId: publicClient.client_id, trace });
    await signIn(traced, asAda);
    expect(checks()).toContain('authorization_response.iss');

    const stripped = async (url: URL) => {
      const callback = await asAda(url);
      callback.searchParams.delete('iss');
      return callback;
    };
    const before = provider.count('token');
    expect(await failureOf(signIn(spa, stripped))).toMatchObject({
      check: 'authorization_response.iss',
      expected: provider.issuer,
    });
    expect(provider.count('token')).toBe(before);
  });

  it('says that the person cancelled', async () => {
    const cancel = (url: URL) => createUserAgent().signIn(url, ada, { cancel: true });
    expect(await failureOf(signIn(spa, cancel))).toMatchObject({
      code: 'oauth_error',
      phase: 'authorization',
      error: 'access_denied',
      errorDescription: 'The person said no',
      retryable: false,
    });
  });

  it('says that the person has to do something', async () => {
    const { url, transaction } = await createAuthorizationRequest(spa, {
      redirectUri,
      prompt: 'none',
    });
    const error = await failureOf(handleAuthorizationResponse(spa, transaction, await asAda(url)));
    expect(error).toMatchObject({
      name: 'InteractionRequiredError',
      code: 'interaction_required',
      error: 'login_required',
    });
  });

  it('does not send a code twice, and passes on a refusal of a used one', async () => {
    const { url, transaction } = await createAuthorizationRequest(spa, { redirectUri });
    const callback = await asAda(url);
    await handleAuthorizationResponse(spa, transaction, callback);
    // As a store would give it back: another object, so only the provider can tell.
    const copy = JSON.parse(JSON.stringify(transaction));
    expect(await failureOf(handleAuthorizationResponse(spa, copy, callback))).toMatchObject({
      code: 'oauth_error',
      phase: 'token',
      error: 'invalid_grant',
      status: 400,
      retryable: false,
    });
  });

  it('fails with a wrong secret, typed', async () => {
    for (const [{ client_id: clientId }, authentication] of [
      [basicClient, clientSecretBasic('wrong')],
      [postClient, clientSecretPost('wrong')],
    ] as const) {
      const client = localClient(provider.issuer, { clientId, authentication });
      expect(await failureOf(signIn(client, asAda))).toMatchObject({
        code: 'oauth_error',
        error: 'invalid_client',
        status: 401,
        retryable: false,
      });
    }
  });
});
