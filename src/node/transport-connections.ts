import type { Dispatcher, Pool as UndiciPool, RequestInit as UndiciRequest } from 'undici';
import { isLoopback } from '../secure-url.ts';
import type { ProxySettings } from './transport-proxy.ts';
import type { TlsContexts } from './transport-tls.ts';

/** What the connections of one transport are made of. All limits are positive. */
export interface ConnectionSettings {
  readonly tls: TlsContexts;
  readonly proxy: ProxySettings | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly maxConnections: number;
}

/** The connections of one transport, and the `fetch` that belongs to them. */
export interface Connections {
  send(url: string, init: RequestInit): Promise<Response>;
  /** Takes no more requests, and waits for those under way. */
  close(): Promise<unknown>;
}

/** Loads undici, and makes a pool of connections for each server, and for the proxy. */
export async function openConnections(settings: ConnectionSettings): Promise<Connections> {
  const { proxy, tls } = settings;
  // Has the built-in fetch take its place first: undici would take it where nobody has, and
  // everything else in this process would be sent by undici.
  Reflect.get(globalThis, 'Response');
  const undici = await import('undici');

  const timeout = settings.connectTimeoutMs;
  const common = {
    connections: settings.maxConnections,
    keepAliveTimeout: settings.keepAliveMs,
    headersTimeout: settings.headersTimeoutMs,
    bodyTimeout: settings.bodyTimeoutMs,
  };
  const toServer = { timeout, ...(tls.server && { secureContext: tls.server }) };
  const direct = new undici.Agent({ ...common, connect: toServer });
  const agents: Dispatcher[] = [direct];
  let dispatcher: Dispatcher = direct;
  if (proxy) {
    const through = new undici.EnvHttpProxyAgent({
      ...common,
      ...proxy,
      connect: toServer,
      requestTls: toServer,
      proxyTls: { timeout, ...(tls.proxy && { secureContext: tls.proxy }) },
      clientFactory: (origin, options) =>
        askedWithin(timeout, new undici.Pool(origin, { ...options, headersTimeout: timeout })),
    });
    agents.push(through);
    // What is for this machine stays here: a proxy has a loopback interface of its own, and plain
    // http is allowed only because nobody else can read it.
    dispatcher = through.compose(
      (proxied) => (request, handler) =>
        isLoopback(new URL(`${request.origin}`).hostname)
          ? direct.dispatch(request, handler)
          : proxied(request, handler),
    );
  }

  return {
    // The platform's types and undici's describe the same standard, and do not know each other.
    send: (url, init) =>
      undici.fetch(url, {
        ...(init as UndiciRequest),
        dispatcher,
      }) as Promise<unknown> as Promise<Response>,
    close: () => Promise.all(agents.map((agent) => agent.close())),
  };
}

/** The connections to a proxy, which say in a code what undici says in words only. */
function askedWithin(timeoutMs: number, pool: UndiciPool): UndiciPool {
  const connect = pool.connect.bind(pool);
  return Object.assign(pool, {
    async connect(request: Dispatcher.ConnectOptions) {
      let answer: Dispatcher.ConnectData;
      try {
        answer = await connect(request);
      } catch (error) {
        const { code } = Object(error);
        // The proxy's silence is one about connecting; the server's headers are not due yet.
        if (code === 'UND_ERR_HEADERS_TIMEOUT') {
          throw failure('UND_ERR_CONNECT_TIMEOUT', `${timeoutMs} ms`);
        }
        // With these, undici would connect again at once, and without end.
        const isCut = code === 'UND_ERR_SOCKET' || code === 'UND_ERR_INFO';
        throw isCut ? failure('ECONNRESET', 'The proxy closed the connection.') : error;
      }
      const { socket, statusCode } = answer;
      if (statusCode === 200) return answer;
      socket.on('error', () => {}).destroy();
      throw failure(`PROXY_STATUS_${statusCode}`, 'The proxy refused to connect.');
    },
  });
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
