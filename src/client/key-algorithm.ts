import type { CryptoKey } from 'oauth4webapi';

/** The JWS algorithm that a key is for (RFC 7518 section 3.1, RFC 8037). */
export function signingAlgorithmOf({ algorithm }: CryptoKey): string {
  const { hash, name, namedCurve } = algorithm as {
    name: string;
    hash?: { name: string };
    namedCurve?: string;
  };
  const bits = (hash?.name ?? namedCurve ?? '').replace('521', '512').slice(-3);
  if (name === 'ECDSA') return `ES${bits}`;
  if (name === 'RSA-PSS') return `PS${bits}`;
  if (name === 'RSASSA-PKCS1-v1_5') return `RS${bits}`;
  return name;
}
