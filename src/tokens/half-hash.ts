import { encodeBase64Url } from '../base64url.ts';

/**
 * The left half of a value's hash, as in `at_hash`, `c_hash` and `s_hash` (OpenID Connect Core 1.0
 * section 3.1.3.6). `algorithm` is what the ID token is signed with.
 */
export async function halfHash(value: string, algorithm: string): Promise<string> {
  // EdDSA here is Ed25519, which hashes with SHA-512.
  const size = /^[A-Z]S(\d+)$/.exec(algorithm)?.[1] ?? '512';
  const digest = await crypto.subtle.digest(`SHA-${size}`, new TextEncoder().encode(value));
  return encodeBase64Url(new Uint8Array(digest, 0, digest.byteLength / 2));
}
