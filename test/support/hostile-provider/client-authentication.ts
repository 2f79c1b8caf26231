import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { failure, violation } from './answers.ts';
import { clientKeys } from './client-keys.ts';
import { param } from './http.ts';
import { buildMetadata, endpointUrl } from './metadata.ts';
import { seenInProcess } from './store.ts';
import type { Answer, ClientRegistration, Exchange, Json, Op } from './types.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const aliasMember: Partial<Record<Exchange['endpoint'], string>> = {
  par: 'pushed_authorization_request_endpoint',
};

/** The client, authenticated by exactly the method it is registered with. */
export async function authenticateClient(op: Op, exchange: Exchange): Promise<ClientRegistration> {
  const { clientId, method } = presented(op, exchange);
  const client = op.clients.get(clientId);
  if (!client) throw invalidClient(exchange, 'unknown client');
  const wanted = op.faults.policy('authenticationMethod') ?? client.token_endpoint_auth_method;
  const given = method === 'none' && isTls(wanted) ? wanted : method;
  const named = given === 'assertion' ? ['client_secret_jwt', 'private_key_jwt'] : [given];
  if (!named.includes(wanted)) {
    throw violation(
      op,
      'CA-02',
      `authenticated by ${given}, registered ${wanted}`,
      'invalid_client',
      401,
    );
  }
  await checkAlias(op, exchange, isTls(wanted));
  if (method === 'client_secret_basic' || method === 'client_secret_post') {
    const secret =
      method === 'client_secret_post'
        ? param(exchange, 'client_secret')
        : basic(op, exchange).secret;
    if (secret !== client.client_secret) throw invalidClient(exchange, 'wrong secret');
  } else if (method === 'assertion') {
    await checkAssertion(op, exchange, client, wanted);
  }
  const inBody = param(exchange, 'client_id');
  if (inBody !== undefined && inBody !== client.client_id) {
    throw violation(op, 'REQ-06', 'client_id in the body is that of another client');
  }
  return client;
}

function isTls(method: string): boolean {
  return method === 'tls_client_auth' || method === 'self_signed_tls_client_auth';
}

function presented(op: Op, exchange: Exchange): { clientId: string; method: string } {
  const header = exchange.headers.authorization;
  const secret = param(exchange, 'client_secret') !== undefined;
  const assertion = param(exchange, 'client_assertion') !== undefined;
  const used = [header !== undefined, secret, assertion].filter(Boolean).length;
  if (used > 1) throw violation(op, 'REQ-07', 'more than one client authentication');
  if (header !== undefined)
    return { clientId: basic(op, exchange).id, method: 'client_secret_basic' };
  const clientId = param(exchange, 'client_id');
  if (assertion) {
    const subject = subjectOfAssertion(param(exchange, 'client_assertion') as string);
    return { clientId: clientId ?? subject ?? '', method: 'assertion' };
  }
  if (clientId === undefined) {
    const row = exchange.mtls ? 'MT-02' : 'REQ-07';
    throw violation(op, row, 'nothing says who the client is', 'invalid_client', 401);
  }
  return { clientId, method: secret ? 'client_secret_post' : 'none' };
}

function basic(op: Op, exchange: Exchange): { id: string; secret: string } {
  const wrong = (message: string) => violation(op, 'REQ-07', message, 'invalid_client', 401);
  const [, credentials] =
    /^Basic ([A-Za-z0-9+/=]+)$/i.exec(exchange.headers.authorization ?? '') ?? [];
  if (!credentials) throw wrong('the Authorization header is not Basic');
  const halves = Buffer.from(credentials, 'base64').toString('utf8').split(':');
  if (halves.length !== 2) throw wrong(`${halves.length - 1} colons in the Basic credentials`);
  try {
    const [id, secret] = halves.map((half) => decodeURIComponent(half.replaceAll('+', ' ')));
    return { id: id as string, secret: secret as string };
  } catch {
    throw wrong('the Basic credentials are not form-url-encoded');
  }
}

function invalidClient(exchange: Exchange, message: string): Error {
  const headers: Answer['headers'] =
    exchange.headers.authorization === undefined
      ? []
      : [['www-authenticate', 'Basic realm="provider"']];
  return failure(401, 'invalid_client', message, headers);
}

async function checkAlias(op: Op, exchange: Exchange, tls: boolean): Promise<void> {
  if (!tls && exchange.mtls) throw violation(op, 'MT-03', 'an mTLS alias without mTLS');
  if (!tls || exchange.mtls) return;
  const aliases = (await buildMetadata(op))['mtls_endpoint_aliases'] as Json | undefined;
  const member =
    aliasMember[exchange.endpoint] ?? `${exchange.endpoint.replaceAll('-', '_')}_endpoint`;
  if (aliases?.[member] !== undefined) {
    throw violation(op, 'CA-03', 'the mTLS alias was not used', 'invalid_client', 401);
  }
}

async function checkAssertion(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
  method: string,
): Promise<void> {
  const wrong = (message: string) => violation(op, 'REQ-08', message, 'invalid_client', 401);
  const assertion = param(exchange, 'client_assertion') as string;
  if (param(exchange, 'client_assertion_type') !== ASSERTION_TYPE) {
    throw wrong('client_assertion_type is wrong');
  }
  const alg = algorithmOf(assertion);
  const registered = client.token_endpoint_auth_signing_alg;
  const symmetric = method === 'client_secret_jwt';
  if (alg === undefined || (registered ?? alg) !== alg || alg.startsWith('HS') !== symmetric) {
    throw wrong(`the assertion's alg is ${alg}, registered ${registered ?? method}`);
  }
  let claims: JWTPayload;
  try {
    const options = { currentDate: new Date(op.now() * 1000), clockTolerance: 60 };
    const verified = symmetric
      ? await jwtVerify(assertion, Buffer.from(client.client_secret ?? ''), options)
      : await jwtVerify(assertion, await clientKeys(op, client), options);
    claims = verified.payload;
  } catch (cause) {
    throw wrong(`the assertion does not verify: ${cause instanceof Error ? cause.message : ''}`);
  }
  checkAssertionClaims(op, exchange, client, claims, wrong);
}

function checkAssertionClaims(
  op: Op,
  exchange: Exchange,
  client: ClientRegistration,
  claims: JWTPayload,
  wrong: (message: string) => Error,
): void {
  const { iss, sub, aud, exp, iat, jti } = claims;
  if (iss !== client.client_id || sub !== client.client_id)
    throw wrong('iss or sub is not the client');
  const called = `${exchange.url.origin}${exchange.url.pathname}`;
  const accepted = [op.issuer, endpointUrl(op, 'token'), called];
  if (
    op.profile === 'fapi'
      ? aud !== op.issuer
      : ![aud].flat().some((a) => accepted.includes(a ?? ''))
  ) {
    throw wrong('aud is neither the issuer nor an endpoint');
  }
  if (exp === undefined || exp > op.now() + 86_400)
    throw wrong('exp is missing or over a day ahead');
  if (iat === undefined) throw wrong('iat is missing');
  if (!jti || seenInProcess.assertionIds.has(jti)) throw wrong('jti is missing or was used before');
  seenInProcess.assertionIds.add(jti);
}

function algorithmOf(jwt: string): string | undefined {
  try {
    return decodeProtectedHeader(jwt).alg;
  } catch {
    return undefined;
  }
}

function subjectOfAssertion(jwt: string): string | undefined {
  try {
    return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')).sub;
  } catch {
    return undefined;
  }
}
