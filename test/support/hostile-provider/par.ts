import { failure, json, violation } from './answers.ts';
import { authenticateClient } from './client-authentication.ts';
import { checkProof } from './dpop.ts';
import { param } from './http.ts';
import { randomId } from './random.ts';
import { checkAuthorizationRequest, checkRedirectUri } from './request-checks.ts';
import { resolveRequestObject } from './request-object.ts';
import { requireForm } from './requests.ts';
import type { PushedRecord } from './store.ts';
import type { Answer, Exchange, Op, Params } from './types.ts';

const authenticationParams = new Set([
  'client_secret',
  'client_assertion',
  'client_assertion_type',
]);

export async function servePushed(op: Op, exchange: Exchange): Promise<Answer> {
  requireForm(op, exchange, 'REQ-12');
  const client = await authenticateClient(op, exchange);
  if (param(exchange, 'request_uri') !== undefined) {
    throw violation(op, 'REQ-12', 'request_uri in a pushed request');
  }
  const plain: Params = exchange.params.filter(([name]) => !authenticationParams.has(name));
  const named: Params = param({ params: plain }, 'client_id')
    ? plain
    : [...plain, ['client_id', client.client_id]];
  const params = await resolveRequestObject(op, client, named);
  checkRedirectUri(op, client, params);
  checkAuthorizationRequest(op, client, params, [...params, ...named.filter(isRequest)]);
  const announced = param({ params }, 'dpop_jkt');
  const jkt =
    (await checkProof(op, exchange, { boundTo: announced, bindingRow: 'DP-12' })) ?? announced;
  const lifetime = op.faults.policy('requestUriLifetime') ?? 90;
  const reserved = op.faults.active.has('PA-05') ? ' a&b=c#d+%25?/' : '';
  const requestUri = `urn:ietf:params:oauth:request_uri:${randomId()}${reserved}`;
  op.store.pushed.set(requestUri, {
    clientId: client.client_id,
    params,
    expiresAt: op.now() + lifetime,
    used: false,
    ...(jkt === undefined ? {} : { jkt }),
  });
  return json({ request_uri: requestUri, expires_in: Math.max(1, lifetime) }, 201);
}

/** The request that a browser's `request_uri` stands for; it opens once and not for long. */
export function takePushed(op: Op, plain: Params): PushedRecord | undefined {
  const record = op.store.pushed.get(param({ params: plain }, 'request_uri') ?? '');
  if (!record) return undefined;
  const others = plain.filter(([name]) => name !== 'client_id' && name !== 'request_uri');
  if (others.length > 0 || plain.length !== 2) {
    throw violation(op, 'REQ-12', `beside request_uri: ${others.map(([name]) => name).join(' ')}`);
  }
  if (param({ params: plain }, 'client_id') !== record.clientId) {
    throw violation(op, 'REQ-12', 'client_id is not that of the pushed request');
  }
  if (record.used) throw violation(op, 'PA-04', 'request_uri was used before');
  record.used = true;
  if (record.expiresAt <= op.now()) {
    throw failure(400, 'invalid_request_uri', 'request_uri is expired');
  }
  return record;
}

function isRequest([name]: [string, string]): boolean {
  return name === 'request';
}
