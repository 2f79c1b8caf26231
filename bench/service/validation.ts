// How many access tokens a core validates in a second: the signature alone, jose, relier.
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { createAccessTokenValidator } from '../../dist/index.js';
import { sideBySide, table } from '../measure.ts';

const issuer = 'https://login.example.com';
const audience = 'https://api.example.com';
const algorithms = {
  RS256: 'RSASSA-PKCS1-v1_5',
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  EdDSA: 'Ed25519',
} as const;

/** A provider with one key, and tokens that it has signed. */
async function provider(alg: keyof typeof algorithms) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key', use: 'sig', alg };
  const sign = (subject: string) =>
    new SignJWT({ client_id: 'shop', scope: 'openid profile orders:read orders:write' })
      .setProtectedHeader({ alg, kid: 'key', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(subject)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey);
  const validator = (options = {}) =>
    createAccessTokenValidator({
      issuer,
      audience,
      discovery: false,
      metadata: { jwks_uri: `${issuer}/jwks` },
      fetch: async () => Response.json({ keys: [jwk] }),
      ...options,
    });
  return { jwk, publicKey, sign, validator };
}

async function validations(alg: keyof typeof algorithms): Promise<string> {
  const { jwk, publicKey, sign, validator } = await provider(alg);
  const token = await sign('ada');
  const at = token.lastIndexOf('.');
  const signed = Buffer.from(token.slice(0, at));
  const signature = Buffer.from(token.slice(at + 1), 'base64url');
  const keys = createLocalJWKSet({ keys: [jwk] });
  const request = new Request(audience, { headers: { authorization: `Bearer ${token}` } });
  const [plain, caching] = [validator(), validator({ cache: {} })];
  const good = async (work: ReturnType<typeof plain.validate>) => {
    if (!(await work).ok) throw new Error('The token was refused.');
  };

  const timings = await sideBySide(
    [
      {
        name: 'crypto.subtle.verify',
        once: () => crypto.subtle.verify(algorithms[alg], publicKey, signature, signed),
      },
      {
        name: 'jose: jwtVerify, JWKSet',
        once: () => jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt' }),
      },
      { name: 'relier', once: () => good(plain.validate(token)) },
      { name: 'relier, of a Request', once: () => good(plain.validate(request)) },
      { name: 'relier, cached', once: () => good(caching.validate(token)) },
      { name: 'relier, cached, of a Request', once: () => good(caching.validate(request)) },
    ],
    300,
  );
  return table([
    [`${alg}, one after the other`, 'µs', 'a second', 'x raw speed'],
    ...timings.map(({ name, ns, ratio }) => [
      name,
      (ns / 1_000).toFixed(1),
      Math.round(1e9 / ns).toLocaleString('en'),
      (1 / ratio).toFixed(2),
    ]),
  ]);
}

/** What remembering tokens takes. */
async function memory(count: number): Promise<string> {
  const { sign, validator } = await provider('ES256');
  const tokens: string[] = [];
  for (let index = 0; index < count; index++) tokens.push(await sign(`person-${index}`));
  const tokenBytes = tokens.reduce((sum, token) => sum + token.length, 0);
  const caching = validator({ cache: { entries: count } });
  await caching.validate(tokens[0] ?? '');
  const before = await heapUsed();
  for (const token of tokens) await caching.validate(token);
  const bytes = (await heapUsed()) - before;
  // Still needed: what nobody uses any more is not measured.
  await caching.validate(tokens[0] ?? '');
  return table([
    [`${count.toLocaleString('en')} tokens in the cache`, 'MB', 'bytes each', 'bytes of a token'],
    ['heap', (bytes / 1e6).toFixed(1), (bytes / count).toFixed(0), (tokenBytes / count).toFixed(0)],
  ]);
}

/** The heap without what nobody uses. */
async function heapUsed(): Promise<number> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let time = 0; time < 3; time++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

export const parts = [
  () => validations('RS256'),
  () => validations('ES256'),
  () => validations('EdDSA'),
  () => memory(10_000),
];
