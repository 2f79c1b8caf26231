import { createHash } from 'node:crypto';
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  EmbeddedJWK,
  type JWK,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { failure, setHeader } from './answers.ts';
import { hasPrivateMember } from './client-keys.ts';
import { dpopNonce } from './random.ts';
import { seenInProcess } from './store.ts';
import type { Answer, Exchange, Json, Op } from './types.ts';

interface ProofExpectation {
  /** Set at resources: the proof must carry its hash. */
  accessToken?: string;
  /** Thumbprint of the key that this code or token is bound to. */
  boundTo?: string | undefined;
  /** The row to blame when it is another key. */
  bindingRow?: string;
}

/** Thumbprint of the key a request proved, or undefined when it carries no proof. */
export async function checkProof(
  op: Op,
  exchange: Exchange,
  expected: ProofExpectation = {},
): Promise<string | undefined> {
  const proof = exchange.headers['dpop'];
  if (proof === undefined) return undefined;
  const resource = expected.accessToken !== undefined;
  const wrong = (message: string, row = 'REQ-13') => refuse(op, resource, row, message);
  const { claims, jwk } = await openProof(op, String(proof), wrong);
  const thumbprint = await calculateJwkThumbprint(jwk);
  checkClaims(op, exchange, claims, expected.accessToken, wrong);
  if (expected.boundTo !== undefined && expected.boundTo !== thumbprint) {
    throw wrong('the proof is by another key than the bound one', expected.bindingRow ?? 'REQ-13');
  }
  checkNonce(op, exchange, claims['nonce'], resource);
  return thumbprint;
}

/** What a successful answer tells about the next nonce. */
export function announceNonce(op: Op, exchange: Exchange, answer: Answer): void {
  if (!op.faults.policy('nonceOnSuccess') || exchange.headers['dpop'] === undefined) return;
  if (answer.status >= 300) return;
  const nonce = dpopNonce();
  const { origin } = exchange.url;
  op.store.announced.set(origin, nonce).set(`${origin} ${roleOf(exchange)}`, nonce);
  setHeader(answer, 'dpop-nonce', nonce);
}

function roleOf({ endpoint }: Exchange): 'as' | 'rs' {
  return endpoint === 'resource' || endpoint === 'userinfo' ? 'rs' : 'as';
}

async function openProof(
  op: Op,
  proof: string,
  wrong: (message: string) => Error,
): Promise<{ claims: JWTPayload; jwk: JWK }> {
  if (proof.includes(',')) throw wrong('more than one DPoP header');
  let header: Json;
  try {
    header = decodeProtectedHeader(proof) as Json;
  } catch {
    throw wrong('the proof is not a JWT');
  }
  const jwk = header['jwk'] as Json | undefined;
  if (header['typ'] !== 'dpop+jwt') throw wrong(`typ is ${String(header['typ'])}`);
  if (!['PS256', 'ES256', 'EdDSA', 'Ed25519'].includes(String(header['alg']))) {
    throw wrong(`alg is ${String(header['alg'])}`);
  }
  if (!jwk || hasPrivateMember(jwk)) throw wrong('jwk is missing or private');
  const options: JWTVerifyOptions = {
    currentDate: new Date(op.now() * 1000),
    clockTolerance: 86_400,
  };
  const { payload } = await jwtVerify(proof, EmbeddedJWK, options).catch((cause: Error) => {
    throw wrong(`the proof does not verify: ${cause.message}`);
  });
  return { claims: payload, jwk: jwk as JWK };
}

