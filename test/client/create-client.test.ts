import { describe, expect, it } from 'vitest';
import {
  type Client,
  clientCredentialsGrant,
  clientSecret,
  clientSecretBasic,
  clientSecretPost,
  createAuthorizationRequest,
  createClient,
  createLogoutRequest,
  dpop,
  fetchServerKeys,
  fetchServerMetadata,
  fetchUserInfo,
  handleAuthorizationResponse,
  introspectToken,
  passwordGrant,
  refreshTokenGrant,
  revokeToken,
} from '../../src/index.ts';
import { type Anything, issuer, redirectUri, setUp } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';

describe('createClient', () => {
  it.each<[problem: string, options: Anything, option: string, code?: string]>([
    ['no issuer', { issuer: undefined }, 'issuer'],
    ['an empty issuer', { issuer: '' }, 'issuer'],
    ['an issuer that is a URL object', { issuer: new URL(issuer) }, 'issuer'],
    ['an issuer that is no URL', { issuer: 'login.example' }, 'issuer'],
    ['an issuer with a query', { issuer: `${issuer}/?tenant=1` }, 'issuer'],
    ['an issuer with an empty query', { issuer: `${issuer}/?` }, 'issuer'],
    ['an issuer with a fragment', { issuer: `${issuer}/#top` }, 'issuer'],
    ['an issuer with credentials', { issuer: 'https://user:pw@login.example' }, 'issuer'],
    ['a plain http issuer', { issuer: 'http://login.example' }, 'issuer', 'insecure_url'],
    ['http on this machine', { issuer: 'http://127.0.0.1:4000' }, 'issuer', 'insecure_url'],
    [
      'http on another host, though loopback is allowed',
      { issuer: 'http://login.example', allowInsecureRequests: 'loopback' },
      'issuer',
      'insecure_url',
    ],
    [
      'http on a host that only begins like loopback',
      { issuer: 'http://127.0.0.1.evil.example', allowInsecureRequests: 'loopback' },
      'issuer',
      'insecure_url',
    ],
    [
      'http on a host that only ends like localhost',
      { issuer: 'http://notlocalhost', allowInsecureRequests: 'loopback' },
      'issuer',
      'insecure_url',
    ],
    ['another scheme', { issuer: 'ftp://login.example' }, 'issuer', 'insecure_url'],
    ['no clientId', { clientId: undefined }, 'clientId'],
    ['an empty clientId', { clientId: '' }, 'clientId'],
    ['a clientId that is a number', { clientId: 42 }, 'clientId'],
    ['an unknown permission', { allowInsecureRequests: 'all' }, 'allowInsecureRequests'],
    ['a permission that is true', { allowInsecureRequests: true }, 'allowInsecureRequests'],
    ['an unknown way of discovery', { discovery: 'webfinger' }, 'discovery'],
    ['no discovery and no metadata', { discovery: false }, 'discovery'],
    ['metadata of another issuer', { metadata: { issuer: `${issuer}/` } }, 'metadata'],
    ['an unsigned algorithm', { idTokenSigningAlgorithm: 'none' }, 'idTokenSigningAlgorithm'],
    ['a symmetric algorithm', { idTokenSigningAlgorithm: 'HS256' }, 'idTokenSigningAlgorithm'],
    ['an algorithm of its own', { idTokenSigningAlgorithm: 'XRS256' }, 'idTokenSigningAlgorithm'],
    ['authentication by a string', { authentication: 'secret' }, 'authentication'],
    ['a fetch that is none', { fetch: {} }, 'fetch'],
    ['a trace that is none', { trace: true }, 'trace'],
    ['a negative timeout', { timeoutMs: -1 }, 'timeoutMs'],
    ['an endless timeout', { timeoutMs: Number.POSITIVE_INFINITY }, 'timeoutMs'],
    ['a timeout that is text', { timeoutMs: '10' }, 'timeoutMs'],
    [
      'a tolerance that is no number',
      { clockToleranceSeconds: Number.NaN },
      'clockToleranceSeconds',
    ],
    ['a negative tolerance', { clockToleranceSeconds: -1 }, 'clockToleranceSeconds'],
    ['trusted audiences in one string', { trustedAudiences: 'api one' }, 'trustedAudiences'],
    ['trusted audiences that are no text', { trustedAudiences: [undefined] }, 'trustedAudiences'],
    ['a clock without hands', { clock: {} }, 'clock'],
    ['an algorithm in a list', { idTokenSigningAlgorithm: ['RS256'] }, 'idTokenSigningAlgorithm'],
    ['metadata with a function', { metadata: { x: () => {} } }, 'metadata'],
    ['null where tokens are bound to a key', { dpop: null }, 'dpop'],
    ['one capability in place of another', { pushedAuthorization: dpop() }, 'pushedAuthorization'],
    ['a capability that is none', { frontChannel: {} }, 'frontChannel'],
    ['metadata that is a string', { metadata: `${issuer}/metadata` }, 'metadata'],
  ])('refuses %s', async (_, options, option, code = 'invalid_option') => {
    const { web } = setUp();
    const error = await failureOf(() =>
      createClient({ issuer, clientId: 'app', fetch: web.fetch, ...options }),
    );
    expect(error).toMatchObject({
      name: 'ConfigurationError',
      code,
      phase: 'configuration',
      option,
      retryable: false,
    });
    expect(web.requests).toEqual([]);
  });

  it.each([undefined, null, 'https://login.example'])(
    'refuses %o for its options',
    async (options) => {
      const error = await failureOf(() => createClient(options as Anything));
      expect(error).toMatchObject({ code: 'invalid_option' });
    },
  );

  it.each([
    'https://login.example',
    'https://login.example/',
    'https://login.example:8443/tenant/a',
  ])('keeps the issuer %s to the byte', (issuer) => {
    expect(createClient({ issuer, clientId: 'app' }).issuer).toBe(issuer);
  });

  it.each([
    'http://localhost:4000',
    'http://127.0.0.1:4000/',
    'http://127.8.9.10',
    'http://[::1]:4000',
  ])('takes %s where loopback is allowed', (issuer) => {
    const client = createClient({ issuer, clientId: 'app', allowInsecureRequests: 'loopback' });
    expect(client.issuer).toBe(issuer);
  });

  it('gives frozen plain data and asks nobody', () => {
    const { web, client } = setUp();
    expect(Object.isFrozen(client)).toBe(true);
    expect(JSON.parse(JSON.stringify(client))).toEqual({ issuer, clientId: 'app' });
    expect(web.requests).toEqual([]);
  });

  it('never shows a value that it refuses', async () => {
    const error = await failureOf(() =>
      createClient({ issuer: 'https://ada:hunter2@login.example', clientId: 'app' }),
    );
    expect(JSON.stringify(error) + error.stack).not.toContain('hunter2');
  });
});

