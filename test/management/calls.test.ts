import { describe, expect, it } from 'vitest';
import {
  accessToken,
  answerOf,
  apiToken,
  createManagementClient,
  type ManagementClientOptions,
} from '../../src/management/index.ts';
import { createWeb, json } from '../support/scripted-web.ts';
import { orgAndClient, rejection } from './kit.ts';

const org = 'https://org.example';
const auth = apiToken('token');

/** A client whose every request is answered with an object. */
function anyClient(options: Partial<ManagementClientOptions> = {}) {
  const urls: string[] = [];
  const client = createManagementClient({
    orgUrl: org,
    auth,
    async fetch(url) {
      urls.push(url);
      return json({ id: 'x' });
    },
    ...options,
  });
  return { client, urls };
}

describe('an id', () => {
  it.each([
    ['', 'must be a non-empty string'],
    ['.', 'cannot be part of a path'],
    ['..', 'cannot be part of a path'],
    ['a\nb', 'cannot be part of a path'],
    ['\u0000', 'cannot be part of a path'],
    ['a\u007f', 'cannot be part of a path'],
    ['\ud800', 'is not well-formed Unicode'],
    [undefined, 'must be a non-empty string'],
    [null, 'must be a non-empty string'],
    [7, 'must be a non-empty string'],
    [{}, 'must be a non-empty string'],
  ])('of %j is refused before anything is sent', async (id, problem) => {
    const { client, urls } = anyClient();
    const wrong = id as string;
    const { authorizationServers, applications } = client;
    const { rules } = authorizationServers.policies;

    for (const [call, option] of [
      [() => authorizationServers.delete(wrong), 'authServerId'],
      [() => authorizationServers.scopes.get('default', wrong), 'scopeId'],
      [() => rules.activate('default', wrong, 'r'), 'policyId'],
      [() => rules.deactivate('default', 'p', wrong), 'ruleId'],
      [() => applications.jwks.delete('app', wrong), 'keyId'],
      [async () => applications.secrets.list(wrong), 'appId'],
    ] as const) {
      expect(await rejection(call())).toMatchObject({
        code: 'invalid_option',
        option,
        message: `The option ${option} ${problem}.`,
      });
    }
    expect(urls).toEqual([]);
  });

  it.each([
    ['a/b', 'a%2Fb'],
    ['a?b#c', 'a%3Fb%23c'],
    ['%2e%2e', '%252e%252e'],
    ['..;', '..%3B'],
    ['...', '...'],
    ['https://elsewhere.example', 'https%3A%2F%2Felsewhere.example'],
    ['\\..\\', '%5C..%5C'],
    ['ü ', '%C3%BC%20'],
  ])('of %j stays one segment', async (id, segment) => {
    const { client, urls } = anyClient();
    await client.authorizationServers.claims.get(id, id);

    expect(urls).toEqual([`${org}/api/v1/authorizationServers/${segment}/claims/${segment}`]);
  });
});

describe('the orgUrl', () => {
  it.each([
    'https://org.example',
    'https://org.example/',
    'HTTPS://ORG.example:443',
    'https://org.example/oauth2/default',
    'https://org.example/api/v1',
    'https://org.example/.well-known/okta-organization',
    'https://org.example/?x#y',
  ])('%s is that of the org', async (orgUrl) => {
    const { client, urls } = anyClient({ orgUrl });
    await client.authorizationServers.get('default');

    expect(urls).toEqual([`${org}/api/v1/authorizationServers/default`]);
  });

  it.each([
    ['', 'invalid_option'],
    ['org.example', 'invalid_option'],
    ['https://user:password@org.example', 'invalid_option'],
    ['https://gateway.example/okta', 'invalid_option'],
    ['https://org.example/oauth22', 'invalid_option'],
    ['http://org.example', 'insecure_url'],
    ['ftp://org.example', 'insecure_url'],
    ['http://localhost.example', 'insecure_url'],
    [undefined, 'invalid_option'],
  ])('%s is refused', (orgUrl, code) => {
    expect(() => anyClient({ orgUrl: orgUrl as string })).toThrow(
      expect.objectContaining({ code, option: 'orgUrl' }),
    );
  });

  it.each([
    ['https://dev-1-admin.okta.com', 'https://dev-1.okta.com'],
    ['https://acme-admin.oktapreview.com/admin/dashboard', 'https://acme.oktapreview.com'],
    ['https://acme-admin.okta-emea.com/', 'https://acme.okta-emea.com'],
  ])('%s is explained', (orgUrl, right) => {
    expect(() => anyClient({ orgUrl })).toThrow(right);
  });

  it('may be http at this machine', async () => {
    const { client, urls } = anyClient({ orgUrl: 'http://127.0.0.1:4010/' });
    await client.authorizationServers.get('default');

    expect(urls).toEqual(['http://127.0.0.1:4010/api/v1/authorizationServers/default']);
  });
});

