import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface ForwardProxy {
  /** Without credentials. */
  readonly url: string;
  readonly port: number;
  /** What tunnels were asked for, such as `login.example:443`, oldest first. */
  readonly asked: readonly string[];
  /** How many bytes have gone through its tunnels to servers. */
  readonly carried: number;
  /** The certificates that clients have shown to the proxy itself. */
  readonly shown: readonly (Buffer | undefined)[];
  /** Takes connections and requests, and says nothing any more. */
  fallSilent(): void;
  close(): Promise<void>;
}

export interface ForwardProxyOptions {
  /** Where the names are that nobody else can resolve: host and port to a port of 127.0.0.1. */
  readonly routes: Readonly<Record<string, number>>;
  /** User name and password, with a colon in between, that it asks for. */
  readonly credentials?: string;
  /** Makes it a proxy that is spoken to over TLS. */
  readonly certificate?: Certificate & { readonly ca: string };
}

/** A small CONNECT proxy on 127.0.0.1 (RFC 9110 section 9.3.6), the only way to its names. */
export async function startForwardProxy(options: ForwardProxyOptions): Promise<ForwardProxy> {
  const { certificate, credentials, routes } = options;
  const asked: string[] = [];
  const shown: (Buffer | undefined)[] = [];
  const sockets = new Set<Socket>();
  let carried = 0;
  let isSilent = false;

  // Only tunnels: a request in the clear would be one that it could read.
  const refuse: RequestListener = (_request, response) => void response.writeHead(405).end();
  const server = certificate
    ? createSecureServer({ ...certificate, requestCert: true, rejectUnauthorized: false }, refuse)
    : createServer(refuse);
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  };
  server.on('connection', keep);
  server.on('secureConnection', (socket: TLSSocket) => shown.push(socket.getPeerCertificate().raw));

  server.on('connect', ({ headers, url = '' }, client: Socket) => {
    asked.push(url);
    client.on('error', () => {});
    if (isSilent) return;
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    if (expected && headers['proxy-authorization'] !== expected) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const port = routes[url];
    if (port === undefined) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.on('data', ({ length }: Buffer) => {
        carried += length;
      });
      upstream.pipe(client).pipe(upstream);
    });
    keep(upstream);
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate ? 'https://localhost' : 'http://127.0.0.1'}:${port}`,
    port,
    asked,
    get carried() {
      return carried;
    },
    shown,
    fallSilent() {
      isSilent = true;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
