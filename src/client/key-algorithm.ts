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

/** The protocol core signs with no RSA key that is shorter (RFC 7518 section 3.3). */
export function isLongEnough({ algorithm }: CryptoKey): boolean {
  const { modulusLength = 2048 } = algorithm as { modulusLength?: number };
  return modulusLength >= 2048;
}

/** How the key of an encrypted content is managed: with key pairs, never with a shared secret. */
export const KEY_MANAGEMENT =
  /^(?:RSA-OAEP(?:-(?:256|384|512))?|ECDH-ES(?:\+A(?:128|192|256)KW)?)$/;

/** How a content is encrypted (RFC 7518 section 5.1). */
export const CONTENT_ENCRYPTION = [
  'A128GCM',
  'A192GCM',
  'A256GCM',
  'A128CBC-HS256',
  'A192CBC-HS384',
  'A256CBC-HS512',
];
