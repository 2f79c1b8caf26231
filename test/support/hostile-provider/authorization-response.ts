import { html, redirect } from './answers.ts';
import { type AuthorizationDraft, applyHook } from './faults.ts';
import { defaultAlgorithm } from './id-token.ts';
import { draftJwt, serializeJwt } from './jws.ts';
import { buildMetadata } from './metadata.ts';
import type { Answer, ClientRegistration, Grant, Json, Op, Params } from './types.ts';

export interface ResponseTarget {
  client: ClientRegistration;
  redirectUri: string;
  responseType: string;
  responseMode: string | undefined;
  state: string | undefined;
}

/** Sends parameters to the redirect URI in the response mode that was asked for. */
export async function respond(
  op: Op,
  target: ResponseTarget,
  params: Params,
  grant?: Grant,
): Promise<Answer> {
  const draft: AuthorizationDraft = { params: [...params], mode: modeOf(target) };
  if (target.state !== undefined) draft.params.push(['state', target.state]);
  const protectedMode = draft.mode.endsWith('.jwt');
  const metadata = await buildMetadata(op);
  if (!protectedMode && metadata['authorization_response_iss_parameter_supported'] === true) {
    draft.params.push(['iss', op.issuer]);
  }
  const context = { client: target.client, ...(grant ? { grant } : {}) };
  await applyHook(op, 'authorization', draft, context);
  const sent = draft.mode.endsWith('.jwt')
    ? await protect(op, target.client, draft.params)
    : draft.params;
  return deliver(draft.mode.replace('.jwt', ''), target.redirectUri, sent);
}

function modeOf(target: ResponseTarget): string {
  const normal = target.responseType === 'code' ? 'query' : 'fragment';
  if (target.responseMode === 'jwt') return `${normal}.jwt`;
  return target.responseMode ?? normal;
}

/** Names that start with `outer:` stay beside the JWT; only faults make them. */
async function protect(op: Op, client: ClientRegistration, params: Params): Promise<Params> {
  const outer = params.filter(([name]) => name.startsWith('outer:'));
  const inner = params.filter(([name]) => !name.startsWith('outer:'));
  const alg = client.authorization_signed_response_alg ?? defaultAlgorithm(op);
  const payload: Json = {
    iss: op.issuer,
    aud: client.client_id,
    exp: op.now() + 600,
    ...Object.fromEntries(inner),
  };
  const draft = draftJwt(op.keys, alg, payload, client);
  await applyHook(op, 'jarm', draft, { client });
  const response = await serializeJwt(draft);
  return [
    ['response', response],
    ...outer.map(([name, value]): [string, string] => [name.slice(6), value]),
  ];
}

function deliver(mode: string, redirectUri: string, params: Params): Answer {
  if (mode === 'silence') return { status: 200, headers: [], body: { kind: 'no-answer' } };
  if (mode === 'form_post') return html(postingForm(redirectUri, params));
  const text = params.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeValue(name, value)}`,
  );
  const separator = mode === 'fragment' ? '#' : redirectUri.includes('?') ? '&' : '?';
  return redirect(`${redirectUri}${separator}${text.join('&')}`);
}

/** As the suite does it, a `+` in `state` is left as it is, and so turns into a space. */
function encodeValue(name: string, value: string): string {
  const encoded = encodeURIComponent(value);
  return name === 'state' ? encoded.replaceAll('%2B', '+') : encoded;
}

function postingForm(action: string, params: Params): string {
  const fields = params.map(
    ([name, value]) =>
      `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return `<form method="post" action="${escapeHtml(action)}">${fields.join('')}<noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script>`;
}

export function escapeHtml(value: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return value.replace(/[&<>"']/g, (character) => entities[character] as string);
}
