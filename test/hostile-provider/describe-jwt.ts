import {
  constants,
  createHash,
  createHmac,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  verify,
} from 'node:crypto';
import { compactDecrypt } from 'jose';
import type { HostileProvider } from '../support/hostile-provider/index.ts';

export interface JwtContext {
  op: HostileProvider;
  keys: (JsonWebKey & Record<string, unknown>)[];
  secret: string;
  decryptionKeys: KeyObject[];
  /** What the hashes of this token should be of. */
  hashed?: { at_hash?: string; c_hash?: string };
}

const random = new Set(['sid', 'session_state', 'nonce']);
const curves: Record<string, string> = { ES256: 'P-256', ES256K: 'secp256k1', EdDSA: 'Ed25519' };

/** Notes header, claims and signature of a JWT under a name, free of random values. */
export async function describeJwt(
  seen: Map<string, string>,
  name: string,
  compact: string,
  context: JwtContext,
): Promise<void> {
  if (compact.split('.').length === 5) {
    const header = decoded(compact, 0) as Record<string, unknown>;
    seen.set(`${name}.jwe`, `${String(header['alg'])}${header['zip'] ? ' zip' : ''}`);
    const inner = await opened(compact, context.decryptionKeys);
    if (inner === undefined) return;
    compact = inner;
  }
  const header = decoded(compact, 0) as Record<string, unknown>;
  const key = context.keys.find((candidate) => candidate['kid'] === header['kid']);
  for (const [member, value] of Object.entries(header)) {
    const shown = member === 'kid' ? kidKind(String(value), key) : value;
    const odd = ['jwk', 'x5c'].includes(member) ? 'present' : shown;
    seen.set(`${name}.header.${member}`, normalise(context.op, JSON.stringify(odd)));
  }
  seen.set(`${name}.signature`, signatureOf(compact, header, context));
  const claims = decoded(compact, 1);
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    const text = Buffer.from(compact.split('.')[1] ?? '', 'base64url').toString();
    const odd = /"[a-z_]+":NaN/.exec(text)?.[0] ?? text;
    seen.set(`${name}.payload`, odd);
    return;
  }
  for (const [claim, value] of Object.entries(claims)) {
    const readable = typeof value !== 'string' || /^(the|a|no|null) ?-?[a-z -]+1?$/.test(value);
    const text = normalise(context.op, JSON.stringify(value));
    const shown = random.has(claim) && !readable ? 'random' : text;
    seen.set(`${name}.${claim}`, claim.endsWith('_hash') ? hashKind(claim, value, context) : shown);
  }
}

function kidKind(kid: string, key: Record<string, unknown> | undefined): string {
  if (/^(extra|weak)-rsa$/.test(kid)) return kid;
  return key ? `of a ${String(key['use'])} key` : 'unknown';
}

function hashKind(claim: string, value: unknown, { hashed }: JwtContext): string {
  const input = hashed?.[claim as 'at_hash'];
  if (input === undefined) return 'present';
  const digest = createHash('sha256').update(input).digest();
  return digest.subarray(0, 16).toString('base64url') === value ? 'right' : 'wrong';
}

/** The value with everything random or dated in it replaced by a word for it. */
export function normalise(op: HostileProvider, value: string): string {
  const now = Math.round(Date.now() / 1000);
  const path = new URL(op.issuer).pathname;
  return value
    .replaceAll(op.elsewhere.origin, '{elsewhere}')
    .replaceAll(op.issuer, '{issuer}')
    .replaceAll(op.issuer.slice(0, -1), '{issuer without slash}')
    .replaceAll(path, '/{path}/')
    .replaceAll(path.split('/')[2] ?? path, '{id}')
    .replaceAll(new URL(op.issuer).port, '{port}')
    .replaceAll(/ey[\w-]+(\.[\w-]*){2,4}/g, '{jwt}')
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, '{uuid}')
    .replaceAll(/\b[A-Za-z0-9]{50}\b/g, '{access token}')
    .replaceAll(/\b[A-Za-z0-9]{40}\b/g, '{code}')
    .replaceAll(/\b[12]\d{9}\b/g, (time) => {
      const offset = Math.round((Number(time) - now) / 5) * 5;
      return offset === 0 ? '{now}' : `{now${offset > 0 ? '+' : ''}${offset}}`;
    });
}

function decoded(compact: string, part: number): unknown {
  try {
    return JSON.parse(Buffer.from(compact.split('.')[part] ?? '', 'base64url').toString());
  } catch {
    return undefined;
  }
}

async function opened(compact: string, keys: KeyObject[]): Promise<string | undefined> {
  for (const key of keys) {
    try {
      return Buffer.from((await compactDecrypt(compact, key)).plaintext).toString();
    } catch {
      // The next key may fit; what no key opens stays closed.
    }
  }
  return undefined;
}

function signatureOf(
  compact: string,
  header: Record<string, unknown>,
  { keys, secret }: JwtContext,
): string {
  const [head, payload, text = ''] = compact.split('.');
  const signature = Buffer.from(text, 'base64url');
  const input = Buffer.from(`${head}.${payload}`);
  const alg = String(header['alg'] ?? 'RS256');
  if (signature.length === 0) return 'none';
  if (alg.startsWith('HS')) {
    const own = createHmac('sha256', secret).update(input).digest();
    return own.equals(signature) ? 'by the client secret' : 'by another secret';
  }
  const padding = alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    : {};
  for (const jwk of keys) {
    if (jwk.kty !== 'RSA' ? jwk.crv !== curves[alg] : curves[alg]) continue;
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const digest = alg === 'EdDSA' ? null : 'sha256';
    const options = { key, dsaEncoding: 'ieee-p1363' as const, ...padding };
    if (verify(digest, input, options, signature)) return `by a ${String(jwk['use'])} key`;
  }
  return 'by no published key';
}