describe('options', () => {
  it.each([
    [{ auth: undefined }, 'auth'],
    [{ auth: 'token' }, 'auth'],
    [{ auth: {} }, 'auth'],
    [{ auth: { authorization: undefined, fetch: undefined } }, 'auth'],
    [{ auth: { authorization: 'SSWS token', fetch } }, 'auth'],
    [{ auth: { fetch }, fetch }, 'fetch'],
    [{ fetch: 'fetch' }, 'fetch'],
    [{ timeoutMs: -1 }, 'timeoutMs'],
    [{ timeoutMs: '1' }, 'timeoutMs'],
    [{ retry: true }, 'retry'],
    [{ retry: null }, 'retry'],
    [{ retry: 0 }, 'retry'],
    [{ retry: { maxRetries: Infinity } }, 'maxRetries'],
    [{ retry: { maxWaitMs: Number.NaN } }, 'maxWaitMs'],
    [{ userAgent: 'a\nb' }, 'userAgent'],
    [{ userAgent: '' }, 'userAgent'],
    [{ onRateLimit: 1 }, 'onRateLimit'],
    [{ trace: {} }, 'trace'],
    [{ clock: null }, 'clock'],
    [{ clock: {} }, 'clock'],
  ])('%o are refused', (wrong, option) => {
    expect(() =>
      createManagementClient({
        orgUrl: org,
        auth,
        ...(wrong as object),
      } as ManagementClientOptions),
    ).toThrow(expect.objectContaining({ code: 'invalid_option', option }));
  });

  it.each([
    ['apiToken', () => apiToken('')],
    ['apiToken', () => apiToken('a\nb')],
    ['apiToken', () => apiToken('a b')],
    ['accessToken', () => accessToken('ü')],
    ['accessToken', () => accessToken(undefined as unknown as string)],
  ])('%s takes what a header can carry', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_option', option: 'token' }));
  });

  it.each([[undefined], [null], ['x'], [[]]])('a body of %j is refused', async (body) => {
    const { client, urls } = anyClient();
    const { policies, scopes } = client.authorizationServers;

    for (const call of [
      () => scopes.create('default', body as never),
      () => policies.create('default', body as never),
      () => policies.rules.replace('default', 'p', 'r', body as never),
      () => client.applications.jwks.create('app', body as never),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: 'invalid_option' });
    }
    expect(urls).toEqual([]);
  });

  it.each([[null], ['x'], [[]]])('of a call cannot be %j', async (wrong) => {
    const { client, urls } = anyClient();
    const { authorizationServers } = client;
    const { scopes } = authorizationServers;
    const { tokens } = authorizationServers.clients;
    const options = wrong as never;

    for (const call of [
      () => authorizationServers.get('default', options),
      () => authorizationServers.activate('default', options),
      () => scopes.create('default', { name: 'x' }, options),
      () => authorizationServers.keys.rotate('default', options),
      () => client.applications.secrets.create('app', {}, options),
      async () => scopes.list('default', options),
      async () => tokens.list('default', 'c', options),
      () => tokens.get('default', 'c', 't', options),
      () => scopes.list('default').toArray(options),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: 'invalid_option', option: 'options' });
    }
    expect(urls).toEqual([]);
  });

  it('a body that cannot be written is refused', async () => {
    const { client, urls } = anyClient();
    const { scopes } = client.authorizationServers;
    const circle: Record<string, unknown> = { name: 'x' };
    circle['circle'] = circle;

    for (const body of [circle, { name: 'x', more: 1n }]) {
      expect(await rejection(scopes.create('default', body as never))).toMatchObject({
        code: 'invalid_option',
        option: 'body',
      });
    }
    expect(urls).toEqual([]);
  });

  it.each([
    ['too-short', 'a'.repeat(13)],
    ['too-long', 'a'.repeat(101)],
    ['no ASCII', `${'a'.repeat(20)}ü`],
    ['no string', 7],
    ['a long number', 12_345_678_901_234],
    ['a list', ['a'.repeat(20)]],
  ])('a secret that is %s is refused, and not shown', async (_, secret) => {
    const { client, urls } = anyClient();
    const call = client.applications.secrets.create('app', { client_secret: secret as string });
    const error = (await rejection(call)) as Error;

    expect(error).toMatchObject({ code: 'invalid_option', option: 'client_secret' });
    expect(error.message).not.toContain(String(secret));
    expect(urls).toEqual([]);
  });

  it('a private key is refused before it leaves', async () => {
    const { client, urls } = anyClient();
    const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', use: 'sig', alg: 'ES256', kid: 'k' };

    expect(
      await rejection(client.applications.jwks.create('app', { ...jwk, d: 'private' } as never)),
    ).toMatchObject({ code: 'invalid_option', option: 'jwk' });
    expect(urls).toEqual([]);
  });

  it('a private key of the API that a server encrypts for is refused before it leaves', async () => {
    const { client, urls } = anyClient();
    const key = { kty: 'RSA', use: 'enc', kid: 'k', n: 'n', e: 'AQAB', d: 'private' } as const;
    const server = { name: 'a', audiences: ['api://a'], jwks: { keys: [key] } };

    for (const call of [
      () => client.authorizationServers.create(server),
      () => client.authorizationServers.replace('default', server),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: 'invalid_option', option: 'jwks' });
    }
    expect(urls).toEqual([]);
    const { d: _, ...publicKey } = key;
    await client.authorizationServers.create({ ...server, jwks: { keys: [publicKey] } });
    await client.authorizationServers.create({ ...server, jwks: null });
    expect(urls).toHaveLength(2);
  });

  it('a private key is refused also where another form of keys was meant', async () => {
    const { client, urls } = anyClient();
    const key = { kty: 'RSA', use: 'enc', kid: 'k', n: 'n', e: 'AQAB', d: 'private' };
    const server = (jwks: unknown) => ({ name: 'a', audiences: ['api://a'], jwks }) as never;

    for (const call of [
      () => client.applications.jwks.create('app', { keys: [{}, key] } as never),
      () => client.authorizationServers.create(server([key])),
      () => client.authorizationServers.create(server(key)),
      () => client.authorizationServers.replace('default', server({ keys: key })),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: 'invalid_option' });
    }
    expect(urls).toEqual([]);
  });

  it.each([
    ['q', null],
    ['q', 7],
    ['filter', {}],
    ['trusted', 'yes'],
  ])('a list cannot be asked for with %s: %j', (option, value) => {
    const { scopes, associatedServers } = anyClient().client.authorizationServers;
    const list = option === 'trusted' ? associatedServers.list : scopes.list;

    expect(() => list('default', { [option]: value })).toThrow(
      expect.objectContaining({ code: 'invalid_option', option }),
    );
  });

  it('nothing else is expanded than scopes', async () => {
    const { client } = anyClient();
    const { tokens } = client.authorizationServers.clients;

    expect(() => tokens.list('default', 'c', { expand: 'user' as 'scope' })).toThrow(/expand/);
    expect(
      await rejection(tokens.get('default', 'c', 't', { expand: '' as 'scope' })),
    ).toMatchObject({ option: 'expand' });
  });
});

