import { type CryptoKey, generateRandomState } from 'oauth4webapi';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import type { AuthenticationRequest, ClientAuthentication } from './client-authentication.ts';
import { type PrivateKeyInput, type PrivateKeyOptions, signingKey } from './private-key.ts';

/** Whom an assertion is addressed to. */
export interface AssertionOptions {
  /**
   * `issuer` names the server; `endpoint` names the URL that is called, as some servers want it.
   * @default 'issuer'
   */
  readonly audience?: 'issuer' | 'endpoint' | undefined;
}

/** What {@link clientSecretJwt} takes besides the secret. */
export interface ClientSecretJwtOptions extends AssertionOptions {
  /**
   * As registered for this client.
   * @default 'HS256'
   */
  readonly algorithm?: 'HS256' | 'HS384' | 'HS512' | undefined;
}

/** What {@link privateKeyJwt} takes besides the key. */
export interface PrivateKeyJwtOptions extends AssertionOptions, PrivateKeyOptions {}

/**
 * An assertion signed with the client secret, which itself never travels (`client_secret_jwt`).
 *
 * @param secret the client secret; at least as long as the hash (32, 48 or 64 bytes).
 * @param options `algorithm`, `audience`.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 7523 section 2.2, OpenID Connect Core 1.0 section 9
 *
 * @example
 * ```ts
 * import { clientSecretJwt, createClient } from 'relier'
 *
 * export const clientOf = (secret: string) =>
 *   createClient({
 *     issuer: 'https://example.okta.com/oauth2/default',
 *     clientId: 'reports',
 *     authentication: clientSecretJwt(secret, { audience: 'endpoint' }),
 *   })
 * ```
 */
export function clientSecretJwt(
  secret: string,
  options: ClientSecretJwtOptions = {},
): ClientAuthentication {
  requireOptions(options);
  const { algorithm = 'HS256', audience } = options;
  const key = new TextEncoder().encode(requireText(secret, 'secret'));
  if (!/^HS(?:256|384|512)$/.test(algorithm)) {
    throw invalidOption('algorithm', "must be 'HS256', 'HS384' or 'HS512'");
  }
  if (key.length * 8 < Number(algorithm.slice(2))) {
    throw invalidOption('secret', `is too short for ${algorithm} (RFC 7518 section 3.2)`);
  }
  return assertion(audience, async () => ({ key, algorithm, keyId: undefined }));
}

/**
 * An assertion signed with a private key whose public half the server knows (`private_key_jwt`).
 *
 * @param key a private `CryptoKey`, JWK or PKCS #8 PEM.
 * @param options `algorithm` (needed for RSA in PEM, and for an RSA JWK without `alg`), `keyId`,
 * `audience`.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 7523 section 2.2, OpenID Connect Core 1.0 section 9
 *
 * @example
 * ```ts
 * import { createClient, privateKeyJwt } from 'relier'
 *
 * export const clientOf = (pem: string) =>
 *   createClient({
 *     issuer: 'https://login.example.com',
 *     clientId: 'reports',
 *     authentication: privateKeyJwt(pem, { algorithm: 'ES256', keyId: '2026-11' }),
 *   })
 * ```
 */
export function privateKeyJwt(
  key: PrivateKeyInput,
  options: PrivateKeyJwtOptions = {},
): ClientAuthentication {
  requireOptions(options);
  return assertion(options.audience, signingKey(key, options));
}

function assertion(
  audience: 'issuer' | 'endpoint' = 'issuer',
  keyOf: () => Promise<{
    key: CryptoKey | Uint8Array;
    algorithm: string;
    keyId: string | undefined;
  }>,
): ClientAuthentication {
  if (audience !== 'issuer' && audience !== 'endpoint') {
    throw invalidOption('audience', "must be 'issuer' or 'endpoint'");
  }
  return async ({ body, clientId, clock, endpoint, server }: AuthenticationRequest) => {
    const [{ SignJWT }, { algorithm, key, keyId }] = await Promise.all([import('jose'), keyOf()]);
    const now = Math.floor(clock.now() / 1000);
    const jwt = await new SignJWT()
      .setProtectedHeader({ alg: algorithm, ...(keyId && { kid: keyId }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience === 'issuer' ? server.issuer : (server[endpoint] as string))
      .setJti(generateRandomState())
      // A little back, for a server whose clock is behind.
      .setIssuedAt(now - 5)
      .setExpirationTime(now + 60)
      .sign(key);
    body.set('client_id', clientId);
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', jwt);
  };
}
