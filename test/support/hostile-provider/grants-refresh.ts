import { failure, violation } from './answers.ts';
import { checkProof } from './dpop.ts';
import { param } from './http.ts';
import { issueTokens } from './token-issue.ts';
import type { ClientRegistration, Exchange, Json, Op } from './types.ts';

/** Rotates strictly: a token that comes back after its use ends the whole grant. */
export async function refreshGrant(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
): Promise<Json> {
  const token = param(exchange, 'refresh_token');
  if (!token) throw violation(op, 'REQ-06', 'refresh_token is missing');
  const record = op.store.refreshTokens.get(token);
  if (!record || record.grant.client.client_id !== client.client_id) {
    throw failure(400, 'invalid_grant', 'unknown refresh token');
  }
  const { grant } = record;
  if (record.used) grant.revoked = true;
  if (grant.revoked) throw failure(400, 'invalid_grant', 'the refresh token is no longer valid');
  const asked = param(exchange, 'scope');
  const granted = record.scope.split(' ');
  const extra = asked?.split(' ').filter((word) => !granted.includes(word)) ?? [];
  if (extra.length > 0) {
    throw violation(op, 'RT-01', `scope grew by ${extra.join(' ')}`, 'invalid_scope');
  }
  const jkt = await checkProof(op, exchange, { boundTo: record.jkt, bindingRow: 'DP-11' });
  if (record.jkt !== undefined && jkt === undefined) {
    throw violation(op, 'DP-11', 'the refresh token is bound to a key and no proof came');
  }
  const keep = op.faults.policy('keepRefreshToken') === true;
  record.used = !keep;
  grant.refreshes += 1;
  const scope = asked ?? record.scope;
  const issue = { scope, jkt, stage: 'refresh' as const, refreshToken: !keep };
  return issueTokens(op, grant, { ...issue, idToken: grant.openid });
}
