import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { isActive } from './client-secrets.ts';
import { checkProof, readProof } from './dpop-proof.ts';
import { Refusal } from './errors.ts';
import type { Answer, App, Org } from './types.ts';

const LIFETIME_SECONDS = 3_600;
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** By what an org has only one of: each request sees a copy of the rest. */

/** `POST /oauth2/v1/token` of the org: client credentials with a signed assertion, and nothing else. */
export async function issueToken(
  org: Org,
  url: URL,
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
): Promise<Answer> {
  if (form.get('grant_type') !== 'client_credentials') {
    throw oauthError(400, 'unsupported_grant_type', 'Only client_credentials is supported.');
  }
  const app = await authenticateApp(org, url, form);
  const scopes = (form.get('scope') ?? '').split(' ').filter(Boolean);
  const jkt = app.dpopBoundAccessTokens ? await provenKey(org, url, headers) : undefined;
  if (scopes.length === 0 || !scopes.every((scope) => app.grantedScopes.includes(scope))) {
    throw oauthError(400, 'invalid_scope', 'One or more scopes are not allowed for this client.');
  }
  const token = `okta-access-${randomBytes(16).toString('hex')}`;
  const expiresAt = org.now() + LIFETIME_SECONDS * 1_000;
  org.accessTokens.set(token, { scopes, expiresAt, ...(jkt !== undefined && { jkt }) });
  const body = {
    token_type: jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: LIFETIME_SECONDS,
    access_token: token,
    scope: scopes.join(' '),
  };
  return { status: 200, body, headers: [['cache-control', 'no-store']] };
}

async function authenticateApp(org: Org, url: URL, form: URLSearchParams): Promise<App> {
  const refused = (description: string) => oauthError(401, 'invalid_client', description);
  const assertion = form.get('client_assertion');
  if (form.get('client_assertion_type') !== assertionType || assertion === null) {
    throw refused('Client authentication failed: only private_key_jwt is supported.');
  }
  const { iss = '' } = claimsOf(assertion);
  const app = [...org.apps.values()].find(({ clientId }) => clientId === iss);
  if (!app) throw refused('Invalid value for client_id parameter.');
  const keys = [...app.keys.values()].filter(isActive) as { kty: string }[];
  const verified = await jwtVerify(assertion, createLocalJWKSet({ keys }), {
    issuer: app.clientId,
    subject: app.clientId,
    audience: `${org.origin}${url.pathname}`,
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
    requiredClaims: ['exp', 'jti'],
    currentDate: new Date(org.now()),
  }).catch((cause: Error) => {
    throw refused(`The client_assertion token is invalid: ${cause.message}.`);
  });
  const { exp = 0, jti = '' } = verified.payload;
  if (exp * 1_000 > org.now() + 3_600_000) throw refused('The client_assertion lives too long.');
  if (org.spentIds.has(jti)) throw refused('The client_assertion token has been used before.');
  org.spentIds.add(jti);
  return app;
}

function claimsOf(assertion: string): JWTPayload {
  try {
    return decodeJwt(assertion);
  } catch {
    return {};
  }
}

/** A proof counts with a nonce of the org only; without one the answer says which. */
async function provenKey(org: Org, url: URL, headers: IncomingHttpHeaders): Promise<string> {
  const proof = headers['dpop'];
  const wrong = await checkProof(org, proof, { method: 'POST', url });
  if (wrong) throw oauthError(400, 'invalid_dpop_proof', wrong);
  const { jkt, nonce } = await readProof(org, proof as string);
  const known = org.dpopNonces();
  if (!known.some((one) => one === nonce)) {
    throw oauthError(400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.', [
      ['dpop-nonce', known[0] ?? ''],
    ]);
  }
  return jkt;
}

function oauthError(
  status: number,
  error: string,
  error_description: string,
  headers: Answer['headers'] = [],
): Refusal {
  return new Refusal({ status, body: { error, error_description }, headers });
}
