import { passwordGrant } from '../../../src/index.ts';
import { afterwards, type SignedIn, signingIn } from '../kit/acts.ts';
import { type Act, accepts, type Case, invalid, refuses, type Table } from '../kit/case.ts';
import {
  asked,
  code,
  codeWithSecret,
  exchanged,
  exchangedAfterFront,
  exchangedAfterPush,
  fapi,
  fapiHybrid,
  frontChannelSignIn,
  hybrid,
  hybridByPost,
  implicit,
  implicitByPost,
  punctual,
  used,
  usedAfterFront,
  usedResource,
  verifiedInFront,
} from '../kit/flows.ts';

const claim = (name: string) => invalid(`id_token.${name}`);
const names = (text: string) => text.split(' ');

/** Refused at the token endpoint, and in the front channel before any token request. */
function everywhere(fault: string, check: string): Case[] {
  return [
    refuses(fault, code, claim(check), exchanged),
    refuses(fault, hybrid, claim(check), asked),
    refuses(fault, hybridByPost, claim(check), asked),
    refuses(fault, implicit, claim(check), asked),
    refuses(fault, implicitByPost, claim(check), asked),
  ];
}

function acceptedEverywhere(fault: string): Case[] {
  return [
    accepts(fault, code, used),
    accepts(fault, hybrid, usedAfterFront),
    accepts(fault, implicit, verifiedInFront),
  ];
}

const fapiRefuses = (fault: string, check: string) =>
  refuses(fault, fapi, claim(check), exchangedAfterPush);

const onTime = (name: string, request: object = {}) => signingIn(name, { ...punctual, request });
const maxAge = onTime('code, maxAge', { maxAge: 120 });
const maxAgeZero = onTime('code, maxAge 0', { maxAge: 0 });
const silver = 'urn:mace:incommon:iap:silver';
const essentialAcr = signingIn('code, essential acr', {
  request: { claims: { id_token: { acr: { essential: true, value: silver } } } },
});

const passwordSignIn: Act<unknown> = afterwards('password', {}, ({ client }, op) =>
  passwordGrant(client, { username: op.username, password: op.password, scope: 'openid' }),
);

