import { SignJWT } from 'jose';
import { clientKey, type HostileProvider } from '../support/hostile-provider/index.ts';
import { callback, pkce } from './honest-client.ts';

export type Params = Record<string, string | undefined>;

export async function authorize(
  op: HostileProvider,
  params: Params = {},
): Promise<URLSearchParams> {
  const { challenge } = pkce();
  const all: Params = {
    client_id: 's6BhdRkqt3',
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    state: crypto.randomUUID(),
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...params,
  };
  const page = await op.visit(`${op.issuer}authorize?${form(all)}`);
  return new URLSearchParams(page.location?.slice(page.location.search(/[?#]/) + 1) ?? '');
}

export async function codeFor(
  op: HostileProvider,
  params: Params = {},
): Promise<{ code: string; verifier: string }> {
  const { verifier, challenge } = pkce();
  const answer = await authorize(op, { code_challenge: challenge, ...params });
  return { code: answer.get('code') ?? '', verifier };
}

export function form(params: Params): URLSearchParams {
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given as [string, string][]);
}

export function post(
  op: HostileProvider,
  path: string,
  params: Params,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${op.issuer}${path}`, {
    method: 'POST',
    body: form(params),
    headers,
    redirect: 'manual',
  });
}

export const credentials = {
  client_id: 'post-client',
  client_secret: 'post secret: 100% "sure" & +/=?#\\',
};
export const direct = { grant_type: 'client_credentials', ...credentials };

export async function assertion(
  op: HostileProvider,
  claims: Record<string, unknown> = {},
  alg = 'ES256',
): Promise<Params> {
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: 'key-client', sub: 'key-client', aud: op.issuer, iat: now, exp: now + 60 };
  const key = alg === 'ES256' ? clientKey : Buffer.from('x'.repeat(32));
  const jwt = await new SignJWT({ ...usual, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg })
    .sign(key as never);
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { grant_type: 'client_credentials', client_assertion: jwt, client_assertion_type: type };
}

export async function requestObject(
  op: HostileProvider,
  claims: Record<string, unknown>,
  header: Record<string, string> = {},
  key: unknown = clientKey,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: 'key-client', client_id: 'key-client', aud: op.issuer, exp: now + 300 };
  return new SignJWT({ ...usual, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'oauth-authz-req+jwt', ...header })
    .sign(key as never);
}

export const basic = (text: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

/** A token request that redeems a code of the public client. */
export function redeem(code: string, verifier: string): Params {
  return {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: callback,
    client_id: 's6BhdRkqt3',
  };
}

export async function pushedUrl(op: HostileProvider): Promise<string> {
  const { challenge } = pkce();
  const request = {
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  };
  const { request_uri } = (await (
    await post(op, 'par', { ...credentials, ...request })
  ).json()) as { request_uri: string };
  return `${op.issuer}authorize?${form({ client_id: 'post-client', request_uri })}`;
}

/** The payload of a JWT, unverified. */
export function decode(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}
