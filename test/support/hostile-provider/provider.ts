import { html, isProtocolFailure, setHeader } from './answers.ts';
import { authorize } from './authorization.ts';
import { defaultClients } from './clients.ts';
import { serveKeys, serveMetadata, serveWebfinger } from './discovery.ts';
import { announceNonce } from './dpop.ts';
import { echoSecrets } from './echo-secrets.ts';
import { applyAnswer, applyBefore, createActiveFaults } from './faults.ts';
import { startBackchannel, startDevice } from './grants-decoupled.ts';
import { paramsOf, type RawRequest } from './http.ts';
import { serveIntrospection, serveRevocation } from './introspection.ts';
import { createKeys } from './keys.ts';
import { endSession, serveCheckSession, serveSessionStatus } from './logout.ts';
import { paths } from './metadata.ts';
import { servePushed } from './par.ts';
import { randomId } from './random.ts';
import { serveRegistration } from './registration.ts';
import { serveResource } from './resource.ts';
import { createStore } from './store.ts';
import { serveToken } from './token.ts';
import type {
  Answer,
  Endpoint,
  Exchange,
  HostileProviderOptions,
  Op,
  RecordedRequest,
} from './types.ts';
import { serveClaims, serveUserinfo } from './userinfo.ts';

type Handler = (op: Op, exchange: Exchange) => Answer | Promise<Answer>;

const handlers: Record<Endpoint, Handler> = {
  discovery: serveMetadata,
  'oauth-metadata': serveMetadata,
  jwks: serveKeys,
  authorization: authorize,
  par: servePushed,
  token: serveToken,
  userinfo: serveUserinfo,
  claims: serveClaims,
  introspection: serveIntrospection,
  revocation: serveRevocation,
  registration: serveRegistration,
  'device-authorization': startDevice,
  'backchannel-authentication': startBackchannel,
  'end-session': endSession,
  'check-session': serveCheckSession,
  'session-status': serveSessionStatus,
  resource: serveResource,
  webfinger: serveWebfinger,
  unknown: () => html('<p>not found</p>', 404),
};

/** The provider without its sockets. */
export async function createOp(
  options: HostileProviderOptions,
  origin: string,
  elsewhere: string,
): Promise<Op> {
  const id = randomId();
  const style = options.issuerStyle ?? 'slash';
  const base = style === 'no-path' ? origin : `${origin}/test/${id}`;
  const profile = options.profile ?? 'oidc';
  const now = options.now ?? Date.now;
  const violations: Op['violations'] = [];
  const op: Op = {
    options,
    profile,
    origin,
    base,
    elsewhere,
    id,
    issuer: style === 'slash' ? `${base}/` : base,
    keys: await createKeys(profile, options.signingAlgorithm ?? 'PS256'),
    clients: new Map(
      (options.clients ?? defaultClients).map((client) => [client.client_id, { ...client }]),
    ),
    faults: createActiveFaults(),
    store: createStore(),
    requests: [],
    elsewhereRequests: [],
    violations,
    warnings: [],
    polls: [...(options.polls ?? ['authorization_pending'])],
    now: () => Math.floor(now() / 1000),
    violate: (row, message) => void violations.push({ row, message }),
  };
  return op;
}

/** Answers one request, honestly or as the active faults have it, and records it. */
export async function answerRequest(
  op: Op,
  request: RawRequest,
  elsewhere: boolean,
): Promise<Answer> {
  const url = new URL((elsewhere ? op.elsewhere : op.origin) + request.target);
  const { endpoint, mtls } = route(op, url.pathname);
  const params = paramsOf(request, url);
  const { method, headers, body } = request;
  const record: RecordedRequest = {
    endpoint,
    method,
    url: url.href,
    headers,
    params,
    body,
    status: 0,
  };
  (elsewhere ? op.elsewhereRequests : op.requests).push(record);
  const exchange: Exchange = { endpoint, method, url, headers, body, params, mtls, elsewhere };
  const answer = method === 'OPTIONS' ? preflight() : await decide(op, exchange);
  record.status = answer.status;
  return answer;
}

async function decide(op: Op, exchange: Exchange): Promise<Answer> {
  let answer: Answer;
  try {
    await applyBefore(op, exchange);
    answer = await handlers[exchange.endpoint](op, exchange);
  } catch (cause) {
    if (!isProtocolFailure(cause)) throw cause;
    answer =
      exchange.endpoint === 'authorization' || exchange.endpoint === 'end-session'
        ? html(`<p>${cause.message.replaceAll('<', '&lt;')}</p>`, cause.answer.status)
        : cause.answer;
  }
  setHeader(answer, 'access-control-allow-origin', '*');
  setHeader(answer, 'access-control-expose-headers', 'DPoP-Nonce, WWW-Authenticate');
  announceNonce(op, exchange, answer);
  if (exchange.headers['dpop'] !== undefined && answer.status < 300) forgetNonce(op, exchange);
  await applyAnswer(op, answer, exchange);
  if (op.options.echoSecrets) echoSecrets(answer, exchange);
  return answer;
}

/** A nonce serves one success; the next one is told only by the error that demands it. */
function forgetNonce(op: Op, exchange: Exchange): void {
  const resource = exchange.endpoint === 'resource' || exchange.endpoint === 'userinfo';
  const demand = op.faults.policy(resource ? 'rsNonce' : 'asNonce');
  if (demand === 'demand' || op.options.dpopNonces) op.store.nonces[resource ? 'rs' : 'as'] = '';
}

function preflight(): Answer {
  return {
    status: 204,
    headers: [
      ['access-control-allow-origin', '*'],
      ['access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE'],
      ['access-control-allow-headers', 'authorization, content-type, dpop, accept'],
    ],
    body: '',
  };
}

function route(op: Op, pathname: string): { endpoint: Endpoint; mtls: boolean } {
  const path = new URL(op.base).pathname.replace(/\/$/, '');
  const issuerPath = new URL(op.issuer).pathname;
  const wellKnown = '/.well-known/oauth-authorization-server';
  if (pathname === `${path}/.well-known/openid-configuration`) {
    return { endpoint: 'discovery', mtls: false };
  }
  if (pathname === `${wellKnown}${issuerPath}` || pathname === `${wellKnown}${path}`) {
    return { endpoint: 'oauth-metadata', mtls: false };
  }
  if (pathname === '/.well-known/webfinger') return { endpoint: 'webfinger', mtls: false };
  if (!pathname.startsWith(`${path}/`)) return { endpoint: 'unknown', mtls: false };
  const rest = pathname.slice(path.length);
  const mtls = rest.startsWith('/mtls/');
  const local = mtls ? rest.slice('/mtls'.length) : rest;
  for (const [endpoint, known] of Object.entries(paths) as [Endpoint, string][]) {
    const policy = endpoint === 'jwks' ? 'jwksSuffix' : 'endpointSuffix';
    if (local === `${known}${op.faults.policy(policy) ?? ''}`) return { endpoint, mtls };
  }
  return { endpoint: 'unknown', mtls: false };
}
