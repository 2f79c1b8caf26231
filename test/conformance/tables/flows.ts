import { expect } from 'vitest';
import { fetchUserInfo } from '../../../src/index.ts';
import { afterwards, type SignedIn, signingIn } from '../kit/acts.ts';
import { accepts, invalid, oauth, refuses, type Table, transport } from '../kit/case.ts';
import {
  asked,
  code,
  codeByPost,
  fapiHybrid,
  fapiSignIn,
  frontChannelSignIn,
  hybrid,
  implicit,
  signedResponse,
  used,
  usedAfterFront,
  usedResource,
  verifiedInFront,
} from '../kit/flows.ts';

const everyScope = 'openid profile email phone address';
const jane = {
  name: 'Jane Doe',
  email: 'janedoe@example.com',
  phone_number: '+1 (425) 555-1212',
  address: { locality: 'Los Angeles' },
};
const userInfoHolds =
  (members: object) =>
  ({ userInfo }: SignedIn) =>
    expect(userInfo).toMatchObject(members);

const userInfo = (name: string, options = {}) =>
  afterwards(`userinfo${name}`, options, ({ client, tokens }) => fetchUserInfo(client, tokens));
const justUserInfo = userInfo('');
const wrong = (name: string) => invalid(`userinfo.${name}`);
const after = ['userinfo'] as const;

/** Which requests a flow of that response type makes. */
const requestsOf = {
  id_token: verifiedInFront,
  token: [...asked, 'userinfo'],
  'id_token token': [...verifiedInFront, 'userinfo'],
  'code id_token': usedAfterFront,
  'code token': used,
  'code id_token token': usedAfterFront,
} as const;

const scoped = signingIn('code, every scope', { request: { scope: everyScope } });
const ownTls = signingIn('code, all by name', {
  provider: 'https',
  client: (op) => ({ fetch: (url, init) => op.fetch(url, init), allowInsecureRequests: undefined }),
});

/** Sections 3.1 and 3.6, and userinfo in 5.8: flows that end well, and who the person is. */
export const flows: Table = [
  accepts('OK-01', code, used),
  accepts('OK-01', codeByPost, used),
  accepts('OK-01', signingIn('code, fragment', { request: { responseMode: 'fragment' } }), used),
  accepts('OK-01', ownTls, used),
  ...(Object.keys(requestsOf) as (keyof typeof requestsOf)[]).flatMap((type) =>
    (['fragment', 'form_post'] as const).map((mode) =>
      accepts('OK-01', frontChannelSignIn(type, mode), requestsOf[type]),
    ),
  ),
  accepts('OK-02', scoped, used, userInfoHolds(jane)),
  accepts(
    'OK-02',
    frontChannelSignIn('code id_token', undefined, { request: { scope: everyScope } }),
    usedAfterFront,
    userInfoHolds(jane),
  ),
  accepts(
    'OK-02',
    frontChannelSignIn('id_token', undefined, { request: { scope: everyScope } }),
    verifiedInFront,
    ({ tokens }) => expect(tokens.claims).toMatchObject(jane),
  ),
  accepts('OK-03', code, used),
  accepts('OK-03', hybrid, usedAfterFront),
  accepts('OK-03', implicit, verifiedInFront),
  accepts('OK-04/header', justUserInfo, after),
  // Sending it in the body is optional, and not done.
  refuses('OK-04/body', justUserInfo, oauth('invalid_request', { status: 400 }), after),
  // Claims of others stay where they came, marked as theirs.
  accepts('OK-05', scoped, used, ({ userInfo }) => {
    expect(userInfo).not.toHaveProperty('address');
    expect(userInfo).not.toHaveProperty('phone_number');
    expect(userInfo?.['_claim_names']).toEqual({ address: 'src1', phone_number: 'src1' });
  }),
  // Where they stand is the application's to ask, with the token that is named there.
  accepts('OK-06', scoped, used, ({ userInfo }, op) => {
    expect(userInfo).toMatchObject({ ...jane, _claim_names: { shoe_size: 'src1' } });
    expect(userInfo?.['_claim_sources']).toEqual({
      src1: { endpoint: `${op.issuer}claims`, access_token: 'distributed-claims-token' },
    });
    expect(userInfo).not.toHaveProperty('shoe_size');
  }),
  accepts('OK-06', justUserInfo, after),
  ...(['PS256', 'ES256', 'EdDSA'] as const).map((algorithm) =>
    accepts('OK-07', fapiSignIn(algorithm), usedResource),
  ),
  accepts('OK-07', fapiHybrid, [...verifiedInFront, 'token', 'resource']),
  accepts('OK-07', signedResponse(), [
    'discovery',
    'par',
    'authorization',
    'jwks',
    'token',
    'resource',
  ]),

  refuses('UI-01', justUserInfo, wrong('sub'), after),
  refuses('UI-01', code, wrong('sub'), used),
  refuses('UI-01', hybrid, wrong('sub'), usedAfterFront),
  refuses('UI-01', frontChannelSignIn('id_token token', 'form_post'), wrong('sub'), [
    ...verifiedInFront,
    'userinfo',
  ]),
  accepts('UI-02', justUserInfo, after),
  accepts('UI-02', code, used, ({ userInfo, tokens }) => {
    expect(userInfo).toMatchObject({ iss: tokens.claims?.iss, aud: tokens.claims?.aud });
  }),
  refuses('OC-16/sub-missing', justUserInfo, wrong('sub'), after),
  refuses('OC-16/array', justUserInfo, transport('response_not_json', { retryable: true }), after),
  refuses('OC-16/string', justUserInfo, transport('response_not_json', { retryable: true }), after),
  accepts('OC-16/jwt', justUserInfo, after),
  // The server lists `none`, so it is for want of a key that this one cannot be verified.
  refuses('OC-16/jwt-none', justUserInfo, wrong('key'), after),
  refuses('OC-16/jwt-iss', justUserInfo, wrong('iss'), after),
  refuses('OC-16/jwt-aud', justUserInfo, wrong('aud'), after),
  refuses('OC-16/401', justUserInfo, oauth('invalid_token', { status: 401 }), after),
  refuses('OC-16/403', justUserInfo, oauth('insufficient_scope', { status: 403 }), after),
  ...['unsigned', 'unknown-issuer', 'http-endpoint', 'internal-host'].map((variant) =>
    accepts(`OC-21/${variant}`, scoped, used, ({ userInfo }) => {
      expect(userInfo).not.toHaveProperty('shoe_size');
      expect(userInfo?.['address']).not.toEqual({ locality: 'Elsewhere' });
      expect(userInfo?.['phone_number']).not.toBe('+1 (310) 123-4567');
    }),
  ),
];
