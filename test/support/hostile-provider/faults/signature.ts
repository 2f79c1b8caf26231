import { createPublicKey, type KeyObject } from 'node:crypto';
import { selfSigned } from '../certificate.ts';
import type { Fault, FaultTable } from '../faults.ts';
import { encryptTo, hostileJwe } from '../jwe.ts';
import { draftJwt } from '../jws.ts';
import { type KeyKind, kindFor, newKey, publicJwk, rotateKeys, rsaKey } from '../keys.ts';
import { randomId } from '../random.ts';
import type { Json, JwtDraft, Op } from '../types.ts';
import { resign, single, unsigned } from './shared.ts';

const corrupted = (token: JwtDraft): void => {
  token.corrupt = true;
};

/** Sections 3.5 and part of 5.8: signatures, keys and encryption of the ID Token. */
export const signatureFaults: FaultTable = {
  'SIG-01': single({
    idToken: (token, { stage }) => {
      if (stage !== 'authorization') unsigned(token);
    },
  }),
  'SIG-02': single({ idToken: corrupted }),
  'SIG-03': single({
    metadata: onlySigning('ES256'),
    idToken: (token, { op }) => {
      resign(op, token, 'ES256');
      corrupted(token);
    },
  }),
  'SIG-04': single({ metadata: onlySigning('HS256'), idToken: keyedBySecret(true) }),
  'SIG-05': single({ jwks: (set, { op }) => withoutKid(set, keysInUse(op)), idToken: dropKid }),
  'SIG-06': single({
    jwks: async (set, { op, memory }) => {
      if (!memory.has('third')) memory.set('third', await oneOfEachKind());
      set.keys.push(...(memory.get('third') as Json[]));
      withoutKid(
        set,
        op.keys.all.map((key) => key.kid),
      );
    },
    idToken: dropKid,
  }),
  'SIG-07': single({ idToken: unsigned }),
  'SIG-08': single({
    metadata: onlySigning('PS256', 'ES256', 'EdDSA'),
    jwks: async (set) => {
      set.keys.push({ ...publicJwk(await rsaKey('extra')), kid: 'extra-rsa', use: 'sig' });
    },
    idToken: async (token) => {
      token.alg = 'RS256';
      token.header = { ...token.header, alg: 'RS256', kid: 'extra-rsa' };
      token.key = await rsaKey('extra');
    },
  }),
  'SIG-09': single({ idToken: corrupted }),
  'SIG-10': single({ jwks: decoysOfSameKid }),
  'SIG-11': { 'RSA-OAEP': encrypted('RSA-OAEP'), 'ECDH-ES': encrypted('ECDH-ES') },
  'SIG-12': single(opaque('rsa1_5')),
  'SIG-13': single({
    idToken: async (token, { op, grant, stage, memory }) => {
      if (stage === 'refresh' || memory.has(grant?.id ?? '')) return;
      memory.set(grant?.id ?? '', true);
      await rotateKeys(op);
      resign(op, token, token.alg);
    },
  }),
  'SIG-14': single({
    before: {
      authorization: async (_, { op, memory }) => {
        const count = Number(memory.get('count') ?? 0) + 1;
        memory.set('count', count);
        if (count === 2) await rotateKeys(op);
      },
    },
  }),
  'OC-02': {
    ES256: { idToken: (token, { op }) => resign(op, token, 'ES256') },
    PS256: { idToken: (token, { op }) => resign(op, token, 'PS256') },
    HS256: { idToken: keyedBySecret(false) },
  },
  'OC-03': {
    pem: keyedByPublicKey((key) => String(key.export({ type: 'spki', format: 'pem' }))),
    der: keyedByPublicKey((key) => key.export({ type: 'spki', format: 'der' })),
    jwk: keyedByPublicKey((_, jwk) => JSON.stringify(jwk)),
  },
  'OC-04': {
    jwk: byAttacker((key) => ({ jwk: publicJwk(key) })),
    jku: byAttacker((_, op) => ({ jku: `${op.elsewhere}/attacker/jwks` })),
    x5u: byAttacker((_, op) => ({ x5u: `${op.elsewhere}/attacker/certificate` })),
    x5c: byAttacker((key) => ({ x5c: [selfSigned(key).toString('base64')] })),
  },
  'OC-05': {
    crit: header({ crit: ['urn:unknown:extension'], 'urn:unknown:extension': true }),
    'b64-false': header({ b64: false, crit: ['b64'] }),
    'alg-missing': header({ alg: undefined }),
    'typ-logout': header({ typ: 'logout+jwt' }),
    'typ-at': header({ typ: 'at+jwt' }),
  },
  'OC-06': {
    'use-enc': {
      idToken: (token, { op }) => {
        const key = op.keys.all.find(({ use, kind }) => use === 'enc' && kind === 'RSA');
        if (!key) throw new Error('no encryption key');
        token.key = key.privateKey;
        token.header['kid'] = key.kid;
      },
    },
    'key-ops': {
      jwks: (set) => {
        for (const key of set.keys) key['key_ops'] = ['encrypt'];
      },
    },
    'rsa-1024': {
      jwks: async (set) => {
        const key = await rsaKey('weak', 1024);
        set.keys.push({ ...publicJwk(key), kid: 'weak-rsa', use: 'sig' });
      },
      idToken: async (token) => {
        token.key = await rsaKey('weak', 1024);
        token.header['kid'] = 'weak-rsa';
      },
    },
  },
  'OC-19': {
    dir: opaque('dir'),
    rsa1_5: opaque('rsa1_5'),
    // Too long for the Location header of a front-channel response.
    'zip-bomb': opaque('zip-bomb', ['token', 'refresh']),
    pbes2: opaque('pbes2'),
    'inner-none': {
      idToken: (token, context) => {
        unsigned(token);
        return encrypted('RSA-OAEP').idToken?.(token, context);
      },
    },
  },
  'MD-10': single({
    idToken: (token) => {
      token.header['kid'] = randomId();
    },
  }),
};

