import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { generate } from 'selfsigned';
import { ProxyAgent, fetch as undiciFetch } from 'undici';

/** Real names without DNS: an HTTPS server, and a proxy that dials it for every `*.example`. */
export interface Hosts {
  /** Of 127.0.0.1; everything but `*.example` is refused. */
  readonly proxyPort: number;
  /** What answers at `https://<host>`; a host that nobody serves answers 404. */
  serve(host: string, handler: RequestListener): void;
  /** For programs: reaches the same hosts. */
  readonly fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

export async function startHosts(
  names: readonly string[],
  isUnreachable: (host: string) => boolean,
): Promise<Hosts> {
  const handlers = new Map<string, RequestListener>();
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'example' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2 as const, value })) },
    ],
  });
  const server = createSecureServer({ cert, key }, (request, response) => {
    const { host = '' } = request.headers;
    // Of a connection from before; a new one is refused by the proxy.
    if (isUnreachable(host)) return void request.socket.destroy();
    const handler = handlers.get(host);
    if (handler) handler(request, response);
    else response.writeHead(404).end();
  });
  const port = await listening(server);

  const sockets = new Set<Socket>();
  const proxy = createServer((_request, response) => response.writeHead(403).end());
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    // A browser drops connections as it likes.
    client.on('error', () => client.destroy());
    if (!/^[a-z.]+\.example:443$/.test(url)) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    if (isUnreachable(url.replace(':443', ''))) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  const proxyPort = await listening(proxy);

  const agent = new ProxyAgent({
    uri: `http://127.0.0.1:${proxyPort}`,
    requestTls: { rejectUnauthorized: false },
  });
  return {
    proxyPort,
    serve: (host, handler) => void handlers.set(host, handler),
    fetch: ((input: string | URL, init: object) =>
      undiciFetch(input, { ...init, dispatcher: agent })) as unknown as typeof globalThis.fetch,
    async close() {
      await agent.destroy();
      const closed = [once(server, 'close'), once(proxy, 'close')];
      server.close();
      proxy.close();
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      proxy.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

async function listening(
  server: ReturnType<typeof createServer> | ReturnType<typeof createSecureServer>,
) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
