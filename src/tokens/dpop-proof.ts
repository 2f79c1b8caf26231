import { encodeBase64Url } from '../base64url.ts';
import { checkFailed, checksOf } from '../checks.ts';
import { type ClientContext, isSigningAlgorithm } from '../client/create-client.ts';
import type { ReplayGuard } from '../client/replay-guard.ts';
import { isRelierError } from '../errors.ts';
import { parseUrl } from '../secure-url.ts';
import type { PresentedProof } from './presented-token.ts';
import type { AccessToken } from './verify-access-token.ts';

/** A proof is made for one request and sent at once (RFC 9449 section 11.1). */
const WINDOW_SECONDS = 300;

/**
 * Checks that a request proves possession of the key that its access token is bound to (RFC 9449
 * section 4.3).
 */
export async function checkDpopProof(
  context: ClientContext,
  { jwt: proof, method, url }: PresentedProof,
  accessToken: string,
  { claims: { cnf } }: AccessToken,
  guard: ReplayGuard,
): Promise<void> {
  const { calculateJwkThumbprint, decodeProtectedHeader, importJWK, jwtVerify } = await import(
    'jose'
  );
  const { clock, clockToleranceSeconds, trace } = context;
  const { jkt } = Object(cnf);
  const subject = 'access_token';
  const check = checksOf(subject, trace);
  check('proof', proof !== '' && !proof.includes(','));
  const read = async () => {
    const { alg = '', jwk } = decodeProtectedHeader(proof);
    check('proof_alg', isSigningAlgorithm(alg));
    const isPublic = !['d', 'k', 'priv'].some((member) => member in Object(jwk));
    check('proof_key', typeof jwk === 'object' && isPublic);
    const key = await importJWK(jwk as never, alg);
    const { payload } = await jwtVerify(proof, key, {
      typ: 'dpop+jwt',
      algorithms: [alg],
      currentDate: new Date(clock.now()),
      clockTolerance: clockToleranceSeconds,
    });
    check('proof_jkt', (await calculateJwkThumbprint(jwk as never)) === jkt);
    return payload;
  };
  const { ath, htm, htu, iat, jti } = await read().catch((error) => {
    // jose's words, or those of Web Crypto.
    throw isRelierError(error) ? error : checkFailed(subject, 'proof');
  });
  const age = Math.abs(clock.now() / 1000 - (iat as number));
  check('proof_iat', age <= WINDOW_SECONDS + clockToleranceSeconds);
  check('proof_htm', htm === method);
  const called = withoutQuery(url);
  check('proof_htu', !!called && withoutQuery(htu) === called);
  check('proof_ath', ath === (await digest(accessToken)));
  // Bounded, because it is remembered.
  check('proof_jti', typeof jti === 'string' && /^.{1,500}$/s.test(jti));
  const until = ((iat as number) + WINDOW_SECONDS + clockToleranceSeconds + 60) * 1000;
  // A time in a token may have a fraction, which stores that expire something do not take.
  check('proof_replay', (await guard.isNew(`dpop ${jkt} ${jti}`, Math.ceil(until))) === true);
}

function withoutQuery(url: unknown): string | undefined {
  const { host, pathname = '', protocol } = (typeof url === 'string' && parseUrl(url)) || {};
  return host && `${protocol}//${host}${pathname.replace(/%[\da-f]{2}/gi, normalized)}`;
}

/** What need not be encoded may be, on the way, too, and in either case (RFC 3986 section 6.2.2). */
function normalized(encoded: string): string {
  const character = String.fromCharCode(Number(`0x${encoded.slice(1)}`));
  return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
}

async function digest(value: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(value));
  return encodeBase64Url(new Uint8Array(hash));
}
