import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface TlsServer {
  readonly port: number;
  /** Of 127.0.0.1, by the name in its certificate. */
  readonly origin: string;
  /** The certificates that were shown, one for each connection; `undefined` for none. */
  readonly shown: readonly (Buffer | undefined)[];
  close(): Promise<void>;
}

/** An HTTPS server as `localhost`; with `asks`, it asks for a certificate and takes any, or none. */
export async function startTlsServer(
  certificate: Certificate,
  listener: RequestListener,
  { asks }: { asks?: { readonly ca: string } } = {},
): Promise<TlsServer> {
  const shown: (Buffer | undefined)[] = [];
  const settings = asks ? { requestCert: true, rejectUnauthorized: false, ca: asks.ca } : {};
  const server = createServer({ ...certificate, ...settings }, listener);
  server.on('secureConnection', (socket: TLSSocket) => shown.push(socket.getPeerCertificate().raw));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `https://localhost:${port}`,
    shown,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
