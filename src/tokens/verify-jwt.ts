import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions, JWTVerifyResult } from 'jose';
import { checkFailed, checksOf, type Subject } from '../checks.ts';
import type { ClientContext } from '../client/create-client.ts';
import { serverKeysOf } from '../client/server-keys-of.ts';
import type { KeySet } from '../discovery/server-keys.ts';
import { isRelierError } from '../errors.ts';

/** What a JWT of the server is held against; the rest is up to its kind. */
export interface JwtExpectations {
  readonly algorithms: readonly string[];
  readonly audience: string | readonly string[];
  readonly requiredClaims: readonly string[];
}

/** A JWT with a good signature of the server, its issuer, audience and times checked. */
export interface VerifiedJwt {
  readonly header: { readonly alg: string; readonly typ?: string };
  readonly claims: JWTPayload;
  /** The keys of which one has signed it. */
  readonly keys: KeySet;
}

type Verify = (jwt: string, options: JWTVerifyOptions) => Promise<JWTVerifyResult>;

// Imported keys stay with the set they came in.
const verifiers = new WeakMap<KeySet, Verify>();

/** Verifies a JWT that did not come with an answer of the server: it was handed to us. */
export async function verifyJwt(
  context: ClientContext,
  subject: Subject,
  jwt: string,
  { algorithms, audience, requiredClaims }: JwtExpectations,
): Promise<VerifiedJwt> {
  const { clock, clockToleranceSeconds, issuer, trace } = context;
  const options: JWTVerifyOptions = {
    algorithms: algorithms as string[],
    audience: audience as string | string[],
    issuer,
    requiredClaims: requiredClaims as string[],
    clockTolerance: clockToleranceSeconds,
    currentDate: new Date(clock.now()),
  };
  const verify = async (keys: KeySet): Promise<VerifiedJwt> => {
    const verifier = verifiers.get(keys) ?? (await verifierOf(subject, keys));
    const { payload, protectedHeader } = await verifier(jwt, options);
    return { header: protectedHeader as VerifiedJwt['header'], claims: payload, keys };
  };
  const serverKeys = serverKeysOf(context);
  try {
    const set = await serverKeys.current();
    const verified = await verify(set).catch(async (error) => {
      const isUnknown = reasonOf(error) === 'JWKS_NO_MATCHING_KEY';
      const newer = isUnknown && (await serverKeys.newerThan(set));
      if (!newer) throw error;
      return verify(newer);
    });
    const check = checksOf(subject, trace);
    for (const name of ['alg', 'signature', 'iss', 'aud', 'exp']) check(name, true);
    return verified;
  } catch (error) {
    throw translate(error, subject);
  }
}

async function verifierOf(subject: Subject, set: KeySet): Promise<Verify> {
  const { createLocalJWKSet, jwtVerify } = await import('jose');
  const find = createLocalJWKSet({ keys: set.keys as never });
  // Which key fits an algorithm and a key id does not change; only what fits is remembered.
  const found = new Map<string, CryptoKey>();
  const select: JWTVerifyGetKey = async (header, jws) => {
    const { alg, kid } = header;
    const name = typeof kid === 'string' ? `${alg} ${kid}` : '';
    const known = found.get(name);
    if (known) return known;
    const key = await find(header, jws);
    if (name) found.set(name, key);
    return key;
  };
  const verify: Verify = (jwt, options) =>
    jwtVerify(jwt, select, options).catch((error) => {
      if (reasonOf(error) !== 'JWKS_MULTIPLE_MATCHING_KEYS') throw error;
      return tryEach(subject, error as AsyncIterable<CryptoKey>, (key) =>
        jwtVerify(jwt, key, options),
      );
    });
  verifiers.set(set, verify);
  return verify;
}

/** A key set without key ids leaves nothing but trying. */
async function tryEach<T>(
  subject: Subject,
  keys: AsyncIterable<CryptoKey>,
  verify: (key: CryptoKey) => Promise<T>,
): Promise<T> {
  let last: unknown = checkFailed(subject, 'key');
  for await (const key of keys) {
    try {
      return await verify(key);
    } catch (error) {
      // A key that cannot be used at all is no reason to leave out the next one.
      const reason = reasonOf(error) ?? 'JWS_SIGNATURE_VERIFICATION_FAILED';
      if (reason !== 'JWS_SIGNATURE_VERIFICATION_FAILED') throw error;
      last = error;
    }
  }
  throw last;
}

/** The code of one of jose's errors, without what all of them begin with. */
function reasonOf(error: unknown): string | undefined {
  return /^ERR_(J.*)/.exec(Object(error).code)?.[1];
}

const NAMES: Readonly<Record<string, string>> = {
  JOSE_ALG_NOT_ALLOWED: 'alg',
  JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  JWKS_NO_MATCHING_KEY: 'key',
  JOSE_NOT_SUPPORTED: 'crit',
};

/** Claims whose values may be shown. */
const SHOWN = /^(?:iss|aud|exp|iat|nbf)$/;

function translate(error: unknown, subject: Subject): unknown {
  // Such as keys that could not be had.
  if (isRelierError(error)) return error;
  const { claim, payload } = Object(error);
  const reason = reasonOf(error);
  // Web Crypto's words, or jose's, for a key that cannot be used: malformed, or too short.
  if (!reason) return checkFailed(subject, 'key');
  const name: string = claim ?? NAMES[reason] ?? 'format';
  return checkFailed(subject, name, undefined, SHOWN.test(name) ? payload?.[name] : undefined);
}
