import { failure, json, violation } from './answers.ts';
import { authenticateClient } from './client-authentication.ts';
import { checkProof } from './dpop.ts';
import { param } from './http.ts';
import { alphanumeric } from './random.ts';
import { directGrant, requireForm } from './requests.ts';
import { issueTokens } from './token-issue.ts';
import type { Answer, ClientRegistration, Exchange, Json, Op } from './types.ts';
import { subjectOf } from './user.ts';

/** RFC 8628: the device asks for a code to show. */
export async function startDevice(op: Op, exchange: Exchange): Promise<Answer> {
  const code = await startDecoupled(op, exchange);
  const userCode = 'WDJB-MJHT';
  return json({
    device_code: code,
    user_code: userCode,
    verification_uri: `${op.base}/verify`,
    verification_uri_complete: `${op.base}/verify?user_code=${userCode}`,
    expires_in: 600,
    interval: 5,
  });
}

/** CIBA: the client names the user itself. */
export async function startBackchannel(op: Op, exchange: Exchange): Promise<Answer> {
  const hints = ['login_hint', 'login_hint_token', 'id_token_hint'];
  const given = hints.filter((name) => param(exchange, name) !== undefined);
  if (given.length !== 1) throw violation(op, 'REQ-06', `${given.length} login hints`);
  const code = await startDecoupled(op, exchange);
  return json({ auth_req_id: code, expires_in: 600, interval: 5 });
}

/** The token request that polls; `op.polls` says how often it has to. */
export function decoupledGrant(parameter: 'device_code' | 'auth_req_id') {
  return async (op: Op, exchange: Exchange, client: ClientRegistration): Promise<Json> => {
    const code = param(exchange, parameter);
    if (!code) throw violation(op, 'REQ-06', `${parameter} is missing`);
    const record = op.store.decoupled.get(code);
    if (!record || record.used || record.grant.client.client_id !== client.client_id) {
      throw failure(400, 'invalid_grant', `unknown ${parameter}`);
    }
    const jkt = await checkProof(op, exchange);
    const pending = op.polls.shift();
    if (pending !== undefined) throw failure(400, pending, 'not approved yet');
    record.used = true;
    const { grant } = record;
    const issue = { scope: grant.scope, jkt, stage: 'token' as const, refreshToken: true };
    return issueTokens(op, grant, { ...issue, idToken: grant.openid });
  };
}

async function startDecoupled(op: Op, exchange: Exchange): Promise<string> {
  requireForm(op, exchange, 'REQ-06');
  const client = await authenticateClient(op, exchange);
  const scope = param(exchange, 'scope') ?? 'openid';
  const code = alphanumeric(40);
  op.store.decoupled.set(code, {
    grant: directGrant(op, client, subjectOf(op), scope),
    used: false,
  });
  return code;
}
