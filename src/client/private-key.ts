import type { CryptoKey, JWK } from 'oauth4webapi';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import { isSigningAlgorithm } from './create-client.ts';
import { isLongEnough, signingAlgorithmOf } from './key-algorithm.ts';

/** A private key in the forms it comes in: Web Crypto, JSON Web Key, PEM (PKCS #8). */
export type PrivateKeyInput = CryptoKey | JWK | string;

/** How a private key is used. */
export interface PrivateKeyOptions {
  /**
   * What to sign with.
   * @default the algorithm that the key is for; needed where the key does not say
   */
  readonly algorithm?: string | undefined;
  /**
   * The key's identifier at the server.
   * @default the JWK's `kid`
   */
  readonly keyId?: string | undefined;
}

/** A private key that is ready to sign with. */
export interface SigningKey {
  readonly key: CryptoKey;
  readonly algorithm: string;
  readonly keyId: string | undefined;
}

/**
 * Checks a key at once and imports it on first use, because importing takes `jose` and time.
 */
export function signingKey(
  key: PrivateKeyInput,
  { algorithm, keyId }: PrivateKeyOptions,
): () => Promise<SigningKey> {
  if (typeof key !== 'string') requireOptions(key, 'key');
  const jwk = typeof key === 'object' && 'kty' in key ? key : undefined;
  const isCryptoKey = typeof key === 'object' && !jwk && (key as CryptoKey)?.type === 'private';
  if (jwk ? !jwk['d'] && !jwk['priv'] : !isCryptoKey && !String(key).includes('PRIVATE KEY')) {
    throw invalidOption('key', 'must be a private CryptoKey, JWK or PKCS #8 PEM');
  }
  if (isCryptoKey && !(key as CryptoKey).usages.includes('sign')) {
    throw invalidOption('key', "must have the usage 'sign'");
  }
  const alg =
    algorithm ?? (isCryptoKey ? signingAlgorithmOf(key as CryptoKey) : (jwk?.alg ?? curveOf(jwk)));
  if (!isSigningAlgorithm(requireText(alg, 'algorithm'))) {
    throw invalidOption('algorithm', 'must be a supported asymmetric one');
  }
  if (isCryptoKey && alg !== signingAlgorithmOf(key as CryptoKey) && alg !== 'EdDSA') {
    throw invalidOption('algorithm', 'is not the one that the key is for');
  }
  if (isCryptoKey) requireLength(key as CryptoKey);
  const kid = keyId ?? jwk?.kid;
  if (kid !== undefined && typeof kid !== 'string')
    throw invalidOption('keyId', 'must be a string');
  let imported: Promise<SigningKey> | undefined;
  return () => {
    imported ??= importKey(key, jwk, alg as string, isCryptoKey).then((ready) => ({
      key: requireLength(ready),
      algorithm: alg as string,
      keyId: kid,
    }));
    return imported;
  };
}

function requireLength(key: CryptoKey): CryptoKey {
  if (!isLongEnough(key)) throw invalidOption('key', 'has less than 2048 bits');
  return key;
}

async function importKey(
  key: PrivateKeyInput,
  jwk: JWK | undefined,
  alg: string,
  isCryptoKey: boolean,
): Promise<CryptoKey> {
  if (isCryptoKey) return key as CryptoKey;
  const { importJWK, importPKCS8 } = await import('jose');
  try {
    return (await (jwk
      ? importJWK({ ...jwk, alg }, alg)
      : importPKCS8(key as string, alg))) as CryptoKey;
  } catch {
    throw invalidOption('key', `cannot be used with ${alg}`);
  }
}

/** Elliptic curves leave one algorithm to choose from. */
function curveOf(jwk: JWK | undefined): string | undefined {
  return { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'Ed25519' }[
    jwk?.crv ?? ''
  ];
}
