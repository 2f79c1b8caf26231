import type { StepUpDetails, StepUpRequiredError } from '../errors.ts';
import { invalidOption, requireOptions, requireResources, requireText } from '../options.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';
import type { ResourceAnswer, ResourceRequestOptions } from '../tokens/fetch-resource.ts';
import { withoutUndefined } from '../without-undefined.ts';
import type { SessionTokenOptions } from './engine.ts';
import { assertSamePerson, type HeldToken } from './session-view.ts';

/** An API that the session may send its tokens to. */
export interface SessionResource {
  /** Everything at this URL and below it, by whole segments of the path. */
  readonly url: string;
  /** The resource to ask tokens for (RFC 8707). */
  readonly resource?: string | undefined;
  /** The scope to ask for, where it is narrower than the one of the sign-in. */
  readonly scope?: string | undefined;
}

export interface SessionFetchOptions {
  readonly resources: readonly SessionResource[];
  readonly allowLoopback: boolean;
  readonly getToken: (options: SessionTokenOptions) => Promise<HeldToken>;
  readonly send: (
    token: HeldToken['token'],
    url: URL,
    options: ResourceRequestOptions,
  ) => Promise<ResourceAnswer>;
  /** The age of a token in milliseconds. */
  readonly ageOf: (token: HeldToken['token']) => number;
  /** The error for what an API asks for. */
  readonly stepUpError: (
    origin: string,
    details: StepUpDetails,
    refused: HeldToken['token'],
  ) => StepUpRequiredError;
}

/** An API that refuses even new tokens must not make us ask the provider for ever more of them. */
export const TOO_YOUNG_TO_REPLACE_MS = 30_000;

/** A `fetch` that sends access tokens to the configured APIs, and to nobody else. */
export function sessionFetch(options: SessionFetchOptions) {
  const { ageOf, getToken, send } = options;
  const resources = options.resources
    .map((resource) => configured(resource, options.allowLoopback))
    .sort((a, b) => b.path.length - a.path.length);

  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { request, url } = readCall(input, init);
    const found = resources.find(({ origin, path }) => origin === url.origin && isBelow(url, path));
    if (!found) throw invalidOption('url', "is not below any of the session's resources");
    const { target } = found;

    const { signal } = request;
    /** Sends it once. Says whether it was the token that the API did not like. */
    const ask = async ({ token }: HeldToken) => {
      const { challenges, response } = await send(token, url, request);
      if (response.status !== 401) return { response };
      const errors = challenges.map(({ parameters }) => parameters.error);
      const stepUp = challenges[errors.indexOf('insufficient_user_authentication')];
      if (stepUp) {
        await response.body?.cancel();
        throw options.stepUpError(url.origin, demandOf(stepUp), token);
      }
      // Across origins a page does not see the challenge, unless the API exposes it.
      const reason = errors.find((error) => error) ?? 'invalid_token';
      return { response, isRefused: reason === 'invalid_token' };
    };

    const token = await getToken({ ...target, signal });
    const { isRefused, response } = await ask(token);
    if (!isRefused || ageOf(token.token) < TOO_YOUNG_TO_REPLACE_MS) return response;
    const rejected = token.token.accessToken;
    let newer: HeldToken;
    try {
      newer = await getToken({ ...target, rejected, signal });
      assertSamePerson(token, newer);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
    if (!canRepeat(request.body)) return response;
    await response.body?.cancel();
    return (await ask(newer)).response;
  };
}

/** What an API wants of the next sign-in (RFC 9470 section 3). */
function demandOf({ parameters }: ResourceAnswer['challenges'][number]): StepUpDetails {
  const { acr_values, max_age = '' } = parameters;
  return withoutUndefined({
    acrValues: acr_values || undefined,
    maxAge: /^\d{1,10}$/.test(max_age) ? Number(max_age) : undefined,
  });
}

/** A configured API: checked, and ready to compare with. */
function configured(given: SessionResource, allowLoopback: boolean) {
  requireOptions(given, 'resources');
  const url = parseUrl(requireText(given.url, 'resources.url'));
  if (!url || url.username || url.password || /[?#]/.test(given.url)) {
    throw invalidOption('resources.url', 'must be a URL without query, fragment and credentials');
  }
  assertSecureUrl(url, allowLoopback, 'resources.url');
  const { resource, scope } = given;
  if (resource !== undefined) requireResources(requireText(resource, 'resource'));
  if (scope !== undefined) requireText(scope, 'scope');
  return { origin: url.origin, path: url.pathname.replace(/\/$/, ''), target: { resource, scope } };
}

/** By whole segments. What a server may decode to another path is below nothing. */
function isBelow({ pathname }: URL, path: string): boolean {
  const plain = pathname.replace(/%2e/gi, '.');
  if (/(?:^|[/\\]|%2f|%5c)\.\.(?:$|[/\\;]|%2f|%5c)/i.test(plain)) return false;
  return pathname === path || pathname.startsWith(`${path}/`);
}

/** A stream has been read by now. */
function canRepeat(body: unknown): boolean {
  const isWhole = [ArrayBuffer, Blob, FormData, URLSearchParams].some(
    (kind) => body instanceof kind,
  );
  return isWhole || !body || typeof body === 'string' || ArrayBuffer.isView(body);
}

/** What a `Request` says besides method, headers and body. */
const SETTINGS = [
  'cache',
  'credentials',
  'integrity',
  'keepalive',
  'mode',
  'referrer',
  'referrerPolicy',
] as const;

/** What `fetch` is called with, taken apart; a body stays as it is, so that it can be sent twice. */
function readCall(input: string | URL | Request, init: RequestInit) {
  requireOptions(init, 'init');
  const given = typeof Object(input).url === 'string' ? (input as Request) : undefined;
  const { body, headers, method, signal, redirect: _, ...rest } = init;
  let url: URL;
  try {
    // The platform's base, where it has one.
    url = new URL(new Request(given?.url ?? `${input}`, { method: 'GET' }).url);
  } catch {
    throw invalidOption('url', 'must be an absolute URL without credentials');
  }
  const request: ResourceRequestOptions = {
    method: method ?? given?.method ?? 'GET',
    headers: (headers ?? given?.headers) as Headers,
    body: body ?? given?.body ?? null,
    signal: signal ?? given?.signal ?? undefined,
    init: {
      ...(given && Object.fromEntries(SETTINGS.map((name) => [name, given[name]]))),
      ...rest,
    },
  };
  return { request, url };
}