describe('what auth is made of', () => {
  it('is asked for a token before each request', async () => {
    const web = createWeb({ [`${org}/api/v1/authorizationServers/a`]: () => json({ id: 'a' }) });
    let count = 0;
    const client = createManagementClient({
      orgUrl: org,
      auth: accessToken(async () => `token-${++count}`),
      fetch: web.fetch,
    });
    await client.authorizationServers.get('a');
    await client.authorizationServers.get('a');

    expect(web.requests.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('may send the requests itself', async () => {
    const sent: [string, RequestInit][] = [];
    const client = createManagementClient({
      orgUrl: org,
      auth: {
        async fetch(url, init) {
          sent.push([url, init]);
          return json([]);
        },
      },
    });
    await client.authorizationServers.list({ q: 'a b' }).toArray();

    expect(sent).toMatchObject([
      [`${org}/api/v1/authorizationServers?q=a+b`, { method: 'GET', redirect: 'manual' }],
    ]);
    expect(new Headers(sent[0]?.[1].headers).has('authorization')).toBe(false);
  });

  it.each([
    ['fetch', { fetch: undefined, authorization: async () => 'SSWS token' }],
    ['authorization', { fetch: async () => json({ id: 'x' }), authorization: undefined }],
  ])('may have an undefined %s', async (name, kind) => {
    const { client } = anyClient({
      auth: kind as never,
      ...(name !== 'fetch' && { fetch: undefined }),
    });

    expect(await client.authorizationServers.get('default')).toEqual({ id: 'x' });
  });

  it('may be an object of a class', async () => {
    class Vault {
      readonly #token = 'SSWS token';
      async authorization() {
        return this.#token;
      }
    }
    const { client, urls } = anyClient({ auth: new Vault() });
    await client.authorizationServers.get('default');

    expect(urls).toHaveLength(1);
  });

  it('is given up on with the call', async () => {
    const controller = new AbortController();
    const { client } = anyClient({ auth: accessToken(() => new Promise<string>(() => {})) });
    const { signal } = controller;
    const call = rejection(client.authorizationServers.get('a', { signal }));
    controller.abort();

    expect(await call).toMatchObject({ code: 'aborted' });
  });
});

describe('a result', () => {
  it('is frozen through and through, with what no description knows', async () => {
    const { client, okta } = await orgAndClient();
    okta.faults.futureProperty = true;
    const { scopes } = client.authorizationServers;
    const created = await scopes.create('default', { name: 'reports:read' });
    const unknown = Object.keys(created).filter((name) => /future/i.test(name));
    const changed = await scopes.replace('default', created.id, { ...created, description: 'New' });

    expect(unknown).not.toEqual([]);
    for (const name of unknown) expect(changed[name]).toEqual(created[name]);
    expect(changed.description).toBe('New');
    expect(Object.isFrozen(changed) && Object.isFrozen(changed._links)).toBe(true);
  });

  it('comes with status, request id and rate limit, though they are not in it', async () => {
    const { client } = await orgAndClient();
    const server = await client.authorizationServers.get('default');

    expect(answerOf(server)).toEqual({
      status: 200,
      requestId: expect.any(String),
      rateLimit: {
        limit: expect.any(Number),
        remaining: expect.any(Number),
        resetAt: expect.any(Number),
        resetInMs: expect.any(Number),
      },
    });
    expect(() => answerOf({ ...server })).toThrow(/result/);
  });

  it('names the client of a refresh token in one way', async () => {
    const { client, okta } = await orgAndClient();
    okta.faults.snakeCaseClientId = true;
    const app = okta.addApp();
    const serverId = (await client.authorizationServers.get('default')).id;
    const [tokenId = ''] = okta.addRefreshTokens(serverId, app.id, 1);
    const { tokens } = client.authorizationServers.clients;

    expect((await tokens.get('default', app.id, tokenId)).clientId).toBe(app.id);
    expect((await tokens.list('default', app.id).toArray())[0]?.clientId).toBe(app.id);
  });
});
