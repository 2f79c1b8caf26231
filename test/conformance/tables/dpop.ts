import { expect } from 'vitest';
import {
  clientCredentialsGrant,
  dpop,
  fetchResource,
  handleAuthorizationResponse,
  par,
  refreshTokenGrant,
} from '../../../src/index.ts';
import {
  afterwards,
  clientOf,
  doing,
  resourceOf,
  signIn,
  signingIn,
  started,
} from '../kit/acts.ts';
import {
  accepts,
  configuration,
  invalid,
  oauth,
  refuses,
  type Table,
  transport,
  unsupported,
} from '../kit/case.ts';
import {
  answers,
  bound,
  byTurns,
  code,
  demanded,
  demandedAtResource,
  demandedAtUserinfo,
  everythingTwice,
  fapiTokens,
  freshEveryTime,
  manyRequests,
  method,
  nonces,
  ownKey,
  proofsOf,
  resource,
  skewed,
  spelled,
  twice,
  userinfo,
  watched,
  withOtherKey,
  withoutNonces,
} from '../kit/dpop-acts.ts';
import {
  askedAfterPush,
  clients,
  discovered,
  exchanged,
  fapi,
  fapiHybrid,
  pushed,
  signedResponse,
  used,
  usedResource,
} from '../kit/flows.ts';