function checkClaims(
  op: Op,
  exchange: Exchange,
  claims: JWTPayload,
  accessToken: string | undefined,
  wrong: (message: string, row?: string) => Error,
): void {
  const { jti, iat, htm, htu, ath } = claims as JWTPayload & Json;
  if (typeof jti !== 'string' || jti === '') throw wrong('jti is missing');
  if (seenInProcess.proofIds.has(jti)) throw wrong('jti was used before');
  seenInProcess.proofIds.add(jti);
  if (htm !== exchange.method) throw wrong(`htm is ${String(htm)}, the method ${exchange.method}`);
  const target = `${exchange.url.origin}${exchange.url.pathname}`;
  if (htu !== target) throw wrong(`htu is ${String(htu)}, the URL ${target}`);
  const skew = op.faults.policy('clockSkew') ?? 0;
  if (typeof iat !== 'number' || Math.abs(iat - (op.now() + skew)) > 300) {
    throw wrong('iat is more than five minutes off', skew === 0 ? 'REQ-13' : 'DP-14');
  }
  if (accessToken === undefined) {
    if (ath !== undefined) throw wrong('ath has no place here');
    return;
  }
  const hash = createHash('sha256').update(accessToken).digest('base64url');
  if (ath !== hash) throw wrong('ath is missing or wrong');
}

function checkNonce(op: Op, exchange: Exchange, nonce: unknown, resource: boolean): void {
  const { nonces } = op.store;
  const demanded = op.faults.policy(resource ? 'rsNonce' : 'asNonce');
  const demand = demanded ?? (op.options.dpopNonces ? 'demand' : undefined);
  if (demand === undefined) {
    if (op.faults.policy('nonceOnSuccess')) checkAnnounced(op, exchange, nonce, resource);
    else if (nonce !== undefined) {
      throw refuse(op, resource, 'F2-02', 'the nonce is one that nobody asked for');
    }
    return;
  }
  const slot = resource ? 'rs' : 'as';
  const current = nonces[slot];
  nonces[slot] = demand === 'demand' && current !== '' && nonce !== current ? current : dpopNonce();
  if (demand === 'demand' && current !== '' && nonce === current) return;
  throw useNonce(op, resource, demand === 'headerless' ? undefined : nonces[slot]);
}

/** A client may keep nonces by origin, or by origin and role; the newest of either is right. */
function checkAnnounced(op: Op, exchange: Exchange, nonce: unknown, resource: boolean): void {
  const { origin } = exchange.url;
  const [byOrigin, byRole] = [origin, `${origin} ${roleOf(exchange)}`].map((key) =>
    op.store.announced.get(key),
  );
  if (nonce === byRole || (nonce !== undefined && nonce === byOrigin)) return;
  const row = exchange.elsewhere ? 'DP-03' : 'DP-02';
  throw refuse(op, resource, row, 'the nonce is not the one last announced by this origin');
}

function useNonce(op: Op, resource: boolean, nonce: string | undefined): Error {
  const headers: Answer['headers'] = nonce === undefined ? [] : [['dpop-nonce', nonce]];
  if (!resource) return failure(400, 'use_dpop_nonce', 'a nonce is required', headers);
  const scheme = op.faults.policy('challengeScheme') ?? 'DPoP';
  const challenge = `${scheme} error="use_dpop_nonce", error_description="a nonce is required"`;
  const shape = op.faults.policy('challenge');
  const bearer = 'Bearer realm="accounts", error="invalid_token"';
  const own = `DPoP algs="ES256 PS256", error="use_dpop_nonce"`;
  if (shape === 'list') headers.push(['www-authenticate', `${bearer}, ${own}`]);
  else if (shape) headers.push(['www-authenticate', bearer], ['www-authenticate', own]);
  else headers.push(['www-authenticate', challenge]);
  return failure(401, 'use_dpop_nonce', 'a nonce is required', headers);
}

function refuse(op: Op, resource: boolean, row: string, message: string): Error {
  op.violate(row, message);
  const description = `${row}: ${message}`;
  if (!resource) return failure(400, 'invalid_dpop_proof', description);
  const challenge = `DPoP error="invalid_dpop_proof", error_description="${description.replaceAll(/["\\]/g, "'")}"`;
  return failure(401, 'invalid_dpop_proof', description, [['www-authenticate', challenge]]);
}