function onlySigning(...algorithms: string[]): NonNullable<Fault['metadata']> {
  return (metadata) => {
    metadata['id_token_signing_alg_values_supported'] = algorithms;
  };
}

function keyedBySecret(corrupt: boolean): NonNullable<Fault['idToken']> {
  return (token, { op, client }) => {
    Object.assign(token, draftJwt(op.keys, 'HS256', token.payload as Json, client), { corrupt });
  };
}

function dropKid(token: JwtDraft): void {
  delete token.header['kid'];
}

function keysInUse(op: Op): string[] {
  return Object.values(op.keys.signing).map((key) => key.kid);
}

/** Leaves the named signing keys and the encryption keys; the signing keys lose their `kid`. */
function withoutKid(set: { keys: Json[] }, kids: string[]): void {
  set.keys = set.keys.filter(
    (key) => key['use'] === 'enc' || key['kid'] === undefined || kids.includes(String(key['kid'])),
  );
  for (const key of set.keys) if (key['use'] === 'sig') delete key['kid'];
}

async function oneOfEachKind(): Promise<Json[]> {
  const made = (['P-256', 'secp256k1', 'Ed25519'] as const).map(newKey);
  return [await rsaKey('extra'), ...made].map((key) => ({ ...publicJwk(key), use: 'sig' }));
}

function decoysOfSameKid(set: { keys: Json[] }, { op }: { op: Op }): void {
  const alg = op.profile === 'fapi' ? (op.options.signingAlgorithm ?? 'PS256') : 'RS256';
  const kid = op.keys.signing[kindFor(alg)]?.kid;
  const decoys: [string, Exclude<KeyKind, 'RSA'>][] = [
    ['EdDSA', 'Ed25519'],
    ['ES256', 'P-256'],
  ];
  for (const [decoy, kind] of decoys) {
    if (decoy !== alg)
      set.keys.unshift({ ...publicJwk(newKey(kind)), kid, use: 'sig', alg: decoy });
  }
  const rsa = set.keys.find((key) => key['kty'] === 'RSA' && key['kid'] !== kid);
  if (alg !== 'PS256' && rsa) set.keys.unshift({ ...rsa, kid, use: 'sig', alg: 'PS256' });
}

function encrypted(alg: string): Fault {
  return {
    idToken: (token, { client }) => {
      token.wrap = (compact) => {
        if (!client) throw new Error('no client to encrypt to');
        const enc = client.id_token_encrypted_response_enc ?? 'A256GCM';
        return encryptTo(client, alg, enc, compact);
      };
    },
  };
}

function opaque(kind: Parameters<typeof hostileJwe>[0], stages?: string[]): Fault {
  return {
    idToken: (token, { client, stage }) => {
      if (stages && !stages.includes(stage ?? '')) return;
      token.wrap = (compact) => {
        if (!client) throw new Error('no client to encrypt to');
        return hostileJwe(kind, client, compact);
      };
    },
  };
}

function keyedByPublicKey(material: (key: KeyObject, jwk: Json) => string | Buffer): Fault {
  return {
    idToken: (token, { op }) => {
      const signer = op.keys.signing.RSA ?? op.keys.all[0];
      if (!signer) throw new Error('no key');
      token.alg = 'HS256';
      token.header = { ...token.header, alg: 'HS256', kid: signer.kid };
      token.key = Buffer.from(material(createPublicKey(signer.privateKey), signer.jwk) as string);
    },
  };
}

function byAttacker(extra: (key: KeyObject, op: Op) => Json): Fault {
  return {
    idToken: async (token, { op }) => {
      const key = await rsaKey('attacker');
      token.alg = 'RS256';
      token.key = key;
      token.header = { ...token.header, alg: 'RS256', ...extra(key, op) };
    },
  };
}

function header(members: Json): Fault {
  return {
    idToken: (token) => {
      Object.assign(token.header, members);
    },
  };
}
