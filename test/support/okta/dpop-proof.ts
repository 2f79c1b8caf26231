import { createHash } from 'node:crypto';
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  EmbeddedJWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { Org } from './types.ts';

export const dpopAlgorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];

interface Expectation {
  readonly method: string;
  readonly url: URL;
  /** At the API: the proof carries its hash, by the key with this thumbprint. */
  readonly accessToken?: string;
  readonly jkt?: string;
}

/** What is wrong with a proof, in Okta's words; `undefined` for a good one. */
export async function checkProof(
  org: Org,
  proof: string | readonly string[] | undefined,
  expected: Expectation,
): Promise<string | undefined> {
  if (proof === undefined) return 'The DPoP proof JWT header is missing.';
  if (typeof proof !== 'string') return 'There is more than one DPoP proof JWT.';
  const opened = await openProof(org, proof);
  if (!opened) return 'The DPoP proof JWT is invalid.';
  const { claims, jkt } = opened;
  if (expected.jkt !== undefined && expected.jkt !== jkt) {
    return 'The DPoP proof JWT is signed by another key than the one of the access token.';
  }
  const wrong = wrongClaim(org, claims, expected);
  return wrong && `'${wrong}' claim in the DPoP proof JWT is invalid.`;
}

/** The key's thumbprint and the nonce of a proof that {@link checkProof} passed. */
export async function readProof(org: Org, proof: string) {
  const opened = await openProof(org, proof);
  return { jkt: opened?.jkt ?? '', nonce: opened?.claims['nonce'] };
}

async function openProof(
  org: Org,
  proof: string,
): Promise<{ claims: JWTPayload; jkt: string } | undefined> {
  try {
    const { jwk } = decodeProtectedHeader(proof);
    const { payload } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: dpopAlgorithms,
      currentDate: new Date(org.now()),
      clockTolerance: 300,
    });
    return jwk && !('d' in jwk)
      ? { claims: payload, jkt: await calculateJwkThumbprint(jwk) }
      : undefined;
  } catch {
    return undefined;
  }
}

function wrongClaim(org: Org, claims: JWTPayload, expected: Expectation): string | undefined {
  const { accessToken, method, url } = expected;
  const { ath, htm, htu, iat, jti } = claims as JWTPayload & Record<'ath' | 'htm' | 'htu', unknown>;
  if (typeof jti !== 'string' || org.spentIds.has(jti)) return 'jti';
  org.spentIds.add(jti);
  if (htm !== method) return 'htm';
  // Live, 2026-09: the path is compared after it is decoded.
  if (htu !== `${url.origin}${decodeURIComponent(url.pathname)}`) return 'htu';
  if (typeof iat !== 'number' || Math.abs(iat * 1_000 - org.now()) > 300_000) return 'iat';
  if (accessToken === undefined) return undefined;
  return ath === createHash('sha256').update(accessToken).digest('base64url') ? undefined : 'ath';
}
