import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { ada, createUserAgent } from '../support/user-agent.ts';

/** What somebody was answered. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a request looks like beside its address. */
export interface Knock {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** The target of the request line, where it is not the path of the address. */
  readonly target?: string;
}

/** A request to a loopback server that says exactly what it is told to say. */
export async function knock(url: URL | string, options: Knock = {}): Promise<Reply> {
  const { body, headers, method = body === undefined ? 'GET' : 'POST', target } = options;
  const { hostname, pathname, port, search } = new URL(url);
  const sent = request({
    host: hostname.replace(/[[\]]/g, ''),
    port,
    method,
    path: target ?? pathname + search,
    headers: { host: new URL(url).host, ...headers },
    agent: false,
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { headers: received, statusCode = 0 } = response;
  return { status: statusCode, headers: received, body: await text(response) };
}

/** Posts a form, as the page of a provider does. */
export function post(url: URL | string, body: string): Promise<Reply> {
  return knock(url, { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
}

/** A person with a browser of the machine, for whom the application opens addresses. */
export interface Visitor {
  /** The value for `signInWithLoopback({ openBrowser })`; it does not wait for the person. */
  readonly openBrowser: (url: URL) => void;
  /** What the application has opened. */
  readonly opened: readonly URL[];
  /** What the browser has shown at the end of each. */
  readonly shown: readonly Promise<Reply>[];
}

/** @param comeBack takes the authorization URL, and returns what the application answered. */
export function visitor(comeBack: (url: URL) => Promise<Reply> = asAda): Visitor {
  const opened: URL[] = [];
  const shown: Promise<Reply>[] = [];
  return {
    opened,
    shown,
    openBrowser(url) {
      opened.push(url);
      const page = comeBack(url);
      // Who looks at it later finds out that it failed.
      page.catch(() => {});
      shown.push(page);
    },
  };
}

/** Signs in at the real provider, and comes back. */
export async function asAda(url: URL): Promise<Reply> {
  return knock(await createUserAgent().signIn(url, ada));
}

/** Where the application listens, as its authorization request says. */
export function callbackOf(url: URL): URL {
  return new URL(url.searchParams.get('redirect_uri') ?? '');
}

/** The callback with the `state` of the request. */
export function answerTo(url: URL, parameters: Record<string, string>): URL {
  const callback = callbackOf(url);
  const state = url.searchParams.get('state') ?? '';
  callback.search = `${new URLSearchParams({ state, ...parameters })}`;
  return callback;
}

/** The sockets that this process listens at or is connected by, as Node counts them. */
export function openSockets(): number {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /^TCP(?:Server|Socket)Wrap$|^HTTPIncoming/.test(name)).length;
}
