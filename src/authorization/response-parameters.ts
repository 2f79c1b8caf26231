import { abortable } from '../abortable.ts';
import { checkFailed, type Subject } from '../checks.ts';
import { isRelierError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { readText } from '../transport.ts';
import type { ResponsePlace } from './transaction.ts';

/**
 * The URL that the browser was sent back to, the request for it (with the form, if it was posted),
 * the data of a window message, or the parameters alone.
 */
export type AuthorizationResponse =
  | URL
  | Request
  | URLSearchParams
  | Readonly<Record<string, unknown>>;

/** What of this a page can be given: nobody posts a form to it. */
export type PageResponse = Exclude<AuthorizationResponse, Request>;

/** A response's parameters, and what can be seen of how they came. */
export interface ResponseParameters {
  readonly parameters: URLSearchParams;
  readonly place?: ResponsePlace;
  /** The path the response arrived at. */
  readonly path?: string;
}

/** Reads the parameters from wherever they stand. */
export async function responseParameters(
  response: AuthorizationResponse,
  subject: Subject,
  signal: AbortSignal | undefined,
): Promise<ResponseParameters> {
  if (!(response instanceof Request)) return visibleParameters(response);
  const url = new URL(response.url);
  return response.method === 'POST'
    ? fromForm(response, url.pathname, subject, signal)
    : visibleParameters(url);
}

/** The same without a `Request`. */
export function visibleParameters(response: PageResponse): ResponseParameters {
  if (response instanceof URLSearchParams) return { parameters: new URLSearchParams(response) };
  if (response instanceof URL) return fromUrl(response);
  if (typeof response !== 'object' || response === null) {
    throw invalidOption('response', 'must be a URL, a Request, a message or URLSearchParams');
  }
  // The standard message has the parameters one level down; Okta's is flat.
  const data = response['response'];
  const source = typeof data === 'object' && data !== null ? data : response;
  const parameters = new URLSearchParams();
  // A lifetime is a number here, where nothing makes a text of it on the way.
  for (const [name, value] of Object.entries(source)) {
    if (/^(?:string|number)$/.test(typeof value)) parameters.set(name, `${value}`);
  }
  return { parameters, place: 'message' };
}

function fromUrl(url: URL): ResponseParameters {
  const fragment = answerIn(url.hash.slice(1));
  const isFragment = fragment && !answerIn(url.search);
  return {
    parameters: isFragment ? fragment : new URLSearchParams(url.search),
    place: isFragment ? 'fragment' : 'query',
    path: url.pathname,
  };
}

/**
 * The parameters of an answer, if a query or a fragment is one. Other fragments are common: some
 * providers add an empty one, and pages have their own.
 */
export function answerIn(text: string): URLSearchParams | undefined {
  const parameters = new URLSearchParams(text);
  return parameters.has('state') || parameters.has('response') ? parameters : undefined;
}

async function fromForm(
  request: Request,
  path: string,
  subject: Subject,
  signal: AbortSignal | undefined,
): Promise<ResponseParameters> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) {
    throw checkFailed(subject, 'content_type');
  }
  if (request.bodyUsed) throw invalidOption('response', 'has a body that was read already');
  try {
    const text = await abortable(() => readText(request), signal, 'authorization');
    if (text === undefined) throw checkFailed(subject, 'size');
    return { parameters: new URLSearchParams(text), place: 'form_post', path };
  } catch (error) {
    throw isRelierError(error) ? error : checkFailed(subject, 'body');
  }
}
