import { frontChannel } from '../../../src/index.ts';
import { afterwards, doing, type SignInOptions, signIn, signingIn } from '../kit/acts.ts';
import { accepts, type Case, invalid, refuses, type Table, transport } from '../kit/case.ts';
import {
  asked,
  code,
  codeWithSecret,
  encryptedCode,
  encryptedHybrid,
  exchanged,
  exchangedAfterFront,
  exchangedAfterPush,
  fapi,
  fapiHybrid,
  fapiHybridByPost,
  fapiSignIn,
  hybrid,
  hybridByPost,
  implicit,
  implicitByPost,
  used,
  usedAfterFront,
  usedResource,
  verified,
  verifiedAfterPush,
  verifiedInFront,
} from '../kit/flows.ts';

const token = (name: string) => invalid(`id_token.${name}`);

/** Told by the header alone: no key is looked for, in the front channel no code is sent. */
function onSight(fault: string, check: string): Case[] {
  return [
    refuses(fault, code, token(check), exchanged),
    refuses(fault, hybrid, token(check), asked),
    refuses(fault, implicitByPost, token(check), asked),
  ];
}

/** Told by the key or the signature. */
function onVerifying(fault: string, check: string, more: readonly 'jwks'[] = []): Case[] {
  return [
    refuses(fault, code, token(check), [...verified, ...more]),
    refuses(fault, hybrid, token(check), [...verifiedInFront, ...more]),
    refuses(fault, hybridByPost, token(check), [...verifiedInFront, ...more]),
    refuses(fault, implicit, token(check), [...verifiedInFront, ...more]),
  ];
}

function acceptedEverywhere(fault: string): Case[] {
  return [
    accepts(fault, code, used),
    accepts(fault, hybrid, usedAfterFront),
    accepts(fault, implicit, verifiedInFront),
  ];
}

const hybridOptions: SignInOptions = {
  client: () => ({ frontChannel: frontChannel() }),
  request: { responseType: 'code id_token' },
};
const codeTwice = doing('code, twice by one client', {}, async (client, op) => {
  await signIn(op, client);
  await signIn(op, client);
});
const codeAgain = afterwards('code, with keys in hand', {}, ({ client }, op) => signIn(op, client));
const hybridAgain = afterwards(
  'code id_token, with keys in hand',
  hybridOptions,
  ({ client }, op) => signIn(op, client, hybridOptions),
);
const flood = doing('five sign-ins by one client', {}, async (client, op) => {
  let last: unknown;
  for (let round = 0; round < 5; round += 1) {
    last = await signIn(op, client).catch((error: unknown) => error);
  }
  throw last;
});
const again = used.slice(1);

