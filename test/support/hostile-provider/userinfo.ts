import { json, text, violation } from './answers.ts';
import { applyHook } from './faults.ts';
import { param } from './http.ts';
import { encryptTo } from './jwe.ts';
import { draftJwt, serializeJwt } from './jws.ts';
import { authenticateBearer } from './resource.ts';
import type { Answer, Exchange, Json, Op } from './types.ts';
import { claimsForScope } from './user.ts';

export async function serveUserinfo(op: Op, exchange: Exchange): Promise<Answer> {
  if (exchange.method !== 'GET' && exchange.method !== 'POST') {
    throw violation(op, 'REQ-09', `method is ${exchange.method}`);
  }
  const { record } = await authenticateBearer(op, exchange, 'REQ-09', true);
  const { client } = record.grant;
  const claims: Json = { sub: record.grant.sub, ...claimsForScope(op, record.scope) };
  await applyHook(op, 'userinfo', claims, { client, grant: record.grant, exchange });
  const alg =
    client.userinfo_signed_response_alg ?? (op.faults.active.has('UI-02') ? 'RS256' : undefined);
  const encryption = client.userinfo_encrypted_response_alg;
  if (!alg && !encryption) return json(claims);
  let body = JSON.stringify(claims);
  if (alg) {
    const payload = { iss: op.issuer, aud: client.client_id, ...claims };
    const draft = draftJwt(op.keys, alg, payload, client);
    await applyHook(op, 'userinfoToken', draft, { client, grant: record.grant });
    body = await serializeJwt(draft);
  }
  if (encryption) {
    const enc = client.userinfo_encrypted_response_enc ?? 'A128CBC-HS256';
    body = await encryptTo(client, encryption, enc, body);
  }
  return text(body, 'application/jwt');
}

/** Where a distributed claim lives (row OK-06); takes the token named in `_claim_sources`. */
export async function serveClaims(op: Op, exchange: Exchange): Promise<Answer> {
  const header = exchange.headers.authorization;
  const token = header?.replace(/^Bearer /i, '') ?? param(exchange, 'access_token');
  if (token !== 'distributed-claims-token') {
    throw violation(op, 'OK-06', "not the claims source's own access token", 'invalid_token', 401);
  }
  const payload = { iss: op.issuer, shoe_size: 42, eye_color: 'green' };
  return text(
    await serializeJwt(draftJwt(op.keys, op.profile === 'fapi' ? 'PS256' : 'RS256', payload)),
    'application/jwt',
  );
}
