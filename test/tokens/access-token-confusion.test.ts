import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { introspectToken, registerClient, validateAccessToken } from '../../src/index.ts';
import { failureOf, localClient } from '../support/relying-party.ts';

const issuer = 'https://op.example';
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const good: JWK = { ...(await exportJWK(publicKey)), use: 'sig' };
const unusable: JWK = { kty: 'RSA', n: 'AA', e: 'AQAB', use: 'sig' };

function clientOf(answers: Record<string, unknown>) {
  const sent: string[] = [];
  const client = localClient(issuer, {
    clientId: 'app',
    discovery: false,
    metadata: {
      jwks_uri: `${issuer}/jwks`,
      introspection_endpoint: `${issuer}/introspect`,
      registration_endpoint: `${issuer}/register`,
    },
    fetch: async (url) => {
      const path = new URL(url).pathname;
      sent.push(path);
      return Response.json(answers[path]);
    },
  });
  return { client, sent };
}

const sign = (claims: object) =>
  new SignJWT({ iss: issuer, aud: 'app', sub: 'ada', ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);

describe('validateAccessToken', () => {
  it('takes no ID token for an access token because it has roles', async () => {
    const { client } = clientOf({ '/jwks': { keys: [good] } });
    const idToken = await sign({ email: 'ada@example.org', amr: ['pwd'], roles: ['admin'] });
    const work = validateAccessToken(client, idToken, { audience: 'app', profile: 'generic' });
    expect(await failureOf(work)).toMatchObject({ check: 'access_token.kind' });
  });

  it.each([
    ['before', [unusable, good]],
    ['behind', [good, unusable]],
  ])('passes over an unusable key %s the right one', async (_, keys) => {
    const { client } = clientOf({ '/jwks': { keys } });
    const token = await sign({ scope: 'orders:read' });
    const { scopes } = await validateAccessToken(client, token, {
      audience: 'app',
      profile: 'generic',
    });
    expect(scopes).toEqual(['orders:read']);
  });
});

describe('introspectToken', () => {
  it.each<[scope: unknown, active: boolean]>([
    ['a b', true],
    [['a', 'b'], true],
    [5, false],
    [undefined, false],
  ])('reads a scope of %o', async (scope, active) => {
    const { client } = clientOf({ '/introspect': { active: true, scope } });
    const work = introspectToken(client, 'token', { expected: { scopes: ['a'] } });
    expect(
      await work.catch((error) => {
        expect(error).toMatchObject({ code: 'invalid_introspection' });
        return { active: false };
      }),
    ).toMatchObject({ active });
  });
});

describe('registerClient', () => {
  it.each<[what: string, metadata: object]>([
    ['a Map', new Map([['client_name', 'x']])],
    ['parameters', new URLSearchParams({ client_name: 'x' })],
    ['what writes itself as nothing', { toJSON: () => undefined }],
  ])('registers nothing for %s', async (_, metadata) => {
    const { client, sent } = clientOf({});
    const work = registerClient(client, metadata as never);
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'metadata' });
    expect(sent).toEqual([]);
  });

  it('sends no token that a header cannot carry', async () => {
    const { client, sent } = clientOf({});
    const work = registerClient(client, {}, { initialAccessToken: 'sec\nret' });
    expect(await failureOf(work)).toMatchObject({ option: 'initialAccessToken' });
    expect(sent).toEqual([]);
  });
});