/** Section 3.5 and what belongs to it in 5.7 and 5.8: signatures, keys, encryption. */
export const keys: Table = [
  refuses('SIG-01', code, token('alg'), exchanged),
  refuses('SIG-01', hybrid, token('alg'), exchangedAfterFront),
  ...onVerifying('SIG-02', 'signature'),
  ...onVerifying('SIG-03', 'signature'),
  refuses('SIG-04', codeWithSecret, token('alg'), exchanged),
  ...acceptedEverywhere('SIG-05'),
  // Several keys fit and none is named: it is not for us to try them all.
  refuses('SIG-06', code, token('key'), verified),
  refuses('SIG-06', hybrid, token('key'), verifiedInFront),
  ...onSight('SIG-07', 'alg'),
  refuses('SIG-07', fapi, token('alg'), exchangedAfterPush),
  refuses('SIG-07', fapiHybrid, token('alg'), asked),
  refuses('SIG-08', fapi, token('alg'), exchangedAfterPush),
  refuses('SIG-08', fapiHybrid, token('alg'), asked),
  refuses('SIG-09', fapiHybrid, token('signature'), verifiedInFront),
  refuses('SIG-09', fapiHybridByPost, token('signature'), verifiedInFront),
  refuses('SIG-09', fapi, token('signature'), verifiedAfterPush),
  ...acceptedEverywhere('SIG-10'),
  accepts('SIG-10', fapiHybrid, [...verifiedInFront, 'token', 'resource']),
  accepts('SIG-10', fapiSignIn('PS256'), usedResource),
  accepts('SIG-10', fapiSignIn('ES256'), usedResource),
  accepts('SIG-10', fapiSignIn('EdDSA'), usedResource),
  accepts('SIG-11/RSA-OAEP', encryptedCode, used),
  accepts('SIG-11/RSA-OAEP', encryptedHybrid, usedAfterFront),
  accepts('SIG-11/ECDH-ES', encryptedCode, used),
  accepts('SIG-11/ECDH-ES', encryptedHybrid, usedAfterFront),
  refuses('SIG-12', encryptedCode, token('encryption'), exchanged),
  refuses('SIG-12', encryptedHybrid, token('encryption'), asked),
  accepts('SIG-13', code, used),
  accepts('SIG-13', codeAgain, ['authorization', 'token', 'jwks', 'userinfo']),
  accepts('SIG-13', hybridAgain, ['authorization', 'jwks', 'token', 'userinfo']),
  accepts('SIG-14', codeTwice, [...used, ...again]),

  ...onSight('OC-02/ES256', 'alg'),
  ...onSight('OC-02/PS256', 'alg'),
  refuses('OC-02/HS256', codeWithSecret, token('alg'), exchanged),
  ...['pem', 'der', 'jwk'].flatMap((variant) => onSight(`OC-03/${variant}`, 'alg')),
  ...['jwk', 'jku', 'x5u', 'x5c'].flatMap((variant) =>
    onVerifying(`OC-04/${variant}`, 'signature'),
  ),
  ...onSight('OC-05/crit', 'crit'),
  ...onSight('OC-05/b64-false', 'crit'),
  ...onSight('OC-05/alg-missing', 'alg'),
  ...onSight('OC-05/typ-logout', 'typ'),
  ...onSight('OC-05/typ-at', 'typ'),
  ...onVerifying('OC-06/use-enc', 'key', ['jwks']),
  ...onVerifying('OC-06/key-ops', 'key', ['jwks']),
  ...onVerifying('OC-06/rsa-1024', 'key'),
  ...['dir', 'rsa1_5', 'pbes2'].flatMap((variant) => [
    refuses(`OC-19/${variant}`, encryptedCode, token('encryption'), exchanged),
    refuses(`OC-19/${variant}`, encryptedHybrid, token('encryption'), asked),
  ]),
  refuses('OC-19/zip-bomb', encryptedCode, token('encryption'), exchanged),
  refuses('OC-19/inner-none', encryptedCode, token('alg'), exchanged),
  refuses('OC-19/inner-none', encryptedHybrid, token('alg'), asked),
  refuses(
    'SIG-11/RSA-OAEP',
    signingIn('code, nothing to decrypt with', {
      client: () => ({ clientId: 'encrypted-client' }),
    }),
    token('encryption'),
    exchanged,
  ),

  refuses('MD-09/down', code, transport('http_status', { status: 503 }), verified),
  ...onVerifying('MD-09/empty', 'key', ['jwks']),
  refuses('MD-09/malformed', code, invalid('keys.format'), verified),
  ...onVerifying('MD-09/private-keys', 'key', ['jwks']),
  refuses('MD-09/ten-thousand', code, transport('response_too_large'), verified),
  ...onVerifying('MD-09/duplicate-kid', 'key'),
  ...onVerifying('MD-10', 'key', ['jwks']),
  refuses('MD-10', flood, token('key'), [
    ...verified,
    'jwks',
    'authorization',
    'token',
    'jwks',
    ...Array.from({ length: 3 }, () => ['authorization', 'token'] as const).flat(),
  ]),
];
