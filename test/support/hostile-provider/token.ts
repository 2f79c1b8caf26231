import { failure, json, violation } from './answers.ts';
import { authenticateClient } from './client-authentication.ts';
import { checkProof } from './dpop.ts';
import { assertionGrant, exchangeGrant } from './grants-assertion.ts';
import { codeGrant } from './grants-code.ts';
import { decoupledGrant } from './grants-decoupled.ts';
import { refreshGrant } from './grants-refresh.ts';
import { param } from './http.ts';
import { directGrant, requireForm } from './requests.ts';
import { issueTokens } from './token-issue.ts';
import type { Answer, ClientRegistration, Exchange, Json, Op } from './types.ts';
import { passwordOf, subjectOf, usernameOf } from './user.ts';

type GrantHandler = (op: Op, exchange: Exchange, client: ClientRegistration) => Promise<Json>;

const handlers: Record<string, GrantHandler> = {
  authorization_code: codeGrant,
  refresh_token: refreshGrant,
  client_credentials: clientCredentials,
  password: passwordGrant,
  'urn:ietf:params:oauth:grant-type:device_code': decoupledGrant('device_code'),
  'urn:openid:params:grant-type:ciba': decoupledGrant('auth_req_id'),
  'urn:ietf:params:oauth:grant-type:token-exchange': exchangeGrant,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': assertionGrant,
};

export async function serveToken(op: Op, exchange: Exchange): Promise<Answer> {
  requireForm(op, exchange, 'REQ-06');
  const client = await authenticateClient(op, exchange);
  const type = param(exchange, 'grant_type');
  if (type === undefined) throw violation(op, 'REQ-06', 'grant_type is missing');
  const handler = handlers[type];
  if (!handler) throw failure(400, 'unsupported_grant_type', `no such grant: ${type}`);
  return json(await handler(op, exchange, client));
}

async function clientCredentials(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
): Promise<Json> {
  if (client.token_endpoint_auth_method === 'none') {
    throw failure(400, 'unauthorized_client', 'a public client has no credentials');
  }
  const scope = param(exchange, 'scope') ?? 'accounts';
  const grant = directGrant(op, client, client.client_id, scope);
  const jkt = await checkProof(op, exchange);
  return issueTokens(op, grant, {
    scope,
    jkt,
    stage: 'token',
    refreshToken: false,
    idToken: false,
  });
}

async function passwordGrant(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
): Promise<Json> {
  const [username, password] = [param(exchange, 'username'), param(exchange, 'password')];
  if (username === undefined || password === undefined) {
    throw violation(op, 'REQ-06', 'username or password is missing');
  }
  if (username !== usernameOf(op) || password !== passwordOf(op)) {
    throw failure(400, 'invalid_grant', 'wrong username or password');
  }
  const scope = param(exchange, 'scope') ?? 'accounts';
  const grant = directGrant(op, client, subjectOf(op), scope);
  const jkt = await checkProof(op, exchange);
  const issue = { scope, jkt, stage: 'token' as const, refreshToken: true, idToken: grant.openid };
  return issueTokens(op, grant, issue);
}
