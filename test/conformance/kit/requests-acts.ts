import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect } from 'vitest';
import {
  type ClientAuthentication,
  clientCredentialsGrant,
  dpop,
  introspectToken,
  par,
  passwordGrant,
  refreshTokenGrant,
  revokeToken,
} from '../../../src/index.ts';
import type { HostileProvider, RecordedRequest } from '../../support/hostile-provider/index.ts';
import { doing, type SignedIn, signingIn } from './acts.ts';
import { clients, credentialsOf } from './flows.ts';

/** The requests to one endpoint, their parameters by name. */
export function sent(op: HostileProvider, endpoint: RecordedRequest['endpoint']) {
  return op.requests
    .filter((request) => request.endpoint === endpoint)
    .map(({ params, ...request }) => ({ ...request, params: new Map(params) }));
}

export const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return list[0] as T;
};

export const asked = (op: HostileProvider) => only(sent(op, 'authorization')).params;
export const exchangedFor = (op: HostileProvider) => only(sent(op, 'token'));
export const base64url = /^[A-Za-z0-9_-]{43}$/;

export const everyMember = signingIn('code, every parameter', {
  request: {
    scope: 'openid email',
    prompt: 'login',
    maxAge: 600,
    loginHint: 'ada & co <ada+1@example.com>',
    acrValues: 'urn:mace:incommon:iap:silver',
    uiLocales: 'de-CH en',
    display: 'touch',
    claims: { userinfo: { email: null } },
    resource: ['https://api.example/a?b=c', 'https://api.example/d'],
    extraParameters: { audience: 'https://api.example' },
  },
});
export const silent = signingIn('code, prompt none', { request: { prompt: 'none' } });
export const plainOAuth = signingIn('code, no OpenID Connect', {
  provider: 'oauth',
  request: { scope: 'accounts' },
  use: 'resource',
});
export const withParAndDpop = (
  name: keyof typeof clients,
  more: { mode?: 'auto' | 'required' } = { mode: 'required' },
) =>
  signingIn(`code, PAR, DPoP, ${name}`, {
    provider: 'bound',
    client: () => ({ ...clients[name](), dpop: dpop(), pushedAuthorization: par(more) }),
    use: 'resource',
  });
export const bothUsed = ['discovery', 'par', 'authorization', 'token', 'jwks', 'resource'] as const;

/** Every endpoint at which a client proves who it is. */
export const everyEndpoint = (
  name: string,
  client: () => { authentication: ClientAuthentication },
) =>
  doing(name, { provider: 'pushing', client }, async (made, op) => {
    const credentials = await clientCredentialsGrant(made, { scope: 'accounts' });
    const person = await passwordGrant(made, {
      username: op.username,
      password: op.password,
      scope: 'openid',
    });
    const renewed = await refreshTokenGrant(made, person);
    expect(await introspectToken(made, credentials.accessToken)).toMatchObject({ active: true });
    await revokeToken(made, renewed.refreshToken as string);
    const { active } = await introspectToken(made, renewed.refreshToken as string);
    expect(active).toBe(false);
  });
export const authenticated = [
  'discovery',
  'token',
  'token',
  'jwks',
  'token',
  'introspection',
  'revocation',
  'introspection',
] as const;

const assertions = (op: HostileProvider) =>
  op.requests.flatMap(({ params }) => {
    const assertion = new Map(params).get('client_assertion');
    return assertion
      ? [{ claims: decodeJwt(assertion), header: decodeProtectedHeader(assertion) }]
      : [];
  });

export function holdsAssertions(algorithm: string, clientId: string, isEndpoint = false) {
  return (_: unknown, op: HostileProvider) => {
    const made = assertions(op);
    expect(made.length).toBeGreaterThan(1);
    expect(new Set(made.map(({ claims }) => claims.jti)).size).toBe(made.length);
    for (const { claims, header } of made) {
      expect(header.alg).toBe(algorithm);
      expect(claims).toMatchObject({ iss: clientId, sub: clientId });
      expect(typeof claims.aud).toBe('string');
      if (!isEndpoint) expect(claims.aud).toBe(op.issuer);
      expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(120);
    }
    if (isEndpoint) expect(new Set(made.map(({ claims }) => claims.aud)).size).toBe(3);
  };
}

export const secret = credentialsOf('client_secret_jwt');
export const plainNames = ({ url }: SignedIn) => [...url.searchParams.keys()];

export function isPost({ method }: RecordedRequest): boolean {
  return method === 'POST';
}

export function onlyAReference(signedIn: SignedIn): void {
  expect(plainNames(signedIn).sort()).toEqual(['client_id', 'request_uri']);
}

export function proofs(op: HostileProvider) {
  return op.requests.flatMap(({ endpoint, headers: { dpop: proof } }) =>
    typeof proof === 'string'
      ? [{ endpoint, claims: decodeJwt(proof), header: decodeProtectedHeader(proof) }]
      : [],
  );
}

export function holdsProofs(_: unknown, op: HostileProvider): void {
  const made = proofs(op);
  const kinds = ['par', 'token', 'userinfo', 'resource'];
  const called = op.requests.filter(({ endpoint }) => kinds.includes(endpoint));
  expect(made).toHaveLength(called.length);
  expect(new Set(made.map(({ claims }) => claims.jti)).size).toBe(made.length);
  expect(new Set(made.map(({ header }) => JSON.stringify(header.jwk))).size).toBe(1);
  for (const { endpoint, claims } of made) {
    expect('ath' in claims).toBe(endpoint === 'resource' || endpoint === 'userinfo');
    expect(claims).not.toHaveProperty('nonce');
  }
}