/** Sections 3.2, 3.3 and 5.8: the claims of ID tokens. */
export const idToken: Table = [
  ...everywhere('IDC-01', 'iss'),
  fapiRefuses('IDC-01', 'iss'),
  ...everywhere('IDC-02', 'iss'),
  fapiRefuses('IDC-02', 'iss'),
  ...everywhere('IDC-03', 'sub'),
  ...everywhere('IDC-04', 'aud'),
  fapiRefuses('IDC-04', 'aud'),
  ...everywhere('IDC-05', 'aud'),
  fapiRefuses('IDC-05', 'aud'),
  ...acceptedEverywhere('IDC-06'),
  accepts('IDC-06', fapi, usedResource),
  ...everywhere('IDC-07', 'aud'),
  fapiRefuses('IDC-07', 'aud'),
  ...everywhere('IDC-08', 'iat'),
  refuses('IDC-09', hybrid, claim('iat'), asked),
  refuses('IDC-09', implicitByPost, claim('iat'), asked),
  refuses('IDC-09', fapiHybrid, claim('iat'), asked),
  ...everywhere('IDC-10', 'exp'),
  fapiRefuses('IDC-10', 'exp'),
  // The tolerance is thirty seconds, and its edges are exact to one.
  refuses('IDC-10=32', onTime('code'), claim('exp'), exchanged),
  accepts('IDC-10=28', onTime('code'), used),
  ...everywhere('IDC-11', 'exp'),
  fapiRefuses('IDC-11', 'exp'),
  accepts('IDC-12', code, used),
  accepts('IDC-12', hybrid, usedAfterFront),

  accepts('NS-01', hybrid, usedAfterFront, hasNonce),
  accepts('NS-01', hybridByPost, usedAfterFront, hasNonce),
  accepts('NS-01', implicit, verifiedInFront, hasNonce),
  accepts(
    'NS-01',
    frontChannelSignIn('id_token token'),
    [...verifiedInFront, 'userinfo'],
    hasNonce,
  ),
  ...everywhere('NS-02', 'nonce'),
  fapiRefuses('NS-02', 'nonce'),
  refuses('NS-02', passwordSignIn, claim('nonce'), ['token']),
  ...everywhere('NS-03', 'nonce'),
  fapiRefuses('NS-03', 'nonce'),

  ...everywhere('OC-01/azp-other', 'azp'),
  ...everywhere('OC-01/extra-audience', 'aud'),
  ...names('exp iat nbf auth_time').flatMap((name) =>
    names('string negative huge').map((shape) =>
      refuses(`OC-07/${name}-${shape}`, code, claim(name), exchanged),
    ),
  ),
  // A fraction is a number of seconds like any other; NaN is no JSON.
  ...names('exp iat nbf auth_time').flatMap((name) => [
    accepts(`OC-07/${name}-fraction`, code, used),
    refuses(`OC-07/${name}-nan`, code, claim('format'), exchanged),
  ]),
  ...names('nbf iat').flatMap((name) => [
    refuses(`OC-08/${name}-future`, code, claim(name), exchanged),
    refuses(`OC-08/${name}-future`, hybrid, claim(name), asked),
    refuses(`OC-08/${name}-future=32`, onTime('code'), claim(name), exchanged),
    accepts(`OC-08/${name}-future=28`, onTime('code'), used),
  ]),
  refuses('OC-09/missing', maxAge, claim('auth_time'), exchanged),
  refuses('OC-09/old', maxAge, claim('auth_time'), exchanged),
  refuses('OC-09/old=32', maxAge, claim('auth_time'), exchanged),
  accepts('OC-09/old=28', maxAge, used),
  refuses('OC-09/zero', maxAgeZero, claim('auth_time'), exchanged),
  accepts('OC-09/zero=0', maxAgeZero, used),
  accepts('OK-01', essentialAcr, used, ({ tokens }) => {
    if (tokens.claims?.['acr'] !== silver) throw new Error('The acr is another one.');
  }),
  accepts('OK-01', maxAge, used),
  refuses('OC-10/missing', essentialAcr, claim('acr'), exchanged),
  refuses('OC-10/other', essentialAcr, claim('acr'), exchanged),
  accepts('OC-10/other', code, used),
  refuses('OC-12/iss', hybrid, claim('iss'), exchangedAfterFront),
  refuses('OC-12/sub', hybrid, claim('hybrid_sub'), exchangedAfterFront),
  refuses('OC-12/sub', hybridByPost, claim('hybrid_sub'), exchangedAfterFront),
  refuses('OC-12/nonce', hybrid, claim('nonce'), exchangedAfterFront),
  refuses('OC-13', code, claim('at_hash'), exchanged),
  refuses('OC-13', fapi, claim('at_hash'), exchangedAfterPush),
  ...everywhere('OC-14/sub-empty', 'sub'),
  ...everywhere('OC-14/sub-number', 'sub'),
  ...everywhere('OC-14/sub-long', 'sub'),
  ...everywhere('OC-14/nonce-number', 'nonce'),
  ...everywhere('OC-14/aud-number', 'aud'),
  ...everywhere('OC-14/aud-object', 'aud'),
  ...everywhere('OC-14/payload-array', 'format'),
  ...everywhere('OC-14/payload-string', 'format'),
  ...everywhere('OC-14/payload-null', 'format'),
  ...everywhere('OC-20/flow', 'nonce'),
  ...everywhere('OC-20/client', 'aud'),
  refuses('OC-20/flow', codeWithSecret, claim('nonce'), exchanged),
];

function hasNonce({ transaction, url }: SignedIn): void {
  const nonce = url.searchParams.get('nonce');
  if (!nonce || nonce !== transaction.nonce) throw new Error('The request has no nonce.');
}
