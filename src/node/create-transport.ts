import { requireSignal } from '../abortable.ts';
import { invalidOption, requireOptions } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import { platformResponse } from './transport-body.ts';
import { type Connections, openConnections } from './transport-connections.ts';
import { failuresAt, transportClosed } from './transport-failure.ts';
import { type TransportOptions, transportSettings } from './transport-options.ts';
import { mayRetry, withRetries } from './transport-retries.ts';

/** Connections to servers, kept for the next request. */
export interface HttpTransport {
  /** Sends one request. Fits `createClient({ fetch })`; takes a URL, not a `Request`. */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /**
   * Takes no more requests, waits up to 15 seconds for those under way, and closes all connections.
   */
  close(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const GRACE_MS = 15_000;

/**
 * A `fetch` for clients on Node with what the platform's has not: a proxy, certificate authorities
 * of your own, a client certificate, a time-out for each stage, and retries of requests that change
 * nothing. Without one, relier uses the platform's.
 *
 * Synchronous, and opens nothing: certificates and proxies are checked, `undici` is loaded with the
 * first request, and idle connections do not keep the process alive.
 *
 * @param options what differs from the defaults
 * @returns a transport, for any number of clients. Its `fetch` rejects with a `TimeoutError`
 *   `timeout` (the message names the stage), or a `TransportError`: `network_error` (with a `reason`
 *   such as `ECONNREFUSED`, or `PROXY_STATUS_407`), `response_too_large`, `aborted` after `close()`;
 *   and with the reason of an aborted `signal`. Bodies fail in the same way
 * @throws ConfigurationError `invalid_option`, also where the environment names a proxy that cannot be
 * @see RFC 8705 (mutual TLS)
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs'
 * import { clientCredentialsGrant, createClient, tlsClientAuth } from 'relier'
 * import { createTransport } from 'relier/node'
 *
 * export async function reportsToken() {
 *   const transport = createTransport({
 *     certificate: { cert: readFileSync('client.pem'), key: readFileSync('client.key') },
 *   })
 *   const client = createClient({
 *     issuer: 'https://login.example.com',
 *     clientId: 'reports',
 *     authentication: tlsClientAuth(),
 *     fetch: transport.fetch,
 *   })
 *   try {
 *     return await clientCredentialsGrant(client)
 *   } finally {
 *     await transport.close()
 *   }
 * }
 * ```
 */
export function createTransport(options: TransportOptions = {}): HttpTransport {
  const settings = transportSettings(options);
  const { clock, maxResponseBytes, timeoutMs } = settings;
  const underWay = new Set<AbortController>();
  let opening: Promise<Connections> | undefined;
  let closing: Promise<void> | undefined;
  let isOpen = true;

  async function send(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const target = requireUrl(url);
    requireOptions(init, 'init');
    if (init.signal) requireSignal(init.signal);
    const sent = { ...init, headers: requireHeaders(init.headers) };
    const request = init.body instanceof FormData ? await withEncodedForm(sent) : sent;
    const failures = failuresAt(target, settings);
    const controller = new AbortController();
    const { signal } = controller;
    const failure = (error: unknown) => (signal.aborted ? signal.reason : failures.from(error));
    // By hand, because `AbortSignal.any` does not hear a signal of another realm.
    const giveUp = () => controller.abort(init.signal?.reason);
    if (init.signal?.aborted) giveUp();
    init.signal?.addEventListener('abort', giveUp);
    const stopTimer =
      timeoutMs === Infinity
        ? () => {}
        : clock.setTimer(() => controller.abort(failures.late('timeoutMs')), timeoutMs);
    underWay.add(controller);
    const onEnd = () => {
      stopTimer();
      init.signal?.removeEventListener('abort', giveUp);
      underWay.delete(controller);
    };

    const attempt = async () => {
      try {
        if (!isOpen) throw transportClosed();
        opening ??= openConnections(settings);
        const connections = await opening;
        return await connections.send(target.href, { ...request, signal });
      } catch (error) {
        throw failure(error);
      }
    };
    try {
      const answer = await (mayRetry(request) ? withRetries(attempt, signal, settings) : attempt());
      return platformResponse(answer, { failure, failures, maxResponseBytes, onEnd });
    } catch (error) {
      onEnd();
      throw error;
    }
  }

  async function shutDown(): Promise<void> {
    isOpen = false;
    const connections = await opening?.catch(() => undefined);
    const stopTimer = clock.setTimer(() => {
      for (const controller of underWay) controller.abort(transportClosed());
    }, GRACE_MS);
    await connections?.close();
    stopTimer();
  }

  const close = () => {
    closing ??= shutDown();
    return closing;
  };
  return Object.freeze({ fetch: send, close, [Symbol.asyncDispose]: close });
}

function requireUrl(value: unknown): URL {
  const url = typeof value === 'string' || value instanceof URL ? parseUrl(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw invalidOption('url', 'must be an absolute http or https URL without credentials');
  }
  return url;
}

function requireHeaders(value: RequestInit['headers']): Headers {
  try {
    return new Headers(value);
  } catch {
    // The platform's message shows the value.
    throw invalidOption('headers', 'holds a field that cannot be sent');
  }
}

type Sent = RequestInit & { readonly headers: Headers };

/** Undici knows its own `FormData` only, and would send the name of the platform's. */
async function withEncodedForm({ body, headers, ...rest }: Sent): Promise<Sent> {
  const form = new Response(body);
  headers.set('content-type', form.headers.get('content-type') as string);
  return { ...rest, headers, body: await form.arrayBuffer() };
}
