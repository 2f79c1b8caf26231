import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { type Client, type ClientOptions, createClient } from '../../src/index.ts';
import { createWeb, json, type ScriptedWeb } from '../support/scripted-web.ts';
import { seconds } from './property.ts';

export const issuer = 'https://login.example';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key', alg: 'ES256', use: 'sig' };

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  );
}

/** A JWT with a good signature over whatever it is given. */
export function signed(payload: unknown, header: object = {}): string {
  const input = `${encode({ alg: 'ES256', kid: 'key', ...header })}.${encode(payload)}`;
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

/** A client whose provider has one key; time stands still for it. */
export function signedClient(options: Partial<ClientOptions> = {}): {
  client: Client;
  web: ScriptedWeb;
} {
  const web = createWeb({ [`${issuer}/jwks`]: () => json({ keys: [jwk] }) });
  const client = createClient({
    issuer,
    clientId: 'app',
    idTokenSigningAlgorithm: 'ES256',
    discovery: false,
    metadata: {
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    },
    fetch: web.fetch,
    clock: { now: () => seconds * 1000, monotonic: () => 0, setTimer: () => () => {} },
    ...options,
  });
  return { client, web };
}

/** The same JWT with the decoded bytes of one part changed: a bit, a byte more, a byte less. */
export function changed(jwt: string): fc.Arbitrary<string> {
  const parts = jwt.split('.').map((part) => Buffer.from(part, 'base64url'));
  return fc
    .record({
      part: fc.nat({ max: parts.length - 1 }),
      at: fc.nat({ max: 10_000 }),
      bit: fc.integer({ min: 1, max: 255 }),
      how: fc.constantFrom('flip', 'flip', 'flip', 'insert', 'remove', 'cut'),
    })
    .map(({ at, bit, how, part }) => {
      const bytes = [...(parts[part] as Buffer)];
      const place = at % bytes.length;
      if (how === 'flip') bytes[place] = (bytes[place] as number) ^ bit;
      if (how === 'insert') bytes.splice(place, 0, bit);
      if (how === 'remove') bytes.splice(place, 1);
      if (how === 'cut') bytes.length = place;
      const all = parts.map((old, index) => (index === part ? Buffer.from(bytes) : old));
      return all.map((piece) => piece.toString('base64url')).join('.');
    });
}

/** Texts that look like a JWT more or less. */
export const jwtLike: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc
    .array(fc.oneof(fc.base64String(), fc.json().map(encode), fc.constantFrom('', 'e30')), {
      minLength: 1,
      maxLength: 6,
    })
    .map((parts) => parts.join('.') || '.'),
  fc
    .tuple(
      fc.record(
        {
          alg: fc.constantFrom<unknown>('none', 'ES256', 'HS256', 'RS256', '', 7, null),
          typ: fc.constantFrom<unknown>('JWT', 'at+jwt', 'logout+jwt', 7),
          kid: fc.constantFrom<unknown>('key', 'other', 7, '__proto__'),
          crit: fc.constantFrom<unknown>(['b64'], ['exp'], [], 'x'),
          b64: fc.boolean(),
          jwk: fc.constant<unknown>(jwk),
          zip: fc.constant('DEF'),
        },
        { requiredKeys: [] },
      ),
      fc.json(),
      fc.base64String(),
    )
    .map(([header, payload, signature]) => `${encode(header)}.${encode(payload)}.${signature}`),
);
