import {
  compactDecrypt,
  compactVerify,
  decodeJwt,
  decodeProtectedHeader,
  type ProtectedHeaderParameters,
} from 'jose';
import { violation } from './answers.ts';
import { clientKeys } from './client-keys.ts';
import { param } from './http.ts';
import type { ClientRegistration, Json, Op, Params } from './types.ts';

const outside = new Set(['request', 'request_uri']);
const claimsOfJwt = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti']);
const secretMembers = ['client_secret', 'client_assertion', 'code_verifier', 'sub'];

/** The parameters that count: those of the request object, if there is one, before the plain ones. */
export async function resolveRequestObject(
  op: Op,
  client: ClientRegistration,
  plain: Params,
): Promise<Params> {
  const byValue = param({ params: plain }, 'request');
  const uri = param({ params: plain }, 'request_uri');
  if (byValue !== undefined && uri !== undefined) {
    throw violation(op, 'REQ-11', 'request and request_uri together');
  }
  const compact = byValue ?? (uri === undefined ? undefined : await fetchObject(op, uri));
  if (compact === undefined) return plain;
  if (uri === undefined && op.faults.active.has('JAR-01')) {
    throw violation(op, 'JAR-01', 'the object came by value', 'invalid_request_object');
  }
  const claims = await openRequestObject(op, client, compact);
  const inner: Params = Object.entries(claims)
    .filter(([name]) => !claimsOfJwt.has(name))
    .map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]);
  for (const [name, value] of plain) {
    const within = param({ params: inner }, name);
    if (within !== undefined && within !== value) {
      throw violation(op, 'REQ-11', `${name} differs inside and outside the request object`);
    }
  }
  const extra = plain.filter(
    ([name]) => !outside.has(name) && param({ params: inner }, name) === undefined,
  );
  return op.profile === 'fapi' ? inner : [...inner, ...extra];
}

async function fetchObject(op: Op, uri: string): Promise<string> {
  const url = new URL(uri);
  if (url.protocol !== 'https:' && url.hostname !== '127.0.0.1') {
    throw violation(op, 'JAR-01', 'request_uri is not https', 'invalid_request_uri');
  }
  const response = await fetch(url, { redirect: 'manual' });
  if (response.status !== 200) {
    throw violation(op, 'JAR-01', `request_uri answered ${response.status}`, 'invalid_request_uri');
  }
  return (await response.text()).trim();
}

async function openRequestObject(
  op: Op,
  client: ClientRegistration,
  compact: string,
): Promise<Json> {
  const row = op.profile === 'fapi' ? 'JAR-04' : 'JR-02';
  const wrong = (message: string) => violation(op, row, message, 'invalid_request_object');
  const encrypted = compact.split('.').length === 5;
  if (!encrypted && op.faults.active.has('JR-03')) {
    throw violation(op, 'JR-03', 'the object is not encrypted', 'invalid_request_object');
  }
  const signed = encrypted ? await decrypt(op, compact) : compact;
  let header: ProtectedHeaderParameters;
  let claims: Json;
  try {
    header = decodeProtectedHeader(signed);
    claims = decodeJwt(signed);
  } catch {
    throw wrong('the request object is not a JWT');
  }
  if (op.faults.active.has('JAR-01') && header.alg !== 'RS256') {
    throw violation(op, 'JAR-01', `alg is ${header.alg}, offered RS256`, 'invalid_request_object');
  }
  if (header.alg === 'none') {
    if (!op.faults.policy('unsignedRequestObjects')) throw wrong('alg none');
  } else {
    if (client.request_object_signing_alg && client.request_object_signing_alg !== header.alg) {
      throw wrong(`alg is ${header.alg}, registered ${client.request_object_signing_alg}`);
    }
    await compactVerify(signed, await clientKeys(op, client)).catch(() => {
      throw wrong('the signature is not by a registered key');
    });
  }
  checkClaims(op, client, header as Json, claims, wrong);
  return claims;
}

function checkClaims(
  op: Op,
  client: ClientRegistration,
  header: Json,
  claims: Json,
  wrong: (message: string) => Error,
): void {
  const fapi = op.profile === 'fapi';
  const audience = [claims['aud']].flat();
  const [exp, nbf] = [Number(claims['exp']), Number(claims['nbf'])];
  const now = op.now();
  if (claims['request'] !== undefined || claims['request_uri'] !== undefined) {
    throw wrong('a request object within the request object');
  }
  const type = header['typ'];
  if (type !== undefined && type !== 'oauth-authz-req+jwt' && (fapi || type !== 'JWT')) {
    throw wrong(`typ is ${String(type)}`);
  }
  for (const name of secretMembers) {
    if (claims[name] !== undefined) throw wrong(`${name} has no place in a request object`);
  }
  if (claims['client_id'] !== client.client_id) throw wrong('client_id differs');
  if (header['alg'] === 'none') return;
  if (claims['iss'] !== client.client_id) throw wrong('iss is not the client');
  if (!audience.includes(op.issuer)) throw wrong('aud does not hold the issuer');
  if (!(exp > now && exp <= now + 3600)) throw wrong('exp is missing, past or too far ahead');
  if (!fapi) return;
  if (!(nbf <= now && nbf >= now - 3600)) throw wrong('nbf is missing, ahead or too old');
  if (!['PS256', 'ES256', 'EdDSA', 'Ed25519'].includes(String(header['alg']))) {
    throw wrong(`alg is ${String(header['alg'])}`);
  }
  if (claims['code_challenge'] === undefined) throw wrong('PKCE is not inside');
}

async function decrypt(op: Op, compact: string): Promise<string> {
  const header = decodeProtectedHeader(compact);
  const key = op.keys.all.find((candidate) => candidate.kid === header.kid);
  if (key?.use !== 'enc') {
    throw violation(op, 'JR-03', 'kid is not that of an encryption key', 'invalid_request_object');
  }
  const { plaintext } = await compactDecrypt(compact, key.privateKey).catch(() => {
    throw violation(op, 'JR-03', 'the object does not decrypt', 'invalid_request_object');
  });
  return Buffer.from(plaintext).toString('utf8');
}
