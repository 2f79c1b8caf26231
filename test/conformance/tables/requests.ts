import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import {
  clientSecretJwt,
  dpop,
  jar,
  privateKeyJwt,
  refreshTokenGrant,
} from '../../../src/index.ts';
import { clientKey } from '../../support/hostile-provider/index.ts';
import { afterwards, signingIn } from '../kit/acts.ts';
import { accepts, type Table } from '../kit/case.ts';
import {
  clients,
  code,
  codeByPost,
  codeWithSecret,
  fapi,
  fapiClient,
  fapiHybrid,
  fapiSignIn,
  frontChannelSignIn,
  hybrid,
  hybridByPost,
  implicit,
  signedResponse,
  used,
  usedAfterFront,
  usedResource,
  verified,
  verifiedInFront,
} from '../kit/flows.ts';
import {
  asked,
  authenticated,
  base64url,
  bothUsed,
  everyEndpoint,
  everyMember,
  exchangedFor,
  holdsAssertions,
  holdsProofs,
  isPost,
  only,
  onlyAReference,
  plainNames,
  plainOAuth,
  proofs,
  secret,
  sent,
  silent,
  withParAndDpop,
} from '../kit/requests-acts.ts';

/** Section 2: the client's own requests, in every kind of flow, break none of the rules. */
export const requests: Table = [
  accepts('REQ-01', code, used, ({ transaction }, op) => {
    expect(Object.fromEntries(asked(op))).toMatchObject({
      client_id: 's6BhdRkqt3',
      redirect_uri: transaction.redirectUri,
      response_type: 'code',
      scope: 'openid',
    });
  }),
  accepts('REQ-01', everyMember, used, (_, op) => {
    const request = only(op.requests.filter(({ endpoint }) => endpoint === 'authorization'));
    const given = new URL(request.url).searchParams;
    expect(given.getAll('resource')).toHaveLength(2);
    expect(given.get('login_hint')).toBe('ada & co <ada+1@example.com>');
    expect(given.get('claims')).toBe('{"userinfo":{"email":null}}');
    expect(given.get('max_age')).toBe('600');
  }),
  ...(['code id_token', 'id_token', 'code id_token token'] as const).map((type) =>
    accepts(
      'REQ-01',
      frontChannelSignIn(type),
      type === 'id_token' ? verifiedInFront : usedAfterFront,
      (_, op) => expect(asked(op).get('response_type')).toBe(type),
    ),
  ),
  accepts('REQ-02', silent, used, (_, op) => expect(asked(op).has('max_age')).toBe(false)),
  accepts('REQ-03', code, used, (signedIn) => {
    expect(plainNames(signedIn)).not.toContain('request');
    expect(plainNames(signedIn)).not.toContain('request_uri');
  }),
  ...[code, hybrid, hybridByPost].map((act) =>
    accepts('REQ-04', act, act === code ? used : usedAfterFront, (_, op) => {
      expect(asked(op).get('nonce')).toMatch(base64url);
      expect(asked(op).get('state')).toMatch(base64url);
    }),
  ),
  accepts('REQ-04', implicit, verifiedInFront, (_, op) =>
    expect(asked(op).get('nonce')).toMatch(base64url),
  ),
  ...[code, codeByPost, codeWithSecret].map((act) =>
    accepts('REQ-05', act, used, (_, op) => {
      const verifier = exchangedFor(op).params.get('code_verifier') ?? '';
      expect(verifier).toMatch(base64url);
      expect(asked(op).get('code_challenge_method')).toBe('S256');
      expect(asked(op).get('code_challenge')).toBe(
        createHash('sha256').update(verifier).digest('base64url'),
      );
    }),
  ),
  accepts('REQ-06', code, used, ({ transaction }, op) => {
    expect([...exchangedFor(op).params.keys()].sort()).toEqual(
      ['client_id', 'code', 'code_verifier', 'grant_type', 'redirect_uri'].sort(),
    );
    expect(exchangedFor(op).params.get('grant_type')).toBe('authorization_code');
    expect(exchangedFor(op).params.get('redirect_uri')).toBe(transaction.redirectUri);
  }),
  accepts('REQ-06', fapi, usedResource),
  accepts(
    'REQ-07',
    everyEndpoint('every endpoint, basic', clients.basic),
    authenticated,
    (_, op) => {
      for (const { headers, params } of op.requests.slice(1).filter(isPost)) {
        expect(headers.authorization).toMatch(/^Basic /);
        expect(new Map(params).has('client_secret')).toBe(false);
      }
    },
  ),
  accepts('REQ-07', everyEndpoint('every endpoint, post', clients.post), authenticated, (_, op) => {
    for (const { headers, params } of op.requests.slice(1).filter(isPost)) {
      expect(headers.authorization).toBeUndefined();
      expect(new Map(params).has('client_secret')).toBe(true);
    }
  }),
  accepts('REQ-07', withParAndDpop('basic'), bothUsed),
  accepts('REQ-07', withParAndDpop('post'), bothUsed),
  ...(['HS256', 'HS384', 'HS512'] as const).flatMap((algorithm) =>
    (['issuer', 'endpoint'] as const).map((audience) =>
      accepts(
        'REQ-08',
        everyEndpoint(`every endpoint, ${algorithm}, aud ${audience}`, () => ({
          clientId: secret.clientId,
          authentication: clientSecretJwt(secret.secret, { algorithm, audience }),
        })),
        authenticated,
        holdsAssertions(algorithm, secret.clientId, audience === 'endpoint'),
      ),
    ),
  ),
  ...(['issuer', 'endpoint'] as const).map((audience) =>
    accepts(
      'REQ-08',
      everyEndpoint(`every endpoint, ES256, aud ${audience}`, () => ({
        clientId: 'key-client',
        authentication: privateKeyJwt(clientKey as never, { audience }),
      })),
      authenticated,
      holdsAssertions('ES256', 'key-client', audience === 'endpoint'),
    ),
  ),
  accepts('REQ-08', withParAndDpop('secretJwt'), bothUsed),
  accepts('REQ-08', withParAndDpop('key'), bothUsed, holdsAssertions('ES256', 'key-client')),
  accepts('REQ-08', fapi, usedResource, holdsAssertions('ES256', 'key-client')),
  ...[code, codeWithSecret].map((act) =>
    accepts('REQ-09', act, used, ({ tokens }, op) => {
      const request = only(sent(op, 'userinfo'));
      expect(request.headers.authorization).toBe(`Bearer ${tokens.accessToken}`);
      expect(request.body + new URL(request.url).search).toBe('');
    }),
  ),
  accepts(
    'REQ-11',
    signingIn('code, request object', {
      provider: 'signing',
      client: () => ({ ...clients.key(), requestObject: jar(clientKey as never) }),
    }),
    used,
    ({ url }) => {
      const inner = decodeJwt(url.searchParams.get('request') as string);
      for (const [name, value] of url.searchParams) {
        if (name !== 'request') expect(inner[name]).toBe(value);
      }
    },
  ),
  accepts('REQ-12', fapi, usedResource, onlyAReference),
  accepts(
    'REQ-12',
    signedResponse(),
    ['discovery', 'par', 'authorization', 'jwks', 'token', 'resource'],
    onlyAReference,
  ),
  ...(['basic', 'post', 'secretJwt', 'key'] as const).map((name) =>
    accepts('REQ-12', withParAndDpop(name, {}), bothUsed, onlyAReference),
  ),
  ...(['PS256', 'ES256', 'EdDSA'] as const).map((algorithm) =>
    accepts('REQ-13', fapiSignIn(algorithm), usedResource, holdsProofs),
  ),
  ...(['ES256', 'PS256', 'Ed25519'] as const).map((algorithm) =>
    accepts(
      'REQ-13',
      signingIn(`code, DPoP ${algorithm}`, {
        provider: algorithm === 'Ed25519' ? 'oidc' : 'bound',
        client: () => ({ dpop: dpop({ algorithm }) }),
      }),
      used,
      (_, op) => {
        holdsProofs(_, op);
        for (const { header } of proofs(op)) expect(header.alg).toBe(algorithm);
      },
    ),
  ),
  accepts('REQ-13', fapiHybrid, [...verifiedInFront, 'token', 'resource'], holdsProofs),
  accepts('REQ-14', fapi, usedResource, ({ tokens }, op) => {
    const request = only(sent(op, 'resource'));
    expect(request.headers.authorization).toBe(`DPoP ${tokens.accessToken}`);
    expect(request.body + new URL(request.url).search).toBe('');
    expect(new URL(request.url).pathname).not.toContain('/mtls/');
  }),
  accepts('REQ-14', signingIn('code', { use: 'resource' }), [...verified, 'resource'], (_, op) =>
    expect(only(sent(op, 'resource')).headers.authorization).toMatch(/^Bearer /),
  ),
  accepts(
    'REQ-15',
    fapiSignIn('PS256', { request: { scope: 'openid accounts' } }),
    usedResource,
    (_, op) => expect(only(sent(op, 'par')).params.get('scope')).toBe('openid accounts'),
  ),
  accepts(
    'REQ-15',
    plainOAuth,
    ['discovery', 'oauth-metadata', 'authorization', 'token', 'resource'],
    (_, op) => expect(asked(op).get('scope')).toBe('accounts'),
  ),
  accepts(
    'DP-11',
    afterwards(
      'refresh, FAPI',
      { provider: 'fapi', client: () => fapiClient() },
      ({ client, tokens }) => refreshTokenGrant(client, tokens),
    ),
    ['token'],
    holdsProofs,
  ),
];