describe('the client secrets', () => {
  it.each<[problem: string, make: () => unknown, option: string]>([
    ['clientSecret without a secret', () => clientSecret(undefined as Anything), 'secret'],
    ['clientSecret with an empty one', () => clientSecret(''), 'secret'],
    ['clientSecretBasic with a number', () => clientSecretBasic(42 as Anything), 'secret'],
    ['clientSecretPost with an empty one', () => clientSecretPost(''), 'secret'],
    [
      'an encoding that does not exist',
      () => clientSecretBasic('secret', { encoding: 'base64' as Anything }),
      'encoding',
    ],
    [
      'a secret that raw Basic cannot send',
      () => clientSecretBasic('sécret', { encoding: 'raw' }),
      'secret',
    ],
    [
      'a secret with a line break in raw Basic',
      () => clientSecretBasic('a\r\nb', { encoding: 'raw' }),
      'secret',
    ],
  ])('refuse %s', async (_, make, option) => {
    expect(await failureOf(make)).toMatchObject({ code: 'invalid_option', option });
  });

  it('refuse a client id that raw Basic cannot send, before the token request', async () => {
    const { web, client } = setUp({
      clientId: 'a:b',
      authentication: clientSecretBasic('secret', { encoding: 'raw' }),
    });
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject({
      code: 'invalid_option',
      option: 'clientId',
    });
    expect(web.count(`${issuer}/token`)).toBe(0);
  });
});

describe('every function', () => {
  const forged = { issuer, clientId: 'app' } as Client;
  it.each<[name: string, call: (client: Client) => Promise<unknown>]>([
    ['fetchServerMetadata', async (client) => fetchServerMetadata(client)],
    ['fetchServerKeys', (client) => fetchServerKeys(client)],
    ['createAuthorizationRequest', (client) => createAuthorizationRequest(client, { redirectUri })],
    [
      'handleAuthorizationResponse',
      (client) => handleAuthorizationResponse(client, async () => undefined, new URL(redirectUri)),
    ],
    ['clientCredentialsGrant', (client) => clientCredentialsGrant(client)],
    ['passwordGrant', (client) => passwordGrant(client, { username: 'ada', password: 'x' })],
    ['refreshTokenGrant', (client) => refreshTokenGrant(client, { refreshToken: 'r' })],
    ['fetchUserInfo', (client) => fetchUserInfo(client, { accessToken: 'a' })],
    ['introspectToken', (client) => introspectToken(client, 'token')],
    ['revokeToken', (client) => revokeToken(client, 'token')],
    ['createLogoutRequest', (client) => createLogoutRequest(client)],
  ])('%s refuses a client that createClient did not make', async (_, call) => {
    for (const client of [forged, undefined as Anything, {}, 'app']) {
      expect(await failureOf(() => call(client))).toMatchObject({
        code: 'invalid_option',
        option: 'client',
      });
    }
  });
});
