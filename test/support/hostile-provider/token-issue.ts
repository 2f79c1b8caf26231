import { randomUUID } from 'node:crypto';
import { applyHook } from './faults.ts';
import { issueIdToken } from './id-token.ts';
import { draftJwt, serializeJwt } from './jws.ts';
import { alphanumeric, awkward } from './random.ts';
import type { AccessTokenShape, Grant, Json, Op } from './types.ts';

export interface Issue {
  scope: string;
  /** Thumbprint of the key that the token request proved. */
  jkt: string | undefined;
  stage: 'token' | 'refresh';
  refreshToken: boolean;
  idToken: boolean;
}

/** The token response of any grant. */
export async function issueTokens(op: Op, grant: Grant, issue: Issue): Promise<Json> {
  const accessToken = await issueAccessToken(op, grant, issue.scope, issue.jkt);
  const lifetime = op.options.accessTokenLifetime ?? (op.profile === 'fapi' ? 3600 : undefined);
  const body: Json = {
    access_token: accessToken,
    token_type: issue.jkt === undefined ? 'Bearer' : 'DPoP',
    ...(lifetime === undefined ? {} : { expires_in: lifetime }),
    scope: issue.scope,
  };
  if (issue.refreshToken && op.options.refreshTokens !== false) {
    body['refresh_token'] = issueRefreshToken(op, grant, issue);
  }
  if (issue.idToken && op.options.openid !== false) {
    body['id_token'] = await issueIdToken(op, grant, { stage: issue.stage, accessToken });
  }
  await applyHook(op, 'tokenResponse', body, { client: grant.client, grant, stage: issue.stage });
  return body;
}

export async function issueAccessToken(
  op: Op,
  grant: Grant,
  scope: string,
  jkt: string | undefined,
): Promise<string> {
  const shape = op.options.accessTokenShape ?? 'opaque';
  const now = op.now();
  const lifetime = op.options.accessTokenLifetime ?? (op.profile === 'fapi' ? 3600 : undefined);
  const token =
    shape === 'opaque'
      ? alphanumeric(50)
      : await makeAccessToken(op, shape, {
          sub: grant.sub,
          client_id: grant.client.client_id,
          scope,
          ...(jkt === undefined ? {} : { cnf: { jkt } }),
          ...(lifetime === undefined ? {} : { exp: now + lifetime }),
        });
  op.store.accessTokens.set(token, {
    grant,
    scope,
    issuedAt: now,
    revoked: false,
    generation: grant.refreshes,
    ...(lifetime === undefined ? {} : { expiresAt: now + lifetime }),
    ...(jkt === undefined ? {} : { jkt }),
  });
  return token;
}

/** A signed access token; `claims` replace the usual ones, undefined removes one. */
export function makeAccessToken(
  op: Op,
  shape: Exclude<AccessTokenShape, 'opaque'>,
  claims: Json = {},
  header: Json = {},
): Promise<string> {
  const now = op.now();
  const clientId = String(claims['client_id'] ?? 's6BhdRkqt3');
  const scope = String(claims['scope'] ?? 'accounts');
  const common = { iss: op.issuer, iat: now, exp: now + 3600, jti: randomUUID() };
  const { client_id: _, scope: __, ...rest } = claims;
  const payload: Json =
    shape === 'rfc9068'
      ? { ...common, aud: `${op.base}/accounts`, sub: '248289761001', client_id: clientId, scope }
      : {
          ...common,
          ver: 1,
          jti: `AT.${common.jti}`,
          aud: 'api://default',
          cid: clientId,
          uid: '00u1abcdEFGHijkl0p7',
          sub: '248289761001',
          scp: scope.split(' '),
          auth_time: now,
        };
  const alg = op.profile === 'fapi' ? (op.options.signingAlgorithm ?? 'PS256') : 'RS256';
  const type: Json = shape === 'rfc9068' ? { typ: 'at+jwt' } : {};
  const draft = draftJwt(op.keys, alg, { ...payload, ...rest }, undefined, { ...type, ...header });
  return serializeJwt(draft);
}

function issueRefreshToken(op: Op, grant: Grant, issue: Issue): string {
  const token = awkward(48);
  const bound = grant.client.token_endpoint_auth_method === 'none' ? issue.jkt : undefined;
  op.store.refreshTokens.set(token, {
    grant,
    scope: grant.scope,
    used: false,
    ...(bound === undefined ? {} : { jkt: bound }),
  });
  return token;
}
