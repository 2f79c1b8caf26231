import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientOptions,
  clientCredentialsGrant,
  clientSecretBasic,
  clientSecretPost,
  createAuthorizationRequest,
  createClient,
  fetchUserInfo,
  handleAuthorizationResponse,
  introspectToken,
  passwordGrant,
  refreshTokenGrant,
  revokeToken,
} from '../../src/index.ts';
import {
  defaultClients,
  type HostileProvider,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import {
  browserOf,
  createRecorder,
  failureOf,
  hostileCallback,
  hostileClient,
  signInAt,
} from '../support/relying-party.ts';
import { createWeb, json } from '../support/scripted-web.ts';

/** Every way in which a secret may be written. */
function formsOf(secret: string): string[] {
  const form = new URLSearchParams({ v: secret }).toString().slice(2);
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encodeURIComponent(secret), form, quoted])];
}

/** Everything that a log could show of a value. */
function shownOf(value: unknown): string {
  const { message, stack, cause } = Object(value);
  return [
    message,
    stack,
    inspect(cause, { depth: 20, showHidden: true }),
    JSON.stringify(value),
    String(value),
    inspect(value, { depth: 20, showHidden: true, getters: true }),
  ].join('\n');
}

function expectNothingOf(secrets: readonly string[], ...values: unknown[]) {
  expect(secrets.length).toBeGreaterThan(0);
  for (const value of values) {
    const shown = shownOf(value);
    for (const form of secrets.flatMap(formsOf)) expect(shown).not.toContain(form);
  }
}

describe('a provider that tells every secret back', () => {
  let op: HostileProvider;
  beforeAll(async () => {
    op = await startHostileProvider({ echoSecrets: true });
  });
  afterAll(() => op.close());

  const registered = (method: string) => {
    const { client_id: clientId = '', client_secret: secret = '' } =
      defaultClients.find((client) => client.token_endpoint_auth_method === method) ?? {};
    return { clientId, secret };
  };
  const basic = registered('client_secret_basic');
  const post = registered('client_secret_post');
  const wrong = 'wrong + secret / with "quotes" & 100 % of it';

  const setUp = (options: Partial<ClientOptions> = {}) => {
    const recorder = createRecorder();
    return { recorder, client: hostileClient(op, { trace: recorder.trace, ...options }) };
  };
  const header = (id: string, secret: string) => {
    const encode = (value: string) => new URLSearchParams({ v: value }).toString().slice(2);
    return Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64');
  };

  it.each([
    [
      'in the Basic header',
      { clientId: basic.clientId, authentication: clientSecretBasic(wrong) },
      [wrong, header(basic.clientId, wrong)],
    ],
    ['in the body', { clientId: post.clientId, authentication: clientSecretPost(wrong) }, [wrong]],
  ] as const)('learns a client secret %s and shows it nobody', async (_, options, secrets) => {
    const { client, recorder } = setUp(options);
    const error = await failureOf(clientCredentialsGrant(client));
    expect(error).toMatchObject({ error: 'invalid_client' });
    expect((error as { errorDescription?: string }).errorDescription).toContain('[redacted]');
    expectNothingOf(secrets, error, recorder.events);
  });

  it.each(['correct horse & battery', 'Gr8!', 'p%20w+x', 'naïve — пароль', 'a"b\\c d'])(
    'learns the password %s and shows it nobody',
    async (password) => {
      const { client, recorder } = setUp();
      const error = await failureOf(passwordGrant(client, { username: op.username, password }));
      expect(error).toMatchObject({ error: 'invalid_grant' });
      expectNothingOf([password], error, recorder.events);
    },
  );

  it('learns code and verifier and shows them nobody, nor state and nonce', async () => {
    const { client, recorder } = setUp();
    const { url, transaction } = await createAuthorizationRequest(client, {
      redirectUri: hostileCallback,
    });
    const callback = await browserOf(op)(url);
    const code = callback.searchParams.get('code') ?? '';
    const spoilt = { ...transaction, codeVerifier: 'another-verifier-of-forty-three-characters-' };
    const error = await failureOf(handleAuthorizationResponse(client, spoilt, callback));
    expect(error).toMatchObject({ error: 'invalid_grant' });
    const { state, nonce, codeVerifier } = transaction;
    const secrets = [code, codeVerifier, spoilt.codeVerifier, state, nonce];
    expectNothingOf(secrets, error, recorder.events);
  });

  it('learns tokens and shows them nobody', async () => {
    const { client, recorder } = setUp({
      clientId: basic.clientId,
      authentication: clientSecretBasic(basic.secret),
    });
    const { tokens } = await signInAt(op, client);
    const { accessToken, idToken = '', refreshToken = '' } = tokens;
    await refreshTokenGrant(client, tokens);
    const errors = [
      await failureOf(refreshTokenGrant(client, tokens)),
      await failureOf(fetchUserInfo(client, tokens)),
    ];
    op.fault('RV-02', 'unsupported_token_type');
    errors.push(await failureOf(revokeToken(client, refreshToken)));
    op.fault('IN-05', '403');
    errors.push(await failureOf(introspectToken(client, accessToken)));
    op.fault('OC-18', '401-challenge');
    errors.push(await failureOf(refreshTokenGrant(client, { refreshToken: 'another-token' })));
    op.clearFaults();
    expect(errors.map(({ code }) => code)).toEqual(Array(5).fill('oauth_error'));
    const secrets = [
      accessToken,
      idToken,
      refreshToken,
      'another-token',
      basic.secret,
      header(basic.clientId, basic.secret),
    ];
    expectNothingOf(secrets, ...errors, recorder.events);
  });

  it('sees no secret in what the trace tells of a good sign-in', async () => {
    const { client, recorder } = setUp();
    const { tokens, transaction } = await signInAt(op, client);
    await fetchUserInfo(client, tokens);
    const { accessToken, idToken = '', refreshToken = '' } = tokens;
    const { state, nonce, codeVerifier } = transaction;
    const secrets = [accessToken, idToken, refreshToken, state, nonce, codeVerifier];
    expectNothingOf(secrets, recorder.events);
    expect(JSON.stringify(recorder.events)).not.toContain('?');
  });
});

