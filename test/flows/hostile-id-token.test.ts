import { describe, it } from 'vitest';
import {
  exchanged,
  expectRejection,
  invalid,
  type Rejection,
  transport,
  useHostileProvider,
  verified,
} from '../support/hostile-rows.ts';

useHostileProvider();

describe('claims of the ID token', () => {
  const claim = (name: string) => invalid(`id_token.${name}`);
  it.each<Rejection>([
    [['IDC-01'], 'signIn', claim('iss'), exchanged],
    [['IDC-02'], 'signIn', claim('iss'), exchanged],
    [['IDC-03'], 'signIn', claim('sub'), exchanged],
    [['IDC-04'], 'signIn', claim('aud'), exchanged],
    [['IDC-05'], 'signIn', claim('aud'), exchanged],
    [['IDC-07'], 'signIn', claim('aud'), exchanged],
    [['IDC-08'], 'signIn', claim('iat'), exchanged],
    [['IDC-10'], 'signIn', claim('exp'), exchanged],
    [['IDC-11'], 'signIn', claim('exp'), exchanged],
    [['NS-02'], 'signIn', claim('nonce'), exchanged],
    [['NS-03'], 'signIn', claim('nonce'), exchanged],
    [['OC-01', 'azp-other'], 'signIn', claim('azp'), exchanged],
    [['OC-01', 'extra-audience'], 'signIn', claim('aud'), exchanged],
    ...['exp', 'iat', 'nbf', 'auth_time'].flatMap((name) =>
      ['string', 'negative', 'huge'].map(
        (shape): Rejection => [['OC-07', `${name}-${shape}`], 'signIn', claim(name), exchanged],
      ),
    ),
    [['OC-07', 'exp-nan'], 'signIn', claim('format'), exchanged],
    [['OC-08', 'nbf-future'], 'signIn', claim('nbf'), exchanged],
    [['OC-08', 'iat-future'], 'signIn', claim('iat'), exchanged],
    [['OC-08', 'nbf-future', '32'], 'signIn', claim('nbf'), exchanged],
    [['OC-08', 'iat-future', '32'], 'signIn', claim('iat'), exchanged],
    [['OC-09', 'missing'], 'signInWithMaxAge', claim('auth_time'), exchanged],
    [['OC-09', 'old'], 'signInWithMaxAge', claim('auth_time'), exchanged],
    [['OC-09', 'old', '32'], 'signInWithMaxAge', claim('auth_time'), exchanged],
    [['OC-13'], 'signIn', claim('at_hash'), exchanged],
    [['OC-14', 'sub-empty'], 'signIn', claim('sub'), exchanged],
    [['OC-14', 'sub-number'], 'signIn', claim('sub'), exchanged],
    [['OC-14', 'sub-long'], 'signIn', claim('sub'), exchanged],
    [['OC-14', 'nonce-number'], 'signIn', claim('nonce'), exchanged],
    [['OC-14', 'aud-number'], 'signIn', claim('aud'), exchanged],
    [['OC-14', 'aud-object'], 'signIn', claim('aud'), exchanged],
    [['OC-14', 'payload-array'], 'signIn', claim('format'), exchanged],
    [['OC-14', 'payload-string'], 'signIn', claim('format'), exchanged],
    [['OC-14', 'payload-null'], 'signIn', claim('format'), exchanged],
    [['OC-20', 'flow'], 'signIn', claim('nonce'), exchanged],
    [['OC-20', 'client'], 'signIn', claim('aud'), exchanged],
  ])('%s is refused (%s)', expectRejection);
});

describe('signature and header of the ID token', () => {
  const token = (name: string) => invalid(`id_token.${name}`);
  it.each<Rejection>([
    [['SIG-01'], 'signIn', token('alg'), exchanged],
    [['SIG-02'], 'signIn', token('signature'), verified],
    [['SIG-03'], 'signIn', token('signature'), verified],
    [['SIG-04'], 'signInWithSecret', token('alg'), exchanged],
    [['SIG-07'], 'signIn', token('alg'), exchanged],
    [['SIG-08'], 'signIn', token('alg'), exchanged],
    [['SIG-09'], 'signIn', token('signature'), verified],
    [['OC-02', 'ES256'], 'signIn', token('alg'), exchanged],
    [['OC-02', 'PS256'], 'signIn', token('alg'), exchanged],
    [['OC-02', 'HS256'], 'signInWithSecret', token('alg'), exchanged],
    [['OC-03', 'pem'], 'signIn', token('alg'), exchanged],
    [['OC-03', 'der'], 'signIn', token('alg'), exchanged],
    [['OC-03', 'jwk'], 'signIn', token('alg'), exchanged],
    [['OC-04', 'jwk'], 'signIn', token('signature'), verified],
    [['OC-04', 'jku'], 'signIn', token('signature'), verified],
    [['OC-04', 'x5u'], 'signIn', token('signature'), verified],
    [['OC-04', 'x5c'], 'signIn', token('signature'), verified],
    [['OC-05', 'crit'], 'signIn', token('crit'), exchanged],
    [['OC-05', 'b64-false'], 'signIn', token('crit'), exchanged],
    [['OC-05', 'alg-missing'], 'signIn', token('alg'), exchanged],
    [['OC-05', 'typ-logout'], 'signIn', token('typ'), exchanged],
    [['OC-05', 'typ-at'], 'signIn', token('typ'), exchanged],
    [['OC-06', 'use-enc'], 'signIn', token('key'), verified],
    [['OC-06', 'key-ops'], 'signIn', token('key'), verified],
    [['OC-06', 'rsa-1024'], 'signIn', token('key'), verified],
    [['OC-19', 'pbes2'], 'signIn', token('encryption'), exchanged],
    [['MD-09', 'empty'], 'signIn', token('key'), verified],
    [['MD-09', 'private-keys'], 'signIn', token('key'), verified],
    [['MD-09', 'malformed'], 'signIn', invalid('keys.format'), verified],
    [['MD-09', 'down'], 'signIn', transport('http_status', { status: 503 }), verified],
    [['MD-10'], 'signIn', token('key'), verified],
    [['MD-09', 'duplicate-kid'], 'signIn', token('key'), verified],
  ])('%s is refused (%s)', expectRejection);
});
