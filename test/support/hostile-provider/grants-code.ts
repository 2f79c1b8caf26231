import { createHash } from 'node:crypto';
import { failure, violation } from './answers.ts';
import { checkProof } from './dpop.ts';
import { param } from './http.ts';
import { type CodeRecord, seenInProcess } from './store.ts';
import { issueTokens } from './token-issue.ts';
import type { ClientRegistration, Exchange, Json, Op } from './types.ts';

export async function codeGrant(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
): Promise<Json> {
  const code = param(exchange, 'code');
  if (!code) throw violation(op, 'REQ-06', 'code is missing');
  if (param(exchange, 'redirect_uri') === undefined) {
    throw violation(op, 'REQ-06', 'redirect_uri is missing');
  }
  const record = op.store.codes.get(code);
  if (!record) throw failure(400, 'invalid_grant', 'unknown code');
  const { grant } = record;
  if (grant.client.client_id !== client.client_id) {
    throw failure(400, 'invalid_grant', "another client's code");
  }
  if (param(exchange, 'redirect_uri') !== grant.redirectUri) {
    throw violation(op, 'REQ-06', 'redirect_uri is not that of the request', 'invalid_grant');
  }
  checkVerifier(op, exchange, record);
  const jkt = await checkProof(op, exchange, { boundTo: grant.jkt, bindingRow: 'DP-12' });
  if (grant.jkt !== undefined && jkt === undefined) {
    throw violation(op, 'DP-12', 'the code is bound to a key and no proof came', 'invalid_grant');
  }
  if (record.used) {
    grant.revoked = true;
    throw failure(400, 'invalid_grant', 'the code was used before');
  }
  record.used = true;
  const issue = { scope: grant.scope, jkt, stage: 'token' as const, refreshToken: true };
  return issueTokens(op, grant, { ...issue, idToken: grant.openid });
}

function checkVerifier(op: Op, exchange: Exchange, record: CodeRecord): void {
  if (op.faults.policy('ignorePkce')) return;
  const verifier = param(exchange, 'code_verifier');
  const { challenge } = record.grant;
  if (challenge === undefined) {
    if (verifier === undefined) return;
    throw violation(op, 'REQ-05', 'code_verifier without a code_challenge', 'invalid_grant');
  }
  if (verifier === undefined) throw violation(op, 'REQ-05', 'code_verifier is missing');
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) {
    throw violation(op, 'REQ-05', 'code_verifier is malformed', 'invalid_grant');
  }
  if (new Set(verifier).size < 15) {
    throw violation(op, 'REQ-05', 'code_verifier has little entropy', 'invalid_grant');
  }
  const hash = createHash('sha256').update(verifier).digest('base64url');
  if (hash === challenge) return;
  record.used = true;
  // A verifier that fits another transaction is what an injected code looks like: no client's fault.
  if (!seenInProcess.challenges.has(hash)) {
    throw violation(op, 'REQ-05', 'code_verifier does not hash to any challenge', 'invalid_grant');
  }
  throw failure(400, 'invalid_grant', 'code_verifier does not fit this code');
}
