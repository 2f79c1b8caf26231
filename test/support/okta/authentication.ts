import type { IncomingHttpHeaders } from 'node:http';
import { checkProof, dpopAlgorithms } from './dpop-proof.ts';
import { oktaError, Refusal } from './errors.ts';
import type { Call } from './types.ts';

/** Refuses a request that may not do what it asks for. */
export async function authenticate(call: Call, headers: IncomingHttpHeaders): Promise<void> {
  const { org } = call;
  const [, scheme = '', credential = ''] = /^(\S+) (\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (scheme === 'SSWS') {
    if (!org.apiTokens.has(credential)) throw oktaError('E0000011');
    return;
  }
  if (scheme !== 'Bearer' && scheme !== 'DPoP') throw oktaError('E0000011');
  const token = org.accessTokens.get(credential);
  const challenge = (error: string, description: string) =>
    [['www-authenticate', challengeOf(call, scheme, error, description)]] as const;
  if (!token || token.expiresAt <= org.now()) {
    throw oktaError('E0000011', challenge('invalid_token', 'The access token is invalid.'));
  }
  if (token.jkt !== undefined || scheme === 'DPoP') {
    const wrong = await proofProblem(call, headers, scheme, credential, token.jkt);
    if (wrong) {
      // Okta's answer to a wrong proof has no body.
      throw new Refusal({ status: 400, headers: challenge('invalid_dpop_proof', wrong) });
    }
  }
  if (!token.scopes.includes(scopeOf(call)) && !token.scopes.includes(managingScopeOf(call))) {
    const description = 'The access token provided does not contain the required scopes.';
    throw oktaError('E0000006', challenge('insufficient_scope', description));
  }
}

async function proofProblem(
  { operation, org, url }: Call,
  headers: IncomingHttpHeaders,
  scheme: string,
  accessToken: string,
  jkt: string | undefined,
): Promise<string | undefined> {
  if (scheme !== 'DPoP') return 'The access token is bound, and was sent as a bearer token.';
  if (jkt === undefined) return 'The access token is not bound.';
  return checkProof(org, headers['dpop'], { method: operation.method, url, accessToken, jkt });
}

/** `okta.apps.read` and its like: reading for GET, managing for the rest. */
function scopeOf(call: Call): string {
  return call.operation.method === 'GET' ? `${areaOf(call)}.read` : managingScopeOf(call);
}

function managingScopeOf(call: Call): string {
  return `${areaOf(call)}.manage`;
}

function areaOf({ operation }: Call): string {
  return `okta.${operation.path.split('/')[3]}`;
}

function challengeOf(call: Call, scheme: string, error: string, description: string): string {
  const { origin } = call.org;
  const parameters = Object.entries({
    ...(scheme === 'DPoP' && { algs: dpopAlgorithms.join(' ') }),
    authorization_uri: `${origin}/oauth2/v1/authorize`,
    realm: origin,
    scope: scopeOf(call),
    error,
    error_description: description,
    resource: call.url.pathname,
  });
  return `${scheme} ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}