/** Sections 3.14 (DPoP) and 5.10: proofs of possession. */
export const dpopTable: Table = [
  accepts('F2-01', fapi, everythingTwice, freshEveryTime),
  accepts('F2-01', fapiHybrid, [
    'discovery',
    'authorization',
    'jwks',
    'token',
    'token',
    'resource',
    'resource',
  ]),
  accepts('F2-01', signedResponse(), [
    'discovery',
    'par',
    'par',
    'authorization',
    'jwks',
    'token',
    'token',
    'resource',
    'resource',
  ]),
  accepts(
    'F2-01',
    manyRequests,
    [
      ...everythingTwice,
      ...Array.from({ length: 3 }, () => [
        ...twice('token' as const),
        ...twice('userinfo' as const),
        ...twice('resource' as const),
      ]).flat(),
    ],
    freshEveryTime,
  ),
  accepts('F2-02', fapi, usedResource, withoutNonces),
  accepts('F2-03', fapi, [...usedResource, 'resource']),
  accepts('F2-03', userinfo, ['userinfo', 'userinfo']),

  refuses('DP-01/twice', fapi, oauth('use_dpop_nonce', { status: 400 }), [...pushed, 'par']),
  refuses('DP-01/twice', code, oauth('use_dpop_nonce', { status: 400 }), [...exchanged, 'token']),
  accepts('DP-01/twice', resource(), ['resource', 'resource'], answers(401)),
  refuses('DP-01/twice', userinfo, oauth('use_dpop_nonce', { status: 401 }), [
    'userinfo',
    'userinfo',
  ]),
  refuses('DP-01/no-header', fapi, oauth('use_dpop_nonce', { status: 400 }), pushed),
  refuses('DP-01/no-header', code, oauth('use_dpop_nonce', { status: 400 }), exchanged),
  accepts('DP-01/no-header', resource(), ['resource'], answers(401)),
  refuses('DP-01/no-header', userinfo, oauth('use_dpop_nonce', { status: 401 }), ['userinfo']),
  accepts('DP-02', fapi, usedResource, (_, op) => {
    const [atPush, atToken] = nonces(op);
    expect(atPush).toBeUndefined();
    expect(atToken).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{90}$/);
  }),
  accepts('DP-02', manyRequests, [
    ...usedResource,
    ...Array.from({ length: 3 }, () => ['token', 'userinfo', 'resource'] as const).flat(),
  ]),
  accepts(
    'DP-03',
    byTurns,
    ['discovery', 'authorization', 'token', 'jwks', 'resource', 'resource', 'resource'],
    (_, op) => {
      const here = new Set(nonces(op));
      const there = proofsOf(op.elsewhere).map(({ nonce }) => nonce);
      expect(there.filter((nonce) => nonce !== undefined && here.has(nonce))).toEqual([]);
      expect(there.filter((nonce) => nonce !== undefined)).toHaveLength(2);
    },
    { elsewhere: ['resource', 'resource', 'resource'] },
  ),
  refuses('DP-04', fapi, invalid('token_response.token_type'), [...askedAfterPush, 'token']),
  refuses('DP-04', code, invalid('token_response.token_type'), exchanged),
  accepts(
    'DP-04',
    doing('a downgrade that is allowed', bound, async (_, op) => {
      const client = clientOf(op, { client: () => ({ dpop: dpop({ allowBearer: true }) }) });
      const { transaction, response } = await started(op, client);
      const { tokens } = await handleAuthorizationResponse(client, transaction, response);
      expect(tokens.tokenType).toBe('Bearer');
      expect(tokens).not.toHaveProperty('keyThumbprint');
    }),
    [...exchanged, 'jwks'],
  ),
  ...(
    [
      ['query', (url) => `${url}?a=b&c=%20d`],
      ['fragment', (url) => `${url}#part`],
      ['query and fragment', (url) => `${url}?a#b`],
      ['upper-case host', (url) => url.replace('op.example', 'OP.Example')],
      ['default port', (url) => url.replace('op.example', 'op.example:443')],
    ] as [string, (url: string) => string][]
  ).map(([name, spell]) =>
    accepts('DP-05', spelled(name, spell), ['resource'], (response, op) => {
      expect(response.status).toBe(200);
      const [proof] = proofsOf(op);
      expect(proof?.['htu']).toBe(resourceOf(op));
    }),
  ),
  ...['GET', 'get', 'post', 'PATCH', 'DELETE'].map((name) =>
    accepts('DP-06', method(name), ['resource'], (response, op) => {
      expect(response.status).toBe(200);
      expect(proofsOf(op)[0]?.['htm']).toBe(op.requests[0]?.method);
    }),
  ),
  ...['one-header', 'several-headers'].flatMap((variant) => [
    accepts(`DP-07/${variant}`, resource(), ['resource', 'resource'], answers(200)),
    accepts(`DP-07/${variant}`, userinfo, ['userinfo', 'userinfo']),
  ]),
  refuses('DP-08/invalid_dpop_proof', fapi, oauth('invalid_dpop_proof', { status: 400 }), pushed),
  refuses(
    'DP-08/invalid_dpop_proof',
    code,
    oauth('invalid_dpop_proof', { status: 400 }),
    exchanged,
  ),
  accepts('DP-08/invalid_dpop_proof', resource(), ['resource'], answers(401)),
  refuses('DP-08/invalid_dpop_proof', userinfo, oauth('invalid_dpop_proof', { status: 401 }), [
    'userinfo',
  ]),
  accepts('DP-08/invalid_token', resource(), ['resource'], answers(401)),
  refuses('DP-08/invalid_token', userinfo, oauth('invalid_token', { status: 401 }), ['userinfo']),
  refuses('DP-09', resource(), transport('redirect_refused', { status: 307 }), ['resource']),
  refuses('DP-09', userinfo, transport('redirect_refused', { status: 307 }), ['userinfo']),
  refuses('DP-10', fapi, unsupported('dpop_signing_alg_values_supported'), discovered),
  refuses('DP-10', code, unsupported('dpop_signing_alg_values_supported'), discovered),
  refuses(
    'DP-10',
    doing('client credentials', fapiTokens, (client) => clientCredentialsGrant(client)),
    unsupported('dpop_signing_alg_values_supported'),
    discovered,
  ),
  accepts(
    'DP-11',
    afterwards('refresh', bound, ({ client, tokens }) => refreshTokenGrant(client, tokens)),
    ['token'],
  ),
  refuses(
    'DP-11',
    withOtherKey('refresh', ({ client, tokens }) => refreshTokenGrant(client, tokens)),
    configuration('invalid_option', 'dpop'),
    [],
  ),
  refuses(
    'DP-11',
    withOtherKey('resource', ({ client, tokens }, op) =>
      fetchResource(client, tokens, resourceOf(op)),
    ),
    configuration('invalid_option', 'dpop'),
    [],
  ),
  refuses(
    'DP-11',
    afterwards('refresh without a key', bound, ({ tokens }, op) =>
      refreshTokenGrant(clientOf(op), tokens),
    ),
    configuration('invalid_option', 'dpop'),
    [],
  ),
  accepts('DP-12', code, used, ({ tokens }, op) => {
    const announced = new Map(
      op.requests.find(({ endpoint }) => endpoint === 'authorization')?.params,
    );
    expect(announced.get('dpop_jkt')).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(announced.get('dpop_jkt')).toBe(tokens.keyThumbprint);
  }),
  accepts('DP-12', fapi, usedResource, ({ tokens }, op) => {
    const announced = new Map(op.requests.find(({ endpoint }) => endpoint === 'par')?.params);
    expect(announced.get('dpop_jkt')).toBe(tokens.keyThumbprint);
  }),
  accepts('DP-13', watched, used, ({ made, exported, tokens }) => {
    expect(made).toEqual([false]);
    expect(exported.length).toBeGreaterThan(0);
    expect(new Set(exported)).toEqual(new Set(['public']));
    expect(JSON.stringify(tokens)).not.toContain('"d"');
  }),
  accepts(
    'DP-13',
    doing('code, with a key of the application', bound, async (_, op) => {
      const keyPair = await ownKey();
      expect(keyPair.privateKey.extractable).toBe(false);
      return signIn(op, clientOf(op, { client: () => ({ dpop: dpop({ keyPair }) }) }));
    }),
    used,
  ),
  refuses('DP-14/ahead', code, oauth('invalid_dpop_proof', { status: 400 }), exchanged, {
    violations: ['DP-14'],
  }),
  accepts('DP-14/ahead', skewed('clock ahead', 600), ['resource'], answers(200)),
  accepts('DP-14/behind', skewed('clock behind', -600), ['resource'], answers(200)),
  // With a success the nonce is left aside; where one is demanded, there is nothing to go on with.
  ...['twice', 'empty', 'space', 'quote', 'backslash'].flatMap((variant) => [
    accepts(`DP-15/${variant}`, fapi, usedResource, withoutNonces),
    accepts(`DP-15/${variant}`, code, used, withoutNonces),
    refuses(
      `DP-15/${variant}`,
      demanded('FAPI', fapiTokens),
      invalid('pushed_authorization_response.dpop_nonce'),
      pushed,
    ),
    refuses(
      `DP-15/${variant}`,
      demanded('code', bound),
      invalid('token_response.dpop_nonce'),
      exchanged,
    ),
    refuses(`DP-15/${variant}`, demandedAtResource, invalid('resource_response.dpop_nonce'), [
      'resource',
    ]),
    refuses(`DP-15/${variant}`, demandedAtUserinfo, invalid('userinfo.dpop_nonce'), ['userinfo']),
  ]),
  accepts(
    'DP-02',
    signingIn('code, PAR, DPoP', {
      provider: 'bound',
      client: () => ({ ...clients.key(), dpop: dpop(), pushedAuthorization: par() }),
    }),
    [...askedAfterPush, 'token', 'jwks', 'userinfo'],
  ),
];
