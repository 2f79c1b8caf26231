import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  customFetch,
  EmbeddedJWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { api, app } from './names.ts';
import type { WorldSettings } from './settings.ts';
import { challengeOf, isMet } from './step-up-demand.ts';

const nonce = 'nonce-of-the-api';

/** An API of another site that answers to tokens made for it, bearer or bound to a key. */
export function apiHost(
  issuers: readonly string[],
  settings: Readonly<WorldSettings>,
  fetch: typeof globalThis.fetch,
): RequestListener {
  const keys = new Map<unknown, JWTVerifyGetKey>(
    issuers.map((issuer) => [
      issuer,
      createRemoteJWKSet(new URL(`${issuer}/jwks`), { [customFetch]: fetch as never }),
    ]),
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    allowPage(response);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    const [scheme = '', token = ''] = request.headers.authorization?.split(' ') ?? [];
    try {
      const { payload } = await jwtVerify(token, (header, jws) => keyOf(keys, header, jws), {
        audience: `${api}/reports`,
        typ: 'at+jwt',
        requiredClaims: ['exp', 'sub', 'client_id'],
      });
      if (settings.revokedTokens.includes(token)) throw new Error('revoked');
      await checkProof(request, scheme, token, payload, settings.apiDemandsNonce);
      const { apiDemand } = settings;
      if (request.url === '/reports/transfers' && apiDemand && !isMet(apiDemand, payload)) {
        response.setHeader('www-authenticate', challengeOf(scheme, apiDemand));
        return send(response, 401, { error: 'insufficient_user_authentication' });
      }
      const { sub, scope } = payload;
      const received = await text(request);
      send(response, 200, { sub, scope, scheme, method: request.method, received });
    } catch (error) {
      if (error instanceof NonceDemanded) {
        response.setHeader('dpop-nonce', nonce);
        response.setHeader('www-authenticate', 'DPoP error="use_dpop_nonce"');
        return send(response, 401, { error: 'use_dpop_nonce' });
      }
      response.setHeader('www-authenticate', `${scheme || 'Bearer'} error="invalid_token"`);
      send(response, 401, { error: 'invalid_token', reason: String(error) });
    }
  }

  return (request, response) => {
    answer(request, response).catch((error) => send(response, 500, { error: String(error) }));
  };
}

class NonceDemanded extends Error {}

async function keyOf(
  keys: ReadonlyMap<unknown, JWTVerifyGetKey>,
  ...[header, jws]: Parameters<JWTVerifyGetKey>
) {
  const { iss } = JSON.parse(
    Buffer.from(String(jws.payload), 'base64url').toString(),
  ) as JWTPayload;
  const key = keys.get(iss);
  if (!key) throw new Error(`tokens of ${iss} are not for this API`);
  return key(header, jws);
}

/** RFC 9449 section 4.3, as far as a test of a client needs it. */
async function checkProof(
  request: IncomingMessage,
  scheme: string,
  token: string,
  { cnf }: JWTPayload,
  demandsNonce: boolean,
): Promise<void> {
  const boundTo = (cnf as { jkt?: string } | undefined)?.jkt;
  if (scheme !== (boundTo ? 'DPoP' : 'Bearer')) throw new Error(`wrong scheme ${scheme}`);
  if (!boundTo) return;
  const proof = await jwtVerify(String(request.headers['dpop']), EmbeddedJWK, {
    typ: 'dpop+jwt',
    maxTokenAge: 60,
    requiredClaims: ['jti'],
  });
  const { htm, htu, ath, nonce: given } = proof.payload;
  const { jwk } = proof.protectedHeader;
  if (!jwk || (await calculateJwkThumbprint(jwk)) !== boundTo) throw new Error('another key');
  const url = new URL(request.url ?? '/', api);
  if (htm !== request.method || htu !== url.origin + url.pathname) throw new Error('htm or htu');
  if (ath !== createHash('sha256').update(token).digest('base64url')) throw new Error('ath');
  if (demandsNonce && given !== nonce) throw new NonceDemanded();
}

function allowPage(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', app);
  response.setHeader('access-control-allow-headers', 'authorization, content-type, dpop');
  response.setHeader('access-control-allow-methods', 'GET, POST, PUT, DELETE');
  response.setHeader('access-control-expose-headers', 'dpop-nonce, www-authenticate');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
