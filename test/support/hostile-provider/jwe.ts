import {
  constants,
  createCipheriv,
  createPublicKey,
  type JsonWebKey,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { CompactEncrypt, importJWK, type JWK } from 'jose';
import { encode } from './jws.ts';
import type { ClientRegistration, Json } from './types.ts';

/** A JWE to the client's encryption key, as an honest server would make it. */
export async function encryptTo(
  client: ClientRegistration,
  alg: string,
  enc: string,
  compact: string,
): Promise<string> {
  const jwk = encryptionKey(client, alg);
  const header = { alg, enc, cty: 'JWT', ...(jwk.kid ? { kid: String(jwk.kid) } : {}) };
  return new CompactEncrypt(Buffer.from(compact))
    .setProtectedHeader(header)
    .encrypt(await importJWK(jwk as JWK, alg));
}

let bomb: Buffer | undefined;

/** A JWE of a kind that no library still makes, or that no client should open. */
export function hostileJwe(
  kind: 'dir' | 'rsa1_5' | 'zip-bomb' | 'pbes2',
  client: ClientRegistration,
  compact: string,
): string {
  const contentKey = randomBytes(32);
  if (kind === 'dir') {
    return seal({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' }, contentKey, '', Buffer.from(compact));
  }
  if (kind === 'pbes2') {
    const header = { alg: 'PBES2-HS256+A128KW', p2s: encode(randomBytes(16)), p2c: 2_000_000_000 };
    const wrapped = encode(randomBytes(40));
    return seal(
      { ...header, enc: 'A256GCM', cty: 'JWT' },
      contentKey,
      wrapped,
      Buffer.from(compact),
    );
  }
  const jwk = encryptionKey(client, 'RSA');
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const kid = jwk.kid ? { kid: jwk.kid } : {};
  if (kind === 'rsa1_5') {
    const padding = constants.RSA_PKCS1_PADDING;
    const wrapped = encode(publicEncrypt({ key, padding }, contentKey));
    return seal(
      { alg: 'RSA1_5', enc: 'A256GCM', cty: 'JWT', ...kid },
      contentKey,
      wrapped,
      Buffer.from(compact),
    );
  }
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = encode(publicEncrypt({ key, padding, oaepHash: 'sha256' }, contentKey));
  bomb ??= deflateRawSync(Buffer.alloc(50_000_000, 'boom'));
  const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM', zip: 'DEF', cty: 'JWT', ...kid };
  return seal(header, contentKey, wrapped, bomb);
}

function encryptionKey(client: ClientRegistration, alg: string): Json {
  const kty = alg.startsWith('RSA') ? 'RSA' : undefined;
  const key = client.jwks?.keys.find(
    (candidate) =>
      candidate['use'] === 'enc' && (kty ? candidate['kty'] === kty : candidate['kty'] !== 'RSA'),
  );
  if (!key) throw new Error(`client ${client.client_id} has no encryption key for ${alg}`);
  return key;
}

function seal(header: Json, contentKey: Buffer, wrapped: string, plaintext: Buffer): string {
  const protectedHeader = encode(JSON.stringify(header));
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv);
  cipher.setAAD(Buffer.from(protectedHeader, 'ascii'));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [protectedHeader, wrapped, encode(iv), encode(sealed), encode(cipher.getAuthTag())].join(
    '.',
  );
}
