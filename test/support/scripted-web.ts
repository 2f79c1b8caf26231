import type { Fetch } from '../../src/index.ts';

export interface ScriptedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

export type Responder = (request: ScriptedRequest) => Response | Promise<Response>;

/** A `fetch` that answers as told, by URL without query; everything else is a 404. */
export interface ScriptedWeb {
  readonly fetch: Fetch;
  /** Everything that was asked for, oldest first. */
  readonly requests: readonly ScriptedRequest[];
  on(url: string, responder: Responder): void;
  count(url: string): number;
}

export function createWeb(routes: Record<string, Responder> = {}): ScriptedWeb {
  const responders = new Map(Object.entries(routes));
  const requests: ScriptedRequest[] = [];
  const place = (url: string) => url.replace(/[?#].*/, '');
  return {
    requests,
    on: (url, responder) => void responders.set(url, responder),
    count: (url) => requests.filter((request) => place(request.url) === url).length,
    async fetch(url, { method = 'GET', headers, body }) {
      const request = { method, url, headers: new Headers(headers), body: String(body ?? '') };
      requests.push(request);
      return (responders.get(place(url)) ?? notFound)(request);
    },
  };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

export function notFound(): Response {
  return new Response('<p>not found</p>', { status: 404 });
}

/** What a test waits for and decides about. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function defer<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
