import { describe, expect, it } from 'vitest';
import {
  type Client,
  clientCredentialsGrant,
  createAuthorizationRequest,
  createClient,
  createLogoutRequest,
  fetchServerKeys,
  fetchServerMetadata,
  revokeToken,
} from '../../src/index.ts';
import { document, issuer, setUp } from '../support/discovery.ts';
import { failureOf } from '../support/relying-party.ts';
import { createWeb, json, notFound, type Responder } from '../support/scripted-web.ts';

describe('the place of the metadata', () => {
  const oauth = '/.well-known/oauth-authorization-server';
  const oidc = '/.well-known/openid-configuration';

  it.each<[issuer: string, places: string[]]>([
    ['https://login.example', [oidc, oauth]],
    ['https://login.example/', [oidc, oauth]],
    ['https://login.example/a/b', [`/a/b${oidc}`, `${oauth}/a/b`, `/a/b${oauth}`]],
    [
      'https://login.example/a/b/',
      [`/a/b${oidc}`, `${oauth}/a/b`, `${oauth}/a/b/`, `/a/b${oauth}`],
    ],
  ])('of %s is tried in this order, where each before is a 404', async (issuer, places) => {
    for (let index = 0; index < places.length; index += 1) {
      const web = createWeb({
        [`https://login.example${places[index]}`]: () => json({ ...document(), issuer }),
      });
      const client = createClient({ issuer, clientId: 'app', fetch: web.fetch });
      expect((await fetchServerMetadata(client)).issuer).toBe(issuer);
      expect(web.requests.map(({ url }) => url)).toEqual(
        places.slice(0, index + 1).map((place) => `https://login.example${place}`),
      );
    }
  });

  it('is unknown where all are 404', async () => {
    const { client, count } = setUp(notFound);
    expect(await failureOf(fetchServerMetadata(client))).toMatchObject({
      code: 'http_status',
      status: 404,
      retryable: false,
    });
    expect(count()).toBe(2);
  });

  it.each([400, 401, 403, 405, 410, 500, 503])('is not looked for after a %i', async (status) => {
    const { client, count } = setUp(() => json({}, status));
    expect(await failureOf(fetchServerMetadata(client))).toMatchObject({ status });
    expect(count()).toBe(1);
  });
});

describe('a document', () => {
  it.each<[what: string, responder: Responder, expected: object]>([
    [
      'of another issuer',
      () => json(document({ issuer: `${issuer}/` })),
      { check: 'metadata.issuer', expected: issuer, received: `${issuer}/` },
    ],
    ['of an issuer in capitals', () => json(document({ issuer: issuer.toUpperCase() })), {}],
    ['without an issuer', () => json(document({ issuer: undefined })), { expected: issuer }],
    ['whose issuer is a number', () => json(document({ issuer: 42 })), { received: 42 }],
    [
      'whose issuer cannot be written as text',
      () => json(document({ issuer: { toString: 1, valueOf: 1 } })),
      { check: 'metadata.issuer' },
    ],
    [
      'of another type',
      () => new Response(JSON.stringify(document()), { headers: { 'content-type': 'text/plain' } }),
      { check: 'metadata.content_type' },
    ],
    [
      'of no type',
      () => new Response(new TextEncoder().encode(JSON.stringify(document()))),
      { check: 'metadata.content_type' },
    ],
    [
      'of a type that begins alike',
      () =>
        new Response(JSON.stringify(document()), {
          headers: { 'content-type': 'application/jsonp' },
        }),
      { check: 'metadata.content_type' },
    ],
  ])('%s is refused', async (_, responder, expected) => {
    const { client } = setUp(responder);
    expect(await failureOf(fetchServerMetadata(client))).toMatchObject({
      name: 'ValidationError',
      code: 'invalid_metadata',
      phase: 'discovery',
      retryable: false,
      ...expected,
    });
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/jrd+json'])(
    'may be of type %s',
    async (type) => {
      const { client } = setUp(
        () => new Response(JSON.stringify(document()), { headers: { 'content-type': type } }),
      );
      expect(await fetchServerMetadata(client)).toEqual(document());
    },
  );

  it.each([201, 203])('with the status %i is none', async (status) => {
    const { client } = setUp(() => json(document(), status));
    expect(await failureOf(fetchServerMetadata(client))).toMatchObject({
      code: 'http_status',
      status,
      retryable: false,
    });
  });

  it('pollutes no prototype', async () => {
    const text = JSON.stringify(document()).replace('{', '{"__proto__":{"polluted":true},');
    const { client } = setUp(
      () => new Response(text, { headers: { 'content-type': 'application/json' } }),
    );
    await fetchServerMetadata(client);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each<[member: string, value: unknown, call: (client: Client) => Promise<unknown>]>([
    ['authorization_endpoint', undefined, authorize],
    ['authorization_endpoint', 42, authorize],
    ['authorization_endpoint', '/authorize', authorize],
    ['code_challenge_methods_supported', ['plain'], authorize],
    ['code_challenge_methods_supported', 42, authorize],
    ['token_endpoint', undefined, clientCredentialsGrant],
    ['token_endpoint', 42, clientCredentialsGrant],
    ['id_token_signing_alg_values_supported', 42, clientCredentialsGrant],
    ['jwks_uri', undefined, fetchServerKeys],
    ['jwks_uri', 'jwks', fetchServerKeys],
    ['revocation_endpoint', undefined, (client) => revokeToken(client, 'token')],
    ['end_session_endpoint', undefined, createLogoutRequest],
    ['end_session_endpoint', 42, createLogoutRequest],
  ])('with %s %o fails, typed, where that is needed', async (member, value, call) => {
    const { client } = setUp(() => json(document({ [member]: value })));
    await fetchServerMetadata(client);
    expect((await failureOf(call(client))).code).toMatch(
      /^(?:unsupported_by_server|invalid_metadata)$/,
    );
  });

  it.each([
    ['authorization_endpoint', 'javascript:alert(1)//', authorize],
    ['authorization_endpoint', 'file:///etc/passwd', authorize],
    ['authorization_endpoint', 'http://login.example/authorize', authorize],
    ['jwks_uri', 'http://login.example/jwks', fetchServerKeys],
    ['end_session_endpoint', 'http://login.example/logout', createLogoutRequest],
  ] as const)('with %s %s is refused where that is needed', async (member, value, call) => {
    const { client, count } = setUp(() => json(document({ [member]: value })));
    expect(await failureOf(call(client))).toMatchObject({ code: 'insecure_url' });
    expect(count()).toBe(1);
  });
});

function authorize(client: Client) {
  return createAuthorizationRequest(client, { redirectUri: 'https://app.example/cb' });
}
