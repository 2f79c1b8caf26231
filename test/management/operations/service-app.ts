import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { dpop } from '../../../src/index.ts';
import { oktaServiceApp } from '../../../src/management/index.ts';
import type { Okta } from '../../support/okta/okta.ts';

let made: Promise<{ privateKey: CryptoKey; jwk: JWK }> | undefined;

/** A service app with one scope and the settings that new apps have: its tokens are bound to a key. */
export async function serviceAppOf(okta: Okta, scope: string) {
  made ??= generateKeyPair('ES256').then(async ({ privateKey, publicKey }) => {
    const jwk = await exportJWK(publicKey);
    return { privateKey, jwk: { ...jwk, kid: 'app', alg: 'ES256' } };
  });
  const { jwk, privateKey } = await made;
  const { clientId } = okta.addApp({
    tokenEndpointAuthMethod: 'private_key_jwt',
    grantedScopes: [scope],
    dpopBoundAccessTokens: true,
    keys: [jwk],
  });
  return oktaServiceApp({
    orgUrl: okta.origin,
    clientId,
    privateKey,
    keyId: 'app',
    scopes: [scope],
    dpop: dpop(),
  });
}
