import {
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  randomInt,
} from 'node:crypto';
import { promisify } from 'node:util';
import { randomId } from './random.ts';
import type { Json, Op, Profile } from './types.ts';

export type KeyKind = 'RSA' | 'P-256' | 'secp256k1' | 'Ed25519';

export interface ProviderKey {
  kid: string;
  kind: KeyKind;
  use: 'sig' | 'enc';
  privateKey: KeyObject;
  jwk: Json;
}

export interface ProviderKeys {
  generation: number;
  all: ProviderKey[];
  /** The key of each kind that signs: one of the pair, by chance. */
  signing: Partial<Record<KeyKind, ProviderKey>>;
}

// RSA keys are slow to make, so providers share them under kids of their own; on globalThis
// because test files of one process don't share modules.
const pool: Map<string, Promise<KeyObject>> = (globalThis as unknown as Record<symbol, never>)[
  Symbol.for('hostile-provider.rsa')
] ?? new Map();
(globalThis as unknown as Record<symbol, unknown>)[Symbol.for('hostile-provider.rsa')] = pool;

/** The RSA private key of that slot, always the same within a process. */
export function rsaKey(slot: string, modulusLength = 2048): Promise<KeyObject> {
  const known = pool.get(slot);
  if (known !== undefined) return known;
  const made = promisify(generateKeyPair)('rsa', { modulusLength }).then((pair) => pair.privateKey);
  pool.set(slot, made);
  return made;
}

export async function createKeys(
  profile: Profile,
  algorithm: 'PS256' | 'ES256' | 'EdDSA',
  generation = 0,
): Promise<ProviderKeys> {
  if (profile === 'fapi') {
    const kind = kindFor(algorithm);
    const privateKey = kind === 'RSA' ? await rsaKey(`sig-${generation % 2}-0`) : newKey(kind);
    return keySet(generation, [describe(kind, 'sig', privateKey, { alg: algorithm })]);
  }
  const rsa = await Promise.all([
    rsaKey(`sig-${generation % 2}-0`),
    rsaKey(`sig-${generation % 2}-1`),
    rsaKey('enc'),
  ]);
  return keySet(generation, [
    describe('RSA', 'sig', rsa[0]),
    describe('RSA', 'sig', rsa[1]),
    describe('P-256', 'sig', newKey('P-256')),
    describe('P-256', 'sig', newKey('P-256')),
    describe('secp256k1', 'sig', newKey('secp256k1')),
    describe('Ed25519', 'sig', newKey('Ed25519')),
    describe('RSA', 'enc', rsa[2]),
    describe('P-256', 'enc', newKey('P-256')),
  ]);
}

/** Replaces every key by a new one under a new `kid`. */
export async function rotateKeys(op: Op): Promise<void> {
  const algorithm = op.options.signingAlgorithm ?? 'PS256';
  op.keys = await createKeys(op.profile, algorithm, op.keys.generation + 1);
}

export function kindFor(algorithm: string): KeyKind {
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') return 'Ed25519';
  if (algorithm === 'ES256') return 'P-256';
  if (algorithm === 'ES256K') return 'secp256k1';
  return 'RSA';
}

export function newKey(kind: Exclude<KeyKind, 'RSA'>): KeyObject {
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey;
}

export function publicJwk(key: KeyObject): Json {
  return createPublicKey(key).export({ format: 'jwk' }) as Json;
}

export function describe(
  kind: KeyKind,
  use: 'sig' | 'enc',
  privateKey: KeyObject,
  extra: Json = {},
): ProviderKey {
  const kid = randomId();
  return { kid, kind, use, privateKey, jwk: { ...publicJwk(privateKey), kid, use, ...extra } };
}

function keySet(generation: number, all: ProviderKey[]): ProviderKeys {
  const signing: ProviderKeys['signing'] = {};
  for (const kind of ['RSA', 'P-256', 'secp256k1', 'Ed25519'] as const) {
    const candidates = all.filter((key) => key.kind === kind && key.use === 'sig');
    const chosen = candidates[randomInt(Math.max(1, candidates.length))];
    if (chosen) signing[kind] = chosen;
  }
  return { generation, all, signing };
}
