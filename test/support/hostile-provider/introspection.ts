import { json, text, violation } from './answers.ts';
import { authenticateClient } from './client-authentication.ts';
import { applyHook } from './faults.ts';
import { param } from './http.ts';
import { defaultAlgorithm } from './id-token.ts';
import { draftJwt, serializeJwt } from './jws.ts';
import { requireForm } from './requests.ts';
import { isExpired } from './resource.ts';
import type { Answer, Exchange, Json, Op } from './types.ts';
import { usernameOf } from './user.ts';

const hints = new Set(['access_token', 'refresh_token', 'device_secret', 'id_token']);

export async function serveIntrospection(op: Op, exchange: Exchange): Promise<Answer> {
  const token = requestedToken(op, exchange);
  const client = await authenticateClient(op, exchange);
  const body = describeToken(op, token);
  await applyHook(op, 'introspection', body, { client, exchange });
  if (!op.faults.active.has('IN-04')) return json(body);
  const payload = {
    iss: op.issuer,
    aud: client.client_id,
    iat: op.now(),
    token_introspection: body,
  };
  const header = { typ: 'token-introspection+jwt' };
  const draft = draftJwt(op.keys, defaultAlgorithm(op), payload, client, header);
  await applyHook(op, 'introspectionToken', draft, { client });
  return text(await serializeJwt(draft), 'application/token-introspection+jwt');
}

export async function serveRevocation(op: Op, exchange: Exchange): Promise<Answer> {
  const token = requestedToken(op, exchange);
  const client = await authenticateClient(op, exchange);
  const access = op.store.accessTokens.get(token);
  if (access?.grant.client.client_id === client.client_id) access.revoked = true;
  const refresh = op.store.refreshTokens.get(token);
  if (refresh?.grant.client.client_id === client.client_id) refresh.grant.revoked = true;
  return { status: 200, headers: [['cache-control', 'no-store']], body: '' };
}

function requestedToken(op: Op, exchange: Exchange): string {
  requireForm(op, exchange, 'RV-03');
  const token = param(exchange, 'token');
  if (!token) throw violation(op, 'RV-03', 'token is missing');
  const hint = param(exchange, 'token_type_hint');
  if (hint !== undefined && !hints.has(hint)) {
    throw violation(op, 'RV-03', `token_type_hint is ${hint}`, 'unsupported_token_type');
  }
  return token;
}

function describeToken(op: Op, token: string): Json {
  const access = op.store.accessTokens.get(token);
  const refresh = op.store.refreshTokens.get(token);
  const record = access ?? refresh;
  const dead =
    !record ||
    record.grant.revoked ||
    (access ? access.revoked || isExpired(op, access) : refresh?.used);
  if (dead) return { active: false };
  const now = op.now();
  return {
    active: true,
    scope: record.scope,
    client_id: record.grant.client.client_id,
    username: usernameOf(op),
    ...(access ? { token_type: access.jkt === undefined ? 'Bearer' : 'DPoP' } : {}),
    iat: access?.issuedAt ?? now,
    exp: access?.expiresAt ?? now + 3600,
    sub: record.grant.sub,
    aud: `${op.base}/accounts`,
    iss: op.issuer,
    ...(record.jkt === undefined ? {} : { cnf: { jkt: record.jkt } }),
  };
}
