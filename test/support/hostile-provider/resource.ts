import { failure, json, violation } from './answers.ts';
import { checkProof } from './dpop.ts';
import { param } from './http.ts';
import type { AccessTokenRecord } from './store.ts';
import type { Answer, Exchange, Op } from './types.ts';

/** The protected resource of the FAPI plans; any method, bearer or DPoP. */
export async function serveResource(op: Op, exchange: Exchange): Promise<Answer> {
  const { record } = await authenticateBearer(op, exchange, 'REQ-14', false);
  const needed = op.faults.policy('refreshesBeforeResource') ?? 0;
  if (record.generation < needed) throw invalidToken('Bearer', 'refresh first');
  return json({ accounts: [{ id: '1', owner: record.grant.sub }] });
}

/** The access token that came in the one allowed place, with its proof if it is bound to a key. */
export async function authenticateBearer(
  op: Op,
  exchange: Exchange,
  row: string,
  bodyAllowed: boolean,
): Promise<{ token: string; record: AccessTokenRecord }> {
  const { scheme, token } = presentedToken(op, exchange, row, bodyAllowed);
  const record = op.store.accessTokens.get(token);
  if (!record || record.revoked || record.grant.revoked || isExpired(op, record)) {
    throw invalidToken(scheme, 'the access token is unknown, revoked or expired');
  }
  const proof = await checkProof(op, exchange, { accessToken: token, boundTo: record.jkt });
  if (record.jkt !== undefined && (proof === undefined || scheme !== 'DPoP')) {
    throw violation(op, 'REQ-14', 'a bound token came without DPoP', 'invalid_token', 401);
  }
  if (record.jkt === undefined && scheme === 'DPoP') {
    throw violation(op, 'REQ-14', 'an unbound token came with DPoP', 'invalid_token', 401);
  }
  return { token, record };
}

export function isExpired(op: Op, record: AccessTokenRecord): boolean {
  return record.expiresAt !== undefined && record.expiresAt <= op.now();
}

function presentedToken(
  op: Op,
  exchange: Exchange,
  row: string,
  bodyAllowed: boolean,
): { scheme: 'Bearer' | 'DPoP'; token: string } {
  if (exchange.url.searchParams.has('access_token')) {
    throw violation(op, row, 'the access token is in the query');
  }
  const allowed = op.faults.policy('userinfoToken');
  const header = exchange.headers.authorization;
  const posted = exchange.method === 'POST' ? param(exchange, 'access_token') : undefined;
  if (header !== undefined && posted !== undefined) {
    throw violation(op, row, 'the access token is in the header and in the body');
  }
  if (posted !== undefined && (!bodyAllowed || allowed === 'header')) {
    throw violation(op, row, 'the access token is in the body');
  }
  if (posted !== undefined) return { scheme: 'Bearer', token: posted };
  if (header === undefined) {
    throw failure(401, 'invalid_token', 'no access token', [['www-authenticate', 'Bearer']]);
  }
  if (bodyAllowed && allowed === 'body') {
    throw failure(400, 'invalid_request', 'the access token must be in the body');
  }
  const [, scheme, token] = /^(Bearer|DPoP) ([A-Za-z0-9\-._~+/]+=*)$/i.exec(header) ?? [];
  if (!scheme || !token) throw violation(op, row, 'the Authorization header is malformed');
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token };
}

export function invalidToken(scheme: string, description: string): Error {
  const challenge = `${scheme} error="invalid_token", error_description="${description}"`;
  return failure(401, 'invalid_token', description, [['www-authenticate', challenge]]);
}
