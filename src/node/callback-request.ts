import type { IncomingMessage } from 'node:http';
import type { AuthorizationResponse } from '../authorization/response-parameters.ts';

/** Which requests are looked at. */
export interface Callback {
  /** Such as `http://127.0.0.1:41234`. */
  readonly origin: string;
  readonly path: string;
  /** Whether a form is awaited (`form_post`). */
  readonly isForm: boolean;
}

/** A form with a signed response and tokens is some kilobytes long. */
const BODY_BYTES = 65_536;

/**
 * What a request brings, if it can be what is awaited; else the status that it gets. Whatever comes
 * by another name than ours is no browser's that was sent here: a page of somebody else's may have
 * its own name lead to this machine (DNS rebinding).
 */
export async function callbackResponse(
  request: IncomingMessage,
  { isForm, origin, path }: Callback,
): Promise<AuthorizationResponse | number> {
  const { headers, method, url: target = '' } = request;
  if (!target.startsWith('/') || headers.host !== new URL(origin).host) return 404;
  const url = new URL(origin + target);
  if (url.pathname !== path) return 404;
  // An error of a provider that does not know the mode comes back as a query.
  if (method === 'GET') return url;
  if (method !== 'POST' || !isForm) return 405;
  const body = await textOf(request);
  if (body === undefined) return 413;
  const type = headers['content-type'] ?? '';
  return new Request(url, { method, body, headers: { 'content-type': type } });
}

async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