describe('a check that fails', () => {
  it.each(['NS-02', 'NS-03', 'OC-13', 'SIG-02', 'SIG-07', 'IDC-01', 'IDC-03', 'OC-11'])(
    '(%s) shows no token, nonce or hash',
    async (fault) => {
      const op = await startHostileProvider({ fault });
      const bodies: Record<string, string>[] = [];
      const client = hostileClient(op, {
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          if (url.endsWith('/token')) bodies.push(await response.clone().json());
          return response;
        },
      });
      const { url, transaction } = await createAuthorizationRequest(client, {
        redirectUri: hostileCallback,
      });
      const error = await failureOf(
        handleAuthorizationResponse(client, transaction, await browserOf(op)(url)),
      );
      await op.close();
      const [body = {}] = bodies;
      const [, payload = '', signature = ''] = (body['id_token'] ?? '').split('.');
      const claims = payload ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : {};
      const secrets = [
        transaction.nonce,
        transaction.state,
        transaction.codeVerifier,
        body['access_token'],
        body['refresh_token'],
        body['id_token'],
        payload,
        signature,
        claims.nonce,
        claims.at_hash,
      ];
      expectNothingOf(
        secrets.filter((secret): secret is string => typeof secret === 'string' && secret !== ''),
        error,
      );
    },
  );
});

describe('an error text', () => {
  const issuer = 'https://login.example';
  const refusing = (body: object, status = 400, headers: Record<string, string> = {}) => {
    const web = createWeb({ [`${issuer}/token`]: () => json(body, status, headers) });
    return createClient({
      issuer,
      clientId: 'app',
      authentication: clientSecretPost('the-client-secret'),
      discovery: false,
      metadata: { token_endpoint: `${issuer}/token` },
      fetch: web.fetch,
    });
  };

  it('keeps what is no secret', async () => {
    const client = refusing({
      error: 'invalid_scope',
      error_description: 'No reports:write here.',
    });
    const work = clientCredentialsGrant(client, { scope: 'reports:write' });
    expect(await failureOf(work)).toMatchObject({
      message: 'The server answered invalid_scope: No reports:write here.',
      errorDescription: 'No reports:write here.',
    });
  });

  it('that is no text is left out', async () => {
    const client = refusing({ error: 'invalid_scope', error_description: 42, error_uri: {} });
    const error = await failureOf(clientCredentialsGrant(client));
    expect(error.message).toBe('The server answered invalid_scope.');
    expect(error).not.toHaveProperty('errorDescription');
    expect(error).not.toHaveProperty('errorUri');
  });

  it('hides a secret in the error code and in the address, too', async () => {
    const client = refusing({
      error: 'bad the-client-secret',
      error_uri: 'https://login.example/?s=the-client-secret',
    });
    const error = await failureOf(clientCredentialsGrant(client));
    expect(error).toMatchObject({
      error: 'bad [redacted]',
      errorUri: 'https://login.example/?s=[redacted]',
    });
  });

  it('hides a secret that has control characters strewn in', async () => {
    const client = refusing({
      error: 'invalid_client',
      error_description: 'you sent the-client\u0000-secret',
    });
    expectNothingOf(['the-client-secret'], await failureOf(clientCredentialsGrant(client)));
  });

  it('hides the longer of two secrets whole', async () => {
    const client = refusing({ error: 'invalid_grant', error_description: 'abcdefgh abcd' });
    const work = passwordGrant(client, { username: 'abcd', password: 'abcdefgh' });
    expect(await failureOf(work)).toMatchObject({ errorDescription: '[redacted]' });
  });

  it('with a lone surrogate in the request is still a typed error', async () => {
    const client = refusing({ error: 'invalid_grant', error_description: 'no' });
    const work = passwordGrant(client, { username: 'ada', password: 'half \ud83d of it' });
    expect(await failureOf(work)).toMatchObject({ error: 'invalid_grant' });
  });

  it('of characters that no error code may have is still an error code', async () => {
    const error = await failureOf(clientCredentialsGrant(refusing({ error: 'ошибка' })));
    expect(error.code).toBe('oauth_error');
    expect(error.message).not.toContain('answered .');
  });
});
