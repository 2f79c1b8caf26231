import { randomUUID } from 'node:crypto';
import { html, isProtocolFailure, parsedBody, violation } from './answers.ts';
import { type ResponseTarget, respond } from './authorization-response.ts';
import { applyHook } from './faults.ts';
import { param } from './http.ts';
import { issueIdToken } from './id-token.ts';
import { takePushed } from './par.ts';
import { alphanumeric, awkward, dpopNonce, randomId } from './random.ts';
import { checkAuthorizationRequest, checkRedirectUri } from './request-checks.ts';
import { resolveRequestObject } from './request-object.ts';
import { issueAccessToken } from './token-issue.ts';
import type { Answer, ClientRegistration, Exchange, Grant, Json, Op, Params } from './types.ts';
import { subjectOf } from './user.ts';

/** Approves every valid request at once; there is no login page and no cookie. */
export async function authorize(op: Op, exchange: Exchange): Promise<Answer> {
  const plain = exchange.method === 'POST' ? exchange.params : [...exchange.url.searchParams];
  const pushed = takePushed(op, plain);
  const sent = pushed ? pushed.params : plain;
  const client = op.clients.get(param({ params: sent }, 'client_id') ?? '');
  if (!client) {
    op.violate('REQ-01', 'client_id is missing or unknown');
    return html('<p>REQ-01: client_id is missing or unknown</p>', 400);
  }
  if (op.store.nonces.as) op.store.nonces.as = dpopNonce();
  let target: ResponseTarget | undefined;
  try {
    const params = await resolveRequestObject(op, client, sent);
    target = targetOf(client, checkRedirectUri(op, client, params), params);
    if (!pushed && mustPush(op)) throw violation(op, 'PA-01', 'the request was not pushed');
    checkAuthorizationRequest(op, client, params, pushed ? [...params, ...plain] : plain);
    const refusal: Json = {};
    await applyHook(op, 'denial', refusal, { client, exchange });
    if (refusal['error']) return respond(op, target, Object.entries(refusal) as Params);
    return await approve(op, target, params, pushed?.jkt);
  } catch (cause) {
    if (!isProtocolFailure(cause)) throw cause;
    if (!target) return html(`<p>${cause.message.replaceAll('<', '&lt;')}</p>`, 400);
    return respond(op, target, Object.entries(parsedBody(cause.answer)) as Params);
  }
}

function mustPush(op: Op): boolean {
  const fapi = op.profile === 'fapi' && op.options.pushedAuthorization !== false;
  return fapi || op.faults.policy('requirePushed') === true;
}

function targetOf(client: ClientRegistration, redirectUri: string, params: Params): ResponseTarget {
  return {
    client,
    redirectUri,
    responseType: param({ params }, 'response_type') ?? 'code',
    responseMode: param({ params }, 'response_mode'),
    state: param({ params }, 'state'),
  };
}

async function approve(
  op: Op,
  target: ResponseTarget,
  params: Params,
  pushedKey: string | undefined,
): Promise<Answer> {
  const grant = grantOf(op, target, params, pushedKey);
  const types = target.responseType.split(' ').sort();
  const answer: Params = [];
  let code: string | undefined;
  let accessToken: string | undefined;
  if (types.includes('code')) {
    code = alphanumeric(40);
    op.store.codes.set(code, { grant, used: false, pkce: grant.challenge !== undefined });
    answer.push(['code', code]);
  }
  if (types.includes('token')) {
    accessToken = await issueAccessToken(op, grant, grant.scope, undefined);
    answer.push(['access_token', accessToken], ['token_type', 'Bearer'], ['scope', grant.scope]);
    const lifetime = op.options.accessTokenLifetime;
    if (lifetime !== undefined) answer.push(['expires_in', String(lifetime)]);
  }
  if (types.includes('id_token')) {
    const idToken = await issueIdToken(op, grant, {
      stage: 'authorization',
      ...(accessToken ? { accessToken } : {}),
      ...(code ? { code } : {}),
      ...(target.state ? { state: target.state } : {}),
    });
    answer.push(['id_token', idToken]);
  }
  if (op.options.logout) answer.push(['session_state', `${grant.sid.length}.${randomId()}`]);
  return respond(op, target, answer, grant);
}

function grantOf(
  op: Op,
  target: ResponseTarget,
  params: Params,
  pushedKey: string | undefined,
): Grant {
  const get = (name: string) => param({ params }, name);
  const claims = parseClaims(op, get('claims'));
  const acr = get('acr_values')?.split(' ')[0] ?? essentialAcr(claims);
  const jkt = pushedKey ?? get('dpop_jkt');
  const scope = get('scope') ?? '';
  const optional = {
    nonce: get('nonce'),
    maxAge: get('max_age') === undefined ? undefined : Number(get('max_age')),
    acr,
    challenge: get('code_challenge'),
    state: target.state,
    jkt,
    claims,
  };
  return {
    id: randomUUID(),
    client: target.client,
    sub: subjectOf(op),
    scope,
    openid: scope.split(' ').includes('openid'),
    sid: awkward(),
    authTime: op.now(),
    redirectUri: target.redirectUri,
    responseType: target.responseType.split(' ').sort().join(' '),
    resource: params.filter(([name]) => name === 'resource').map(([, value]) => value),
    refreshes: 0,
    ...defined(optional),
  };
}

function parseClaims(op: Op, text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw violation(op, 'REQ-01', 'the claims parameter is not JSON');
  }
}

function essentialAcr(claims: Json | undefined): string | undefined {
  const wanted = (claims?.['id_token'] as Json | undefined)?.['acr'] as Json | undefined;
  return (wanted?.['value'] ?? (wanted?.['values'] as unknown[] | undefined)?.[0]) as
    | string
    | undefined;
}

function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as never;
}
