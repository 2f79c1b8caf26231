import { constants, createHash, createHmac, KeyObject, sign as signBytes } from 'node:crypto';
import { kindFor, type ProviderKeys } from './keys.ts';
import type { ClientRegistration, Json, JwtDraft } from './types.ts';

/** A draft signed by the provider's current key for that algorithm. */
export function draftJwt(
  keys: ProviderKeys,
  alg: string,
  payload: Json,
  client?: ClientRegistration,
  header: Json = {},
): JwtDraft {
  if (alg === 'none') return { alg, header: { alg, ...header }, payload, key: null };
  if (alg.startsWith('HS')) {
    const key = Buffer.from(client?.client_secret ?? client?.client_id ?? '');
    return { alg, header: { alg, ...header }, payload, key };
  }
  const key = keys.signing[kindFor(alg)];
  if (!key) throw new Error(`this provider has no ${alg} key`);
  return { alg, header: { alg, kid: key.kid, ...header }, payload, key: key.privateKey };
}

export async function serializeJwt(draft: JwtDraft): Promise<string> {
  const input = `${encode(JSON.stringify(draft.header))}.${encode(draft.text ?? JSON.stringify(draft.payload))}`;
  const signature = signatureOf(draft.alg, draft.key, input);
  const shown = draft.corrupt ? signature.map((byte) => byte ^ 0x5a) : signature;
  const compact = `${input}.${Buffer.from(shown).toString('base64url')}`;
  return draft.wrap ? draft.wrap(compact) : compact;
}

/** Left half of the hash, as `at_hash`, `c_hash` and `s_hash` want it. */
export function halfHash(alg: string, value: string): string {
  const bits = /(\d{3})/.exec(alg)?.[1] ?? (alg === 'EdDSA' || alg === 'Ed25519' ? '512' : '256');
  const digest = createHash(alg === 'Ed25519' ? 'sha512' : `sha${bits}`)
    .update(value, 'ascii')
    .digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

export function encode(value: string | Uint8Array): string {
  return Buffer.from(value as string).toString('base64url');
}

function signatureOf(alg: string, key: JwtDraft['key'], input: string): Uint8Array {
  if (key === null) return new Uint8Array();
  const hash = `sha${alg.slice(2, 5)}`;
  if (!(key instanceof KeyObject)) return createHmac(hash, key).update(input).digest();
  const bytes = Buffer.from(input);
  if (alg === 'EdDSA' || alg === 'Ed25519') return signBytes(null, bytes, key);
  if (alg.startsWith('ES')) return signBytes(hash, bytes, { key, dsaEncoding: 'ieee-p1363' });
  if (alg.startsWith('PS')) {
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return signBytes(hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  }
  return signBytes(hash, bytes, key);
}
