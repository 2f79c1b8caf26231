import { violation } from './answers.ts';
import { param } from './http.ts';
import { seenInProcess } from './store.ts';
import type { ClientRegistration, Op, Params } from './types.ts';

const responseTypes = new Set([
  'code',
  'code id_token',
  'id_token',
  'id_token token',
  'token',
  'code token',
  'code id_token token',
]);
const responseModes = /^(query|fragment|form_post|query\.jwt|fragment\.jwt|form_post\.jwt|jwt)$/;

/** REQ-01's part about the redirect URI: until it holds, errors must not be redirected. */
export function checkRedirectUri(op: Op, client: ClientRegistration, params: Params): string {
  const redirectUri = param({ params }, 'redirect_uri');
  const wrong = (message: string) => violation(op, 'REQ-01', message);
  if (!redirectUri) throw wrong('redirect_uri is missing');
  if (!client.redirect_uris.some((known) => sameRedirect(client, known, redirectUri))) {
    throw wrong(`redirect_uri ${redirectUri} is not registered`);
  }
  if (redirectUri.includes('#')) throw wrong('redirect_uri has a fragment');
  const url = new URL(redirectUri);
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    const pureCode = param({ params }, 'response_type') === 'code';
    if (client.application_type === 'native' || !pureCode) throw wrong('redirect_uri is http');
  }
  return redirectUri;
}

export function checkAuthorizationRequest(
  op: Op,
  client: ClientRegistration,
  params: Params,
  plain: Params,
): void {
  checkResponseType(op, client, params);
  checkScope(op, client, params, plain);
  checkNonceAndState(op, params);
  checkPkce(op, client, params);
  const forbidden = op.options.requestObjects ?? (op.profile === 'oidc' ? 'forbidden' : 'allowed');
  const used = plain.some(([name, value]) => name === 'request' || isForeignUri(name, value, op));
  const policy = op.faults.policy('requestObjects');
  if (used && forbidden === 'forbidden' && !policy && !client.request_object_signing_alg) {
    throw violation(op, 'REQ-03', 'request objects are not part of this test');
  }
  // A pushed request was held to this when it was pushed.
  const pushed = plain.some(
    ([name, value]) => name === 'request_uri' && op.store.pushed.has(value),
  );
  if (!used && !pushed && (policy ?? forbidden) === 'required') {
    throw violation(op, 'JR-01', 'a request object is required');
  }
  for (const name of new Set(params.map(([known]) => known))) {
    const times = params.filter(([known]) => known === name).length;
    if (times > 1 && name !== 'resource') {
      throw violation(op, 'REQ-01', `${name} is given ${times} times`);
    }
  }
  const silent = param({ params }, 'prompt') === 'none' && param({ params }, 'max_age') === '0';
  if (silent && !op.faults.active.has('FP-02')) {
    throw violation(op, 'REQ-02', 'max_age=0 with prompt=none');
  }
}

/** A fingerprint that tells two transactions apart, and a reload from a new transaction. */
export function fingerprint(op: Op, params: Params): string {
  const parts = ['state', 'nonce', 'client_id', 'redirect_uri'];
  return JSON.stringify([op.id, ...parts.map((name) => param({ params }, name))]);
}

function isForeignUri(name: string, value: string, op: Op): boolean {
  return name === 'request_uri' && !op.store.pushed.has(value);
}

function sameRedirect(client: ClientRegistration, known: string, given: string): boolean {
  if (known === given) return true;
  // RFC 8252 section 7.3: the port of a native client's loopback redirect may vary.
  if (client.application_type !== 'native' || !URL.canParse(given)) return false;
  const [a, b] = [new URL(known), new URL(given)];
  return (
    ['127.0.0.1', '[::1]'].includes(a.hostname) &&
    a.protocol === b.protocol &&
    a.hostname === b.hostname &&
    a.pathname === b.pathname &&
    a.search === b.search
  );
}

function checkResponseType(op: Op, client: ClientRegistration, params: Params): void {
  const responseType = param({ params }, 'response_type');
  if (responseType === undefined) throw violation(op, 'REQ-01', 'response_type is missing');
  const known = client.response_types?.includes(responseType) ?? responseTypes.has(responseType);
  if (!known) throw violation(op, 'REQ-01', `response_type ${responseType} is not configured`);
  const mode = param({ params }, 'response_mode');
  if (mode !== undefined && !responseModes.test(mode)) {
    throw violation(op, 'REQ-01', `response_mode ${mode} is unknown`);
  }
  if (mode === 'query' && responseType !== 'code') {
    throw violation(op, 'REQ-01', 'response_mode query with a token in the response');
  }
}

function checkScope(op: Op, client: ClientRegistration, params: Params, plain: Params): void {
  const scope = param({ params }, 'scope') ?? '';
  const asked = scope.split(' ').includes('openid');
  const pushed = plain.some(
    ([name, value]) => name === 'request_uri' && op.store.pushed.has(value),
  );
  if (op.options.openid === false) {
    if (asked)
      throw violation(op, 'REQ-15', 'openid asked of a plain OAuth server', 'invalid_scope');
    return;
  }
  if (!asked) {
    throw violation(op, op.profile === 'fapi' ? 'REQ-15' : 'REQ-01', 'scope lacks openid');
  }
  const outer = param({ params: plain }, 'scope') ?? '';
  if (op.profile === 'oidc' && !pushed && !outer.split(' ').includes('openid')) {
    throw violation(op, 'REQ-01', 'the plain scope parameter lacks openid');
  }
  if (op.profile === 'fapi' && client.scope !== undefined && client.scope !== scope) {
    throw violation(op, 'REQ-15', `scope is ${scope}, registered ${client.scope}`, 'invalid_scope');
  }
}

function checkNonceAndState(op: Op, params: Params): void {
  const nonce = param({ params }, 'nonce');
  const state = param({ params }, 'state');
  const types = (param({ params }, 'response_type') ?? '').split(' ');
  if (types.includes('id_token') && !nonce) throw violation(op, 'REQ-04', 'nonce is missing');
  const odd = (value: string, limit: number) =>
    value.length > limit || !/^[A-Za-z0-9\-._~]*$/.test(value);
  if (nonce && odd(nonce, 43)) {
    op.warnings.push({ row: 'REQ-04', message: 'nonce is long or has unusual characters' });
  }
  if (state && odd(state, 128)) {
    op.warnings.push({ row: 'REQ-04', message: 'state is long or has unusual characters' });
  }
}

function checkPkce(op: Op, client: ClientRegistration, params: Params): void {
  const challenge = param({ params }, 'code_challenge');
  const method = param({ params }, 'code_challenge_method');
  const code = (param({ params }, 'response_type') ?? '').split(' ').includes('code');
  if (challenge === undefined) {
    const must = op.profile === 'fapi' || client.token_endpoint_auth_method === 'none';
    if (code && (must || op.options.requirePkce)) {
      throw violation(op, 'PK-03', 'code_challenge is missing');
    }
    return;
  }
  if (method !== 'S256') throw violation(op, 'REQ-05', 'code_challenge_method is not S256');
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw violation(op, 'REQ-05', 'code_challenge is not a SHA-256 hash');
  }
  const transaction = fingerprint(op, params);
  const seen = seenInProcess.challenges.get(challenge);
  seenInProcess.challenges.set(challenge, transaction);
  if (seen !== undefined && seen !== transaction) {
    throw violation(op, 'REQ-05', 'code_challenge was used before');
  }
}
