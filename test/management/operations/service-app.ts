import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { dpop } from '../../../src/index.ts';
import { oktaServiceApp } from '../../../src/management/index.ts';
import type { Okta } from '../../support/okta/okta.ts';

let made: Promise<{ privateKey: CryptoKey; jwk: JWK }> | undefined;

/** A service app that may do everything, with the settings that new apps have: tokens bound to a key. */
export async function serviceAppOf(okta: Okta) {
  made ??= generateKeyPair('ES256').then(async ({ privateKey, publicKey }) => {
    const jwk = await exportJWK(publicKey);
    return { privateKey, jwk: { ...jwk, kid: 'app', alg: 'ES256' } };
  });
  const { jwk, privateKey } = await made;
  const scopes = ['okta.apps.manage', 'okta.authorizationServers.manage'];
  const { clientId } = okta.addApp({
    tokenEndpointAuthMethod: 'private_key_jwt',
    grantedScopes: scopes,
    dpopBoundAccessTokens: true,
    keys: [jwk],
  });
  return oktaServiceApp({
    orgUrl: okta.origin,
    clientId,
    privateKey,
    keyId: 'app',
    scopes,
    dpop: dpop(),
  });
}
