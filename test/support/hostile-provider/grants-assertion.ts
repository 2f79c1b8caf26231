import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { failure, violation } from './answers.ts';
import { clientKeys } from './client-keys.ts';
import { checkProof } from './dpop.ts';
import { param } from './http.ts';
import { endpointUrl } from './metadata.ts';
import { directGrant } from './requests.ts';
import { issueTokens } from './token-issue.ts';
import type { ClientRegistration, Exchange, Json, Op } from './types.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export async function exchangeGrant(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
): Promise<Json> {
  const subject = param(exchange, 'subject_token');
  const type = param(exchange, 'subject_token_type');
  if (!subject || !type) throw violation(op, 'REQ-06', 'subject_token or its type is missing');
  const actor = param(exchange, 'actor_token') !== undefined;
  if (actor !== (param(exchange, 'actor_token_type') !== undefined)) {
    throw violation(op, 'REQ-06', 'actor_token and actor_token_type go together');
  }
  const known =
    op.store.accessTokens.get(subject)?.grant ??
    op.store.refreshTokens.get(subject)?.grant ??
    op.store.idTokens.get(subject);
  if (!known) throw failure(400, 'invalid_grant', 'unknown subject token');
  const scope = param(exchange, 'scope') ?? known.scope;
  const grant = directGrant(op, client, known.sub, scope);
  const jkt = await checkProof(op, exchange);
  const issue = { scope, jkt, stage: 'token' as const, refreshToken: false, idToken: false };
  const requested = param(exchange, 'requested_token_type') ?? ACCESS_TOKEN;
  return { ...(await issueTokens(op, grant, issue)), issued_token_type: requested };
}

export async function assertionGrant(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
): Promise<Json> {
  const assertion = param(exchange, 'assertion');
  if (!assertion) throw violation(op, 'REQ-06', 'assertion is missing');
  const trusted = op.options.assertionKeys;
  const keys: JWTVerifyGetKey = trusted
    ? createLocalJWKSet(trusted as unknown as JSONWebKeySet)
    : await clientKeys(op, client);
  const { payload } = await jwtVerify(assertion, keys, {
    audience: [op.issuer, endpointUrl(op, 'token')],
    currentDate: new Date(op.now() * 1000),
    requiredClaims: ['iss', 'sub', 'exp'],
  }).catch((cause: Error) => {
    throw failure(400, 'invalid_grant', `the assertion does not verify: ${cause.message}`);
  });
  const scope = param(exchange, 'scope') ?? 'accounts';
  const grant = directGrant(op, client, String(payload.sub), scope);
  const jkt = await checkProof(op, exchange);
  return issueTokens(op, grant, {
    scope,
    jkt,
    stage: 'token',
    refreshToken: false,
    idToken: false,
  });
}
