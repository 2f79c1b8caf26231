const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A modulus of so many bits; nobody verifies anything with it. */
export function modulus(bits: number): string {
  const bytes = Buffer.from(Array.from({ length: bits / 8 }, (_, index) => 0x80 | index));
  return bytes.toString('base64url');
}

/** A signing key without `kid`. */
export const rsaKey = {
  kty: 'RSA',
  use: 'sig',
  alg: 'RS256',
  n: modulus(2_048),
  e: 'AQAB',
} as const;

export const encryptionKey = { ...rsaKey, use: 'enc', alg: 'RSA-OAEP-256' } as const;

export const ecKey = {
  kty: 'EC',
  use: 'sig',
  alg: 'ES256',
  crv: 'P-256',
  x: letters.slice(0, 43),
  y: letters.slice(20, 63),
} as const;
