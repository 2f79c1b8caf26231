import type { CryptoKey, JWK } from 'oauth4webapi';
import { invalidOption, requireOptions } from '../options.ts';
import { type Capability, capability, type DecryptionInside } from './capability.ts';
import { CONTENT_ENCRYPTION, KEY_MANAGEMENT } from './key-algorithm.ts';

/** A private key that something may be encrypted to. */
export interface DecryptionKey {
  /** The private key. */
  readonly key: CryptoKey | JWK;
  /** The one key management algorithm that it is used with, as registered for this client. */
  readonly algorithm:
    | 'RSA-OAEP'
    | 'RSA-OAEP-256'
    | 'RSA-OAEP-384'
    | 'RSA-OAEP-512'
    | 'ECDH-ES'
    | 'ECDH-ES+A128KW'
    | 'ECDH-ES+A192KW'
    | 'ECDH-ES+A256KW';
  /**
   * The key's identifier; an encrypted token that names another one is not for this key.
   * @default the JWK's `kid`
   */
  readonly keyId?: string | undefined;
}

/**
 * Reads ID tokens, userinfo answers and authorization responses that are encrypted to this client.
 * What is inside still has to be signed. Symmetric and password-based key management is refused.
 *
 * @param keys the private keys, each with the algorithm it is registered for.
 * @returns the value for `createClient({ decryption })`.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 7516, OpenID Connect Core 1.0 section 10.2
 *
 * @example
 * ```ts
 * import { createClient, jwe } from 'relier'
 *
 * export const clientOf = (key: CryptoKey) =>
 *   createClient({
 *     issuer: 'https://login.example.com',
 *     clientId: 'my-app',
 *     decryption: jwe([{ key, algorithm: 'RSA-OAEP-256', keyId: 'enc-1' }]),
 *   })
 * ```
 */
export function jwe(keys: readonly DecryptionKey[]): Capability<'decryption'> {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw invalidOption('keys', 'must be a list of private keys');
  }
  const known = keys.map((given: DecryptionKey) => {
    requireOptions(given, 'keys');
    requireOptions(given.key, 'keys');
    const { algorithm, key, keyId } = given;
    const jwk = 'kty' in key ? key : undefined;
    if (
      !KEY_MANAGEMENT.test(algorithm) ||
      !(jwk ? jwk['d'] : (key as CryptoKey).type === 'private')
    ) {
      throw invalidOption('keys', 'must be private keys with an asymmetric algorithm');
    }
    return { algorithm, key, jwk, keyId: keyId ?? jwk?.kid };
  });
  const inside: DecryptionInside = {
    async decrypt(token) {
      const { compactDecrypt, decodeProtectedHeader, errors, importJWK } = await import('jose');
      const { alg, kid } = decodeProtectedHeader(token);
      const fitting = known.filter(
        ({ algorithm, keyId }) =>
          algorithm === alg && (kid === undefined || keyId === undefined || kid === keyId),
      );
      for (const { algorithm, jwk, key } of fitting) {
        try {
          const { plaintext } = await compactDecrypt(
            token,
            jwk ? await importJWK({ ...jwk, alg: algorithm }, algorithm) : key,
            {
              keyManagementAlgorithms: [algorithm],
              contentEncryptionAlgorithms: CONTENT_ENCRYPTION,
            },
          );
          return new TextDecoder().decode(plaintext);
        } catch (error) {
          if (!(error instanceof errors.JWEDecryptionFailed)) throw error;
        }
      }
      throw new errors.JWEDecryptionFailed();
    },
  };
  return capability(inside);
}
