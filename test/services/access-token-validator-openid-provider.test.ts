import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listen } from '../../examples/demo/listen.ts';
import {
  type AccessRequirements,
  type AccessTokenValidator,
  type AccessTokenValidatorOptions,
  type Client,
  clientCredentialsGrant,
  clientSecretBasic,
  clientSecretPost,
  createAccessTokenValidator,
  dpop,
  fetchResource,
  parseChallenge,
  refreshTokenGrant,
  revokeToken,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import {
  basicClient,
  postClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { asAda, localClient, signIn } from '../support/relying-party.ts';

let op: RunningProvider;
let api: Listener;
let resource: string;
/** What the API says of each request, and what it was asked with. */
let seen: { headers: IncomingHttpHeaders; status: number; check: string | undefined }[];
let tokens: AccessTokenValidator;
let requirements: AccessRequirements;

beforeAll(async () => {
  api = await listen('127.0.0.1');
  resource = `${api.origin}/reports`;
  op = await startOpenIdProvider({
    features: {
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, name: string) => ({
          audience: name,
          scope: 'reports:read reports:write',
          accessTokenFormat: name.endsWith('opaque') ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
        useGrantedResource: () => true,
      },
      introspection: { enabled: true, allowedPolicy: () => true },
    },
  });
  // As a service on node:http would do it.
  api.serve(async (request, response) => {
    const access = await tokens.validate(request, requirements);
    const { headers } = request;
    if (!access.ok) {
      const check = 'check' in access.error ? access.error.check : access.error.code;
      seen.push({ headers, status: access.status, check });
      return access.send(response);
    }
    seen.push({ headers, status: 200, check: undefined });
    response.end(JSON.stringify(access.token));
  });
});
afterAll(() => Promise.all([op.close(), api.close()]));

function guard(options: Partial<AccessTokenValidatorOptions> = {}, required = {}): void {
  seen = [];
  requirements = required;
  tokens = createAccessTokenValidator({
    issuer: op.issuer,
    audience: resource,
    baseUrl: api.origin,
    allowInsecureRequests: 'loopback',
    ...options,
  });
}

const service = (options = {}): Client =>
  localClient(op.issuer, {
    clientId: basicClient.client_id,
    authentication: clientSecretBasic(basicClient.client_secret),
    ...options,
  });
const tokensFor = (client: Client, target = resource) =>
  clientCredentialsGrant(client, { scope: 'reports:read', resource: target });

describe('the tokens of a real provider', () => {
  it('open an API on node:http, one request for all of its keys', async () => {
    guard();
    const client = service();
    const mine = await tokensFor(client);
    const before = op.count('jwks');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetchResource(client, mine, resource)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await answers[0]?.json()).toMatchObject({
      scopes: ['reports:read'],
      clientId: basicClient.client_id,
    });
    expect(op.count('jwks') - before).toBe(1);
  });

  it('do not open it for more than they are for', async () => {
    guard({}, { requireScopes: ['reports:write'] });
    const client = service();
    const response = await fetchResource(client, await tokensFor(client), resource);
    expect(response.status).toBe(403);
    expect(response.headers.get('content-length')).toBe('0');
    expect(parseChallenge(response)).toMatchObject([
      { scheme: 'bearer', error: 'insufficient_scope', scope: 'reports:write' },
    ]);
    const others = await tokensFor(client, 'https://other.example');
    expect((await fetchResource(client, others, resource)).status).toBe(401);
    expect(seen.at(-1)?.check).toBe('access_token.aud');
  });

  it('with an age say when the person has to sign in again', async () => {
    guard({}, { maxAge: 0, acr: ['urn:never'] });
    const client = service();
    const response = await fetchResource(client, await tokensFor(client), resource);
    expect(parseChallenge(response)).toMatchObject([
      { error: 'insufficient_user_authentication', acrValues: 'urn:never', maxAge: 0 },
    ]);
  });
});

describe('tokens of a real provider that are bound to a key', () => {
  const post = (target: string, headers: IncomingHttpHeaders, method = 'GET') =>
    fetch(target, {
      method,
      headers: {
        authorization: headers.authorization as string,
        ...(headers['dpop'] !== undefined && { dpop: headers['dpop'] as string }),
      },
    });

  it('open the API with a proof each, which is good for once and for nothing else', async () => {
    guard({ boundTokensOnly: true });
    const client = service({ dpop: dpop() });
    const mine = await tokensFor(client);
    expect(mine.tokenType).toBe('DPoP');
    for (const query of ['', '?page=2']) {
      expect((await fetchResource(client, mine, resource + query)).status).toBe(200);
    }
    const { headers } = seen[1] as (typeof seen)[number];
    const again = await post(resource, headers);
    expect(again.status).toBe(401);
    expect(parseChallenge(again)).toMatchObject([
      { scheme: 'dpop', error: 'invalid_dpop_proof', parameters: { algs: expect.any(String) } },
    ]);
    await post(`${resource}/other`, headers);
    await post(resource, headers, 'DELETE');
    await post(resource, { ...headers, dpop: undefined });
    expect(seen.slice(2).map(({ check }) => check)).toEqual([
      'access_token.proof_replay',
      'access_token.proof_htu',
      'access_token.proof_htm',
      'access_token.proof',
    ]);
  });

  it('do not open it as bearer tokens, nor with the key of somebody else', async () => {
    guard({ cache: {} });
    const client = service({ dpop: dpop() });
    const mine = await tokensFor(client);
    await fetchResource(client, mine, resource);
    const stolen = await post(resource, { authorization: `Bearer ${mine.accessToken}` });
    expect(parseChallenge(stolen)).toMatchObject([
      { scheme: 'bearer', error: 'invalid_token' },
      { scheme: 'dpop' },
    ]);
    const thief = service({ dpop: dpop() });
    const theirs = await tokensFor(thief);
    await fetchResource(thief, theirs, resource);
    const authorization = `DPoP ${mine.accessToken}`;
    const swapped = await post(resource, { ...seen.at(-1)?.headers, authorization });
    expect(parseChallenge(swapped)).toMatchObject([{ scheme: 'dpop', error: 'invalid_token' }]);
    expect(seen.map(({ check }) => check)).toEqual([
      undefined,
      'access_token.scheme',
      undefined,
      'access_token.proof_jkt',
    ]);
  });

  it('are not taken without knowing the URL that was called', async () => {
    guard({ baseUrl: undefined });
    const client = service({ dpop: dpop() });
    const response = await fetchResource(client, await tokensFor(client), resource);
    expect(response.status).toBe(500);
    expect(seen[0]?.check).toBe('invalid_option');
  });

  it('are taken behind a proxy that cuts off the beginning of a path', async () => {
    guard({ baseUrl: `${api.origin}/v1/`, audience: `${api.origin}/v1` });
    const client = service({ dpop: dpop() });
    const mine = await tokensFor(client, `${api.origin}/v1`);
    const inside = (url: string, init?: RequestInit) => fetch(url.replace('/v1', ''), init);
    const proxied = service({ dpop: dpop(), fetch: inside });
    expect((await fetchResource(client, mine, `${api.origin}/v1/orders`)).status).toBe(401);
    const theirs = await tokensFor(proxied, `${api.origin}/v1`);
    expect((await fetchResource(proxied, theirs, `${api.origin}/v1/orders`)).status).toBe(200);
    expect(seen.map(({ check }) => check)).toEqual(['access_token.proof_htu', undefined]);
  });

  it('end with a refusal when the guard of their proofs fails', async () => {
    const isNew = () => Promise.reject(new Error('the database is gone'));
    guard({ replayGuard: { isNew } });
    const client = service({ dpop: dpop() });
    const response = await fetchResource(client, await tokensFor(client), resource);
    expect(response.status).toBe(503);
    expect(seen[0]?.check).toBe('storage_failed');
  });
});

describe('tokens of a real provider that only it can read', () => {
  const introspection = {
    clientId: postClient.client_id,
    authentication: clientSecretPost(postClient.client_secret),
  };
  let opaque: string;
  beforeAll(() => {
    opaque = `${resource}/opaque`;
  });

  it('open the API as long as the provider says so', async () => {
    guard({ introspection, audience: opaque });
    const client = service();
    const mine = await tokensFor(client, opaque);
    const response = await fetchResource(client, mine, resource);
    expect(await response.json()).toMatchObject({
      scopes: ['reports:read'],
      clientId: basicClient.client_id,
    });
    await revokeToken(client, mine.accessToken);
    expect((await fetchResource(client, mine, resource)).status).toBe(401);
    expect(seen.at(-1)?.check).toBe('access_token.active');
  });

  it('are asked about once for many, and again when the cache has had its time', async () => {
    const clock = createFakeClock(Date.now());
    guard({ introspection, audience: opaque, clock, cache: { seconds: 20 } });
    const client = service();
    const mine = await tokensFor(client, opaque);
    const before = op.count('introspect');
    await Promise.all(Array.from({ length: 10 }, () => fetchResource(client, mine, resource)));
    expect(op.count('introspect') - before).toBe(1);
    await revokeToken(client, mine.accessToken);
    expect((await fetchResource(client, mine, resource)).status).toBe(200);
    clock.advance(20_000);
    for (const _ of [1, 2, 3]) {
      expect((await fetchResource(client, mine, resource)).status).toBe(401);
    }
    expect(op.count('introspect') - before).toBe(2);
  });

  it('open it with a proof where they are bound to a key', async () => {
    guard({ introspection, audience: opaque, cache: {} });
    const client = service({ dpop: dpop() });
    const mine = await tokensFor(client, opaque);
    for (const _ of [1, 2]) {
      expect((await fetchResource(client, mine, resource)).status).toBe(200);
    }
    const authorization = `Bearer ${mine.accessToken}`;
    expect((await fetch(resource, { headers: { authorization } })).status).toBe(401);
  });

  it('are for this API, and no refresh tokens', async () => {
    guard({ introspection });
    const client = service();
    const others = await tokensFor(client, opaque);
    expect((await fetchResource(client, others, resource)).status).toBe(401);
    const { tokens: ada } = await signIn(client, asAda, {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const { refreshToken = '' } = ada;
    expect((await fetchResource(client, { accessToken: refreshToken }, resource)).status).toBe(401);
    expect(seen.map(({ check }) => check)).toEqual(['access_token.aud', 'access_token.aud']);
    // It was a living one.
    expect(await refreshTokenGrant(client, ada)).toHaveProperty('accessToken');
  });
});
