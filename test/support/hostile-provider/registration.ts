import { json, violation } from './answers.ts';
import { hasPrivateMember } from './client-keys.ts';
import { alphanumeric, awkward } from './random.ts';
import type { Answer, ClientRegistration, Exchange, Json, Op } from './types.ts';

const urls = [
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'jwks_uri',
  'sector_identifier_uri',
  'initiate_login_uri',
  'backchannel_logout_uri',
  'frontchannel_logout_uri',
];
const encrypted = [
  'id_token_encrypted_response',
  'userinfo_encrypted_response',
  'request_object_encryption',
];

export async function serveRegistration(op: Op, exchange: Exchange): Promise<Answer> {
  if (exchange.method !== 'POST') throw wrong(op, `method is ${exchange.method}`);
  let asked: Json;
  try {
    asked = JSON.parse(exchange.body) as Json;
  } catch {
    throw wrong(op, 'the body is not JSON');
  }
  checkRegistration(op, asked);
  const method = (asked['token_endpoint_auth_method'] ??
    'client_secret_basic') as ClientRegistration['token_endpoint_auth_method'];
  const client: ClientRegistration = {
    ...(asked as Partial<ClientRegistration>),
    redirect_uris: asked['redirect_uris'] as string[],
    client_id: awkward(),
    token_endpoint_auth_method: method,
    ...(method.startsWith('client_secret') ? { client_secret: awkward(64) } : {}),
  };
  op.clients.set(client.client_id, client);
  const access = {
    registration_access_token: alphanumeric(50),
    registration_client_uri: `${exchange.url.origin}${exchange.url.pathname}/${alphanumeric(8)}`,
  };
  return json({ ...client, ...access }, 201);
}

function checkRegistration(op: Op, asked: Json): void {
  const redirects = asked['redirect_uris'];
  if (!Array.isArray(redirects) || redirects.length === 0)
    throw wrong(op, 'redirect_uris is missing');
  for (const uri of redirects) {
    if (typeof uri !== 'string' || !URL.canParse(uri) || uri.includes('#')) {
      throw wrong(op, `redirect_uris holds ${String(uri)}`, 'invalid_redirect_uri');
    }
  }
  for (const name of urls) {
    const value = asked[name];
    if (value !== undefined && !(typeof value === 'string' && URL.canParse(value))) {
      throw wrong(op, `${name} is not a URL`);
    }
  }
  for (const prefix of encrypted) {
    if (asked[`${prefix}_enc`] !== undefined && asked[`${prefix}_alg`] === undefined) {
      throw wrong(op, `${prefix}_enc without its alg`);
    }
  }
  if (asked['jwks'] !== undefined && asked['jwks_uri'] !== undefined) {
    throw wrong(op, 'jwks and jwks_uri together');
  }
  const login = asked['initiate_login_uri'];
  if (typeof login === 'string' && !login.startsWith('https:')) {
    throw wrong(op, 'initiate_login_uri is not https');
  }
  checkKeys(op, asked['jwks'] as { keys?: Json[] } | undefined);
}

function checkKeys(op: Op, jwks: { keys?: Json[] } | undefined): void {
  if (jwks === undefined) return;
  if (!Array.isArray(jwks.keys)) throw wrong(op, 'jwks has no keys');
  if (jwks.keys.some(hasPrivateMember)) throw wrong(op, 'jwks holds a private key');
  const kids = jwks.keys.map((key) => key['kid']);
  if (kids.includes(undefined) || new Set(kids).size !== kids.length) {
    throw wrong(op, 'the kids of jwks are not distinct');
  }
}

function wrong(op: Op, message: string, error = 'invalid_client_metadata'): Error {
  return violation(op, 'REQ-10', message, error);
}
