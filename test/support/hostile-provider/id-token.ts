import { applyHook } from './faults.ts';
import { encryptTo } from './jwe.ts';
import { draftJwt, halfHash, serializeJwt } from './jws.ts';
import type { Grant, Json, JwtDraft, Op } from './types.ts';
import { claimsForScope } from './user.ts';

export interface IdTokenParts {
  stage: 'authorization' | 'token' | 'refresh';
  accessToken?: string;
  code?: string;
  state?: string;
}

export async function issueIdToken(op: Op, grant: Grant, parts: IdTokenParts): Promise<string> {
  const { client } = grant;
  const alg = client.id_token_signed_response_alg ?? defaultAlgorithm(op);
  const draft = draftJwt(op.keys, alg, honestClaims(op, grant, parts, alg), client);
  await applyHook(op, 'idToken', draft, { client, grant, stage: parts.stage });
  const compact = await encryptIfRegistered(grant, draft);
  op.store.idTokens.set(compact, grant);
  return compact;
}

export function defaultAlgorithm(op: Op): string {
  return op.profile === 'fapi' ? (op.options.signingAlgorithm ?? 'PS256') : 'RS256';
}

async function encryptIfRegistered(grant: Grant, draft: JwtDraft): Promise<string> {
  const { client } = grant;
  const alg = client.id_token_encrypted_response_alg;
  if (!alg || draft.wrap) return serializeJwt(draft);
  const enc = client.id_token_encrypted_response_enc ?? 'A128CBC-HS256';
  return encryptTo(client, alg, enc, await serializeJwt(draft));
}

function honestClaims(op: Op, grant: Grant, parts: IdTokenParts, alg: string): Json {
  const { client } = grant;
  const now = op.now();
  const front = parts.stage === 'authorization';
  const wantsAuthTime = grant.maxAge !== undefined || client.require_auth_time === true;
  return {
    iss: op.issuer,
    sub: grant.sub,
    aud: client.client_id,
    iat: now,
    exp: now + 300,
    ...(grant.nonce !== undefined && parts.stage !== 'refresh' ? { nonce: grant.nonce } : {}),
    ...(parts.accessToken ? { at_hash: halfHash(alg, parts.accessToken) } : {}),
    ...(front && parts.code ? { c_hash: halfHash(alg, parts.code) } : {}),
    ...(front && op.profile === 'fapi' && parts.state
      ? { s_hash: halfHash(alg, parts.state) }
      : {}),
    ...(wantsAuthTime ? { auth_time: grant.authTime } : {}),
    ...(grant.acr !== undefined ? { acr: grant.acr } : {}),
    ...(op.options.logout ? { sid: grant.sid } : {}),
    ...(grant.responseType === 'id_token' ? claimsForScope(op, grant.scope) : {}),
  };
}
