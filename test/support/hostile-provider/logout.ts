import { randomUUID } from 'node:crypto';
import { html, redirect, text, violation } from './answers.ts';
import { escapeHtml } from './authorization-response.ts';
import { applyHook, type Fault } from './faults.ts';
import { param } from './http.ts';
import { defaultAlgorithm } from './id-token.ts';
import { draftJwt, serializeJwt } from './jws.ts';
import type { Answer, Exchange, Grant, Json, Op } from './types.ts';
import { subjectOf } from './user.ts';

export const BACKCHANNEL_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export interface LogoutTokenSubject {
  clientId?: string;
  sub?: string;
  sid?: string;
  claims?: Json;
}

/** A back-channel logout token: good, or bent by `fault` and by the switches that are on. */
export async function makeLogoutToken(
  op: Op,
  subject: LogoutTokenSubject = {},
  fault?: Fault,
): Promise<string> {
  const client = op.clients.get(subject.clientId ?? 's6BhdRkqt3');
  if (!client) throw new Error(`no client ${subject.clientId}`);
  const now = op.now();
  const payload: Json = {
    iss: op.issuer,
    sub: subject.sub ?? subjectOf(op),
    aud: client.client_id,
    jti: randomUUID(),
    ...(subject.sid === undefined ? {} : { sid: subject.sid }),
    iat: now,
    exp: now + 120,
    events: { [BACKCHANNEL_EVENT]: {} },
    'urn:unknown:claim': 'to be ignored',
    ...subject.claims,
  };
  const alg = client.id_token_signed_response_alg ?? defaultAlgorithm(op);
  const draft = draftJwt(op.keys, alg, payload, client);
  await applyHook(op, 'logoutToken', draft, { client });
  await fault?.logoutToken?.(draft, { op, value: undefined, client, memory: new Map() });
  return serializeJwt(draft);
}

/** Ends the session everywhere, then sends the browser back. */
export async function endSession(op: Op, exchange: Exchange): Promise<Answer> {
  const hint = param(exchange, 'id_token_hint');
  const back = param(exchange, 'post_logout_redirect_uri');
  const state = param(exchange, 'state');
  const grant = hint === undefined ? undefined : op.store.idTokens.get(hint);
  const wrong = (message: string) => violation(op, 'LO-01', message);
  if (hint !== undefined && !grant) throw wrong('id_token_hint is no ID Token of this provider');
  const client = grant?.client ?? op.clients.get(param(exchange, 'client_id') ?? '');
  if (back !== undefined && !client?.post_logout_redirect_uris?.includes(back)) {
    throw wrong('post_logout_redirect_uri is not registered');
  }
  if (grant) {
    op.store.endedSessions.add(grant.sid);
    await postLogoutToken(op, grant);
  }
  const target = back === undefined ? undefined : returnUrl(op, back, state);
  const frame = grant ? frontchannelUrl(op, grant) : undefined;
  if (!frame) return target === undefined ? html('<p>signed out</p>') : redirect(target);
  const next =
    target === undefined ? '' : `<a id="continue" href="${escapeHtml(target)}">continue</a>`;
  return html(`<iframe src="${escapeHtml(frame)}"></iframe>${next}`);
}

function returnUrl(op: Op, back: string, state: string | undefined): string {
  const returned = op.faults.active.has('LO-03')
    ? undefined
    : op.faults.active.has('LO-02') && state !== undefined
      ? `${state}_INVALID`
      : state;
  if (returned === undefined) return back;
  return `${back}${back.includes('?') ? '&' : '?'}state=${encodeURIComponent(returned)}`;
}

async function postLogoutToken(op: Op, grant: Grant): Promise<void> {
  const uri = grant.client.backchannel_logout_uri;
  if (!uri) return;
  const { client, sub, sid } = grant;
  const token = await makeLogoutToken(op, { clientId: client.client_id, sub, sid });
  const body = new URLSearchParams({ logout_token: token, unknown_field: 'to be ignored' });
  const response = await fetch(uri, { method: 'POST', body, redirect: 'manual' });
  if (!response.headers.get('cache-control')?.includes('no-store')) {
    op.warnings.push({ row: 'LO-04', message: 'the answer lacks Cache-Control: no-store' });
  }
}

/** The client's front-channel logout URL for that session. */
export function frontchannelUrl(op: Op, grant: Pick<Grant, 'client' | 'sid'>): string | undefined {
  const uri = grant.client.frontchannel_logout_uri;
  if (!uri) return undefined;
  const url = new URL(uri);
  if (grant.client.frontchannel_logout_session_required) {
    url.searchParams.set('iss', op.issuer);
    url.searchParams.set('sid', grant.sid);
  }
  return url.href;
}

/** The OP iframe: answers `unchanged` until any session of this provider has ended. */
export function serveCheckSession(op: Op): Answer {
  const script = `addEventListener('message', async (event) => {
  const [clientId, sessionState] = String(event.data).split(' ');
  const status = clientId && sessionState ? await (await fetch(${JSON.stringify(`${op.base}/session-status`)})).text() : 'error';
  event.source.postMessage(status, event.origin);
});`;
  return html(`<script>${script}</script>`);
}

export function serveSessionStatus(op: Op): Answer {
  return text(op.store.endedSessions.size > 0 ? 'changed' : 'unchanged', 'text/plain');
}
