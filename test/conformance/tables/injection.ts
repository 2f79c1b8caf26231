import { expect } from 'vitest';
import { frontChannel, type Transaction } from '../../../src/index.ts';
import { signingIn } from '../kit/acts.ts';
import { accepts, configuration, oauth, refuses, type Table, unsupported } from '../kit/case.ts';
import {
  asked,
  clients,
  code,
  codeByPost,
  discovered,
  exchanged,
  fapi,
  frontChannelSignIn,
  hybrid,
  used,
  usedAfterFront,
  usedResource,
  verified,
} from '../kit/flows.ts';
import {
  asking,
  atOnce,
  carrying,
  challenged,
  implicitOnly,
  inAnotherBrowser,
  injected,
  lastChanged,
  notFound,
  old,
  outOfNowhere,
  overriding,
  response,
  reversed,
  storeOf,
  thousand,
  token,
  twiceWith,
  twoAsked,
  withoutVerifier,
} from '../kit/injection-acts.ts';

/** Sections 5.2 and 5.3: injection, replay, and what ties a callback to its request. */
export const injection: Table = [
  refuses('CI-01', injected('code'), oauth('invalid_grant', { status: 400 }), [
    ...twoAsked,
    'token',
  ]),
  refuses(
    'CI-01',
    injected('code with a secret', { client: clients.basic }),
    oauth('invalid_grant', { status: 400 }),
    [...twoAsked, 'token'],
  ),
  refuses(
    'CI-01',
    injected('code id_token', {
      client: () => ({ frontChannel: frontChannel() }),
      request: { responseType: 'code id_token' },
    }),
    token('c_hash'),
    twoAsked,
  ),
  refuses('CI-02', injected('code'), token('nonce'), [...twoAsked, 'token']),
  refuses('CI-02', injected('code with a secret', { client: clients.basic }), token('nonce'), [
    ...twoAsked,
    'token',
  ]),
  refuses('CI-03', inAnotherBrowser, notFound, asked),
  refuses(
    'CI-04',
    twiceWith('with the transaction', (transaction) => () => transaction),
    notFound,
    verified,
  ),
  refuses(
    'CI-04',
    twiceWith('looked up', (transaction) => {
      const lookUp = storeOf(transaction);
      return () => lookUp;
    }),
    notFound,
    verified,
  ),
  refuses('CI-04', atOnce, notFound, verified),
  refuses('CI-05', outOfNowhere, notFound, asked),
  refuses('CI-06', code, response('state'), asked),
  refuses('CI-06', codeByPost, response('state'), asked),
  accepts('CI-07', reversed, [...twoAsked, 'token', 'jwks', 'token']),
  refuses('CI-08', old(901), { name: 'ValidationError', code: 'transaction_expired' }, asked),
  accepts('CI-08', old(299), verified),
  accepts('CI-11', thousand, discovered, ({ made, drawn }) => {
    for (const name of ['state', 'nonce', 'codeVerifier'] as const) {
      const values = made.map((transaction) => transaction[name]);
      expect(new Set(values).size).toBe(1_000);
      for (const value of values) expect(value).toMatch(/^[A-Za-z0-9_-]{43}$/);
    }
    const all = made.flatMap(({ state, nonce, codeVerifier }) => [state, nonce, codeVerifier]);
    expect(new Set(all).size).toBe(3_000);
    expect(drawn.filter((bytes) => bytes >= 32).length).toBeGreaterThanOrEqual(3_000);
  }),
  refuses('CI-12', carrying('state changed', lastChanged, false), response('state'), asked),
  refuses('CI-12', carrying('state changed, looked up', lastChanged, true), notFound, asked),
  refuses(
    'CI-12',
    carrying('state extended', (state) => `${state}.x`, true),
    response('state'),
    asked,
  ),
  ...['token', 'id_token token', 'code token', 'code id_token token'].map((type) =>
    refuses('CI-13', implicitOnly(type), configuration('invalid_option', 'responseType'), []),
  ),
  refuses(
    'CI-13',
    asking('token, without the capability', {}, { responseType: 'token', allowImplicit: true }),
    configuration('invalid_option', 'responseType'),
    [],
  ),
  accepts('CI-13', frontChannelSignIn('token'), [...asked, 'userinfo']),

  accepts('PK-01', code, used, (signedIn, op) => {
    challenged(signedIn, op);
    expect(signedIn.url.searchParams.get('state')).toBe(signedIn.transaction.state);
    expect(signedIn.url.searchParams.get('nonce')).toBe(signedIn.transaction.nonce);
  }),
  refuses('PK-02', code, unsupported('code_challenge_methods_supported'), discovered),
  refuses('PK-02', hybrid, unsupported('code_challenge_methods_supported'), discovered),
  refuses('PK-02', fapi, unsupported('code_challenge_methods_supported'), discovered),
  ...[code, codeByPost].map((act) => accepts('PK-03', act, used, challenged)),
  accepts('PK-03', signingIn('code with a secret', { client: clients.basic }), used, challenged),
  accepts('PK-03', hybrid, usedAfterFront, challenged),
  accepts('PK-03', fapi, usedResource, challenged),
  accepts('PK-03', frontChannelSignIn('code token'), used, challenged),
  ...(
    [
      ['without a verifier', ({ codeVerifier: _, ...rest }) => rest],
      ['with an empty verifier', (transaction) => ({ ...transaction, codeVerifier: '' })],
    ] as [string, (transaction: Transaction) => object][]
  ).map(([name, change]) =>
    refuses(
      'PK-04',
      withoutVerifier(name, change),
      configuration('invalid_transaction', 'transaction'),
      asked,
    ),
  ),
  ...['code_challenge', 'code_challenge_method'].map((name) =>
    refuses('PK-04', overriding(name), configuration('reserved_parameter', name), []),
  ),
  refuses(
    'PK-04',
    withoutVerifier('with another verifier', (transaction) => ({
      ...transaction,
      codeVerifier: 'a'.repeat(43),
    })),
    oauth('invalid_grant', { status: 400 }),
    exchanged,
    { violations: ['REQ-05'] },
  ),
];
