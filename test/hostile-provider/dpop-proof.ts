import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export async function proofThumbprint(): Promise<string> {
  return calculateJwkThumbprint(await exportJWK(key.publicKey));
}

/** A proof by the one key of these tests; `claims` replace the usual ones. */
export async function dpopProof(
  htu: string,
  htm: string,
  nonce?: string,
  accessToken?: string,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const hash = accessToken && (await crypto.subtle.digest('SHA-256', Buffer.from(accessToken)));
  const payload = {
    htu,
    htm,
    jti: crypto.randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    ...(nonce === undefined ? {} : { nonce }),
    ...(hash ? { ath: Buffer.from(hash).toString('base64url') } : {}),
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(key.publicKey) })
    .sign(key.privateKey);
}
