import { generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import * as relier from '../src/index.ts';
import type { Anything } from './support/refusals.ts';
import { failureOf } from './support/relying-party.ts';
import { callback, issuer, scriptedProvider } from './support/scripted-provider.ts';

const { privateKey } = await generateKeyPair('ES256');
const secret = 's'.repeat(32);
const store = relier.memoryStore();
const parameters = () => new URLSearchParams({ iss: issuer });

type Call = (options: Anything, client: relier.Client) => unknown;

/** Every function, with right arguments before the options. */
const withOptions: Record<string, Call> = {
  createAccessTokenValidator: (options) => relier.createAccessTokenValidator(options),
  'createAccessTokenValidator, validate': (requirements) =>
    relier.createAccessTokenValidator({ issuer, audience: 'a' }).validate('a', requirements),
  createServiceTokens: (options) => relier.createServiceTokens(options),
  'createServiceTokens, getAccessToken': (options, client) =>
    relier.createServiceTokens({ client }).getAccessToken(options),
  'createServiceTokens, fetch': (init, client) =>
    relier.createServiceTokens({ client }).fetch('https://api.example', init),
  'createServiceTokens, grant': (grant, client) => relier.createServiceTokens({ client, grant }),
  createSession: (options) => relier.createSession(options),
  'createSession, lifecycle': (lifecycle, client) =>
    relier.createSession({ client, store, lifecycle }),
  'createSession, notifier': (notifier, client) =>
    relier.createSession({ client, store, notifier }),
  'createSession, getAccessToken': (options, client) =>
    relier.createSession({ client, store }).getAccessToken(options),
  'createSession, fetch': (init, client) =>
    relier.createSession({ client, store }).fetch('https://api.example', init),
  memoryStore: (options) => relier.memoryStore(options),
  sessionStoreContract: (options) => relier.sessionStoreContract(() => store, options),
  transactionStore: (options) => relier.transactionStore(store, options),
  backchannelAuthenticationGrant: (options, client) =>
    relier.backchannelAuthenticationGrant(client, options),
  deviceAuthorizationGrant: (options, client) => relier.deviceAuthorizationGrant(client, options),
  extensionGrant: (options, client) => relier.extensionGrant(client, options),
  fetchResourceMetadata: (options, client) =>
    relier.fetchResourceMetadata(client, 'https://api.example', options),
  handleBackchannelLogout: (options, client) =>
    relier.handleBackchannelLogout(client, new Request('https://app.example/'), options),
  jwtBearerGrant: (options, client) => relier.jwtBearerGrant(client, options),
  registerClient: (options, client) => relier.registerClient(client, {}, options),
  tokenExchangeGrant: (options, client) => relier.tokenExchangeGrant(client, options),
  validateAccessToken: (options, client) => relier.validateAccessToken(client, 'a', options),
  validateLogoutToken: (options, client) => relier.validateLogoutToken(client, 'a', options),
  clientCredentialsGrant: (options, client) => relier.clientCredentialsGrant(client, options),
  clientSecretBasic: (options) => relier.clientSecretBasic(secret, options),
  clientSecretJwt: (options) => relier.clientSecretJwt(secret, options),
  createAuthorizationRequest: (options, client) =>
    relier.createAuthorizationRequest(client, options),
  createClient: (options) => relier.createClient(options),
  createLogoutRequest: (options, client) => relier.createLogoutRequest(client, options),
  dpop: (options) => relier.dpop(options),
  fetchResource: (options, client) =>
    relier.fetchResource(client, { accessToken: 'a' }, 'https://api.example', options),
  fetchServerKeys: (options, client) => relier.fetchServerKeys(client, options),
  fetchServerMetadata: (options, client) => relier.fetchServerMetadata(client, options),
  fetchUserInfo: (options, client) => relier.fetchUserInfo(client, { accessToken: 'a' }, options),
  frontChannel: (options) => relier.frontChannel(options),
  handleAuthorizationResponse: (options, client) =>
    relier.handleAuthorizationResponse(client, () => undefined, parameters(), options),
  introspectToken: (options, client) => relier.introspectToken(client, 'token', options),
  jar: (options) => relier.jar(privateKey, options),
  jarm: (options) => relier.jarm(options),
  par: (options) => relier.par(options),
  passwordGrant: (options, client) => relier.passwordGrant(client, options),
  privateKeyJwt: (options) => relier.privateKeyJwt(privateKey, options),
  readThirdPartyLogin: (options, client) =>
    relier.readThirdPartyLogin([client], parameters(), options),
  refreshTokenGrant: (options, client) =>
    relier.refreshTokenGrant(client, { refreshToken: 'r' }, options),
  revokeToken: (options, client) => relier.revokeToken(client, 'token', options),
};

/** Every function that takes something else first. */
const withArguments: Record<string, Call> = {
  'createSession, establish': (value, client) =>
    relier.createSession({ client, store }).establish(value),
  'createSession, fetch, url': (value, client) =>
    relier.createSession({ client, store }).fetch(value),
  'createSession, store': (value, client) => relier.createSession({ client, store: value }),
  encryptedStore: (value) => relier.encryptedStore(store, value),
  'encryptedStore, inner': (value) => relier.encryptedStore(value, new Uint8Array(32)),
  sessionStoreContract: (value) => relier.sessionStoreContract(value),
  transactionStore: (value) => relier.transactionStore(value),
  fetchResourceMetadata: (value, client) =>
    relier.fetchResourceMetadata(client, value, { allowedHosts: ['api.example'] }),
  handleBackchannelLogout: (value, client) =>
    relier.handleBackchannelLogout(client, value, { endSession: () => {} }),
  isFrontchannelLogout: (value, client) => relier.isFrontchannelLogout(client, value, {}),
  registerClient: (value, client) => relier.registerClient(client, value),
  validateAccessToken: (value, client) =>
    relier.validateAccessToken(client, value, { audience: 'api' }),
  validateLogoutToken: (value, client) => relier.validateLogoutToken(client, value),
  clientSecret: (value) => relier.clientSecret(value),
  clientSecretBasic: (value) => relier.clientSecretBasic(value),
  clientSecretJwt: (value) => relier.clientSecretJwt(value),
  clientSecretPost: (value) => relier.clientSecretPost(value),
  fetchResource: (value, client) => relier.fetchResource(client, value, 'https://api.example'),
  'fetchResource, url': (value, client) =>
    relier.fetchResource(client, { accessToken: 'a' }, value),
  fetchUserInfo: (value, client) => relier.fetchUserInfo(client, value),
  'handleAuthorizationResponse, response': (value, client) =>
    relier.handleAuthorizationResponse(client, () => undefined, value),
  introspectToken: (value, client) => relier.introspectToken(client, value),
  jar: (value) => relier.jar(value),
  jwe: (value) => relier.jwe(value),
  'jwe, key': (value) => relier.jwe([value]),
  privateKeyJwt: (value) => relier.privateKeyJwt(value),
  readThirdPartyLogin: (value, client) =>
    relier.readThirdPartyLogin([client], value, { origin: 'https://app.example' }),
  'readThirdPartyLogin, clients': (value) =>
    relier.readThirdPartyLogin(value, parameters(), { origin: 'https://app.example' }),
  refreshTokenGrant: (value, client) => relier.refreshTokenGrant(client, value),
  revokeToken: (value, client) => relier.revokeToken(client, value),
};

/** Every function that takes a client. */
const withClient: Record<string, (client: Anything) => unknown> = {
  createServiceTokens: (client) => relier.createServiceTokens({ client }),
  createSession: (client) => relier.createSession({ client, store }),
  clientCredentialsGrant: (client) => relier.clientCredentialsGrant(client),
  createAuthorizationRequest: (client) =>
    relier.createAuthorizationRequest(client, { redirectUri: callback }),
  createLogoutRequest: (client) => relier.createLogoutRequest(client),
  fetchResource: (client) =>
    relier.fetchResource(client, { accessToken: 'a' }, 'https://api.example'),
  fetchServerKeys: (client) => relier.fetchServerKeys(client),
  fetchServerMetadata: (client) => relier.fetchServerMetadata(client),
  fetchUserInfo: (client) =>
    relier.fetchUserInfo(client, { accessToken: 'a' }, { expectedSubject: 'ada' }),
  handleAuthorizationResponse: (client) =>
    relier.handleAuthorizationResponse(client, () => undefined, parameters()),
  introspectToken: (client) => relier.introspectToken(client, 'token'),
  passwordGrant: (client) => relier.passwordGrant(client, { username: 'a', password: 'b' }),
  readThirdPartyLogin: (client) =>
    relier.readThirdPartyLogin([client], parameters(), { origin: 'https://app.example' }),
  refreshTokenGrant: (client) => relier.refreshTokenGrant(client, { refreshToken: 'r' }),
  revokeToken: (client) => relier.revokeToken(client, 'token'),
};

const wrong: [name: string, value: Anything][] = [
  ['null', null],
  ['an empty text', ''],
  ['a number', 42],
  ['true', true],
  ['a list', []],
];

async function expectTyped(call: Call, value: Anything) {
  const { client, web } = scriptedProvider();
  const made = client();
  const error = await failureOf(() => call(value, made));
  expect(error).toMatchObject({ name: 'ConfigurationError', retryable: false });
  expect(error.message).not.toMatch(/undefined|\[object/);
  expect(web.requests).toEqual([]);
}

describe.each(Object.entries(withOptions))('%s', (_, call) => {
  it.each(wrong)('refuses options that are %s', async (_name, value) => {
    await expectTyped(call, value);
  });
});

describe.each(Object.entries(withArguments))('%s', (_, call) => {
  it.each([...wrong.filter(([name]) => name !== 'a list'), ['undefined', undefined] as const])(
    'refuses %s for its argument',
    async (_name, value) => {
      await expectTyped(call, value);
    },
  );
});

describe('handleAuthorizationResponse', () => {
  it.each([...wrong, ['undefined', undefined] as const])(
    'refuses %s for a transaction',
    async (_name, value: Anything) => {
      const { client, web } = scriptedProvider();
      const response = new URLSearchParams({ code: 'c', state: 's'.repeat(43) });
      const work = relier.handleAuthorizationResponse(client(), value, response);
      // What a store without the transaction hands out is no mistake of the caller.
      expect((await failureOf(work)).code).toBe(
        value ? 'invalid_transaction' : 'transaction_not_found',
      );
      expect(web.requests).toEqual([]);
    },
  );
});

describe.each(Object.entries(withClient))('%s', (_, call) => {
  it.each([...wrong, ['a copy', { issuer, clientId: 'app' }] as const])(
    'refuses %s for a client',
    async (_name, value) => {
      expect(await failureOf(() => call(value))).toMatchObject({
        code: 'invalid_option',
        option: 'client',
      });
    },
  );
});

describe('the tables above', () => {
  it('leave out no function but those that take nothing', () => {
    const named = new Set(Object.keys({ ...withOptions, ...withArguments, ...withClient }));
    const left = Object.entries(relier)
      .filter(([name, value]) => /^[a-z]/.test(name) && typeof value === 'function')
      .filter(([name]) => !named.has(name))
      .map(([name]) => name);
    expect(left.sort()).toEqual(['isRelierError', 'none', 'parseChallenge', 'tlsClientAuth']);
  });
});

describe('isRelierError', () => {
  it.each([...wrong, ['undefined', undefined] as const])('is false for %s', (_name, value) => {
    expect(relier.isRelierError(value)).toBe(false);
  });
});

describe('a signal that is none', () => {
  it.each(['abort', {}, 42])('(%j) is a mistake in that option', async (signal: Anything) => {
    const { client } = scriptedProvider();
    const error = await failureOf(relier.fetchServerMetadata(client(), { signal }));
    expect(error).toMatchObject({ option: 'signal' });
  });
});
