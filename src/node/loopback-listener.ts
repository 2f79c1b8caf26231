import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TransportError } from '../errors.ts';
import { failedWith, unless } from './system-errors.ts';

/** How a redirect URI names this machine. */
export type LoopbackHost = '127.0.0.1' | '[::1]' | 'localhost';

/** A server that nobody but this machine can reach. */
export interface LoopbackListener {
  /** Such as `http://127.0.0.1:41234`. */
  readonly origin: string;
  /** Who answers from now on; before that, nobody does. */
  serve(onRequest: RequestListener): void;
  /** Ends every connection, and returns when no socket is left. */
  close(): Promise<void>;
}

// Browsers try one address of `localhost` after the other, so both have to be ours.
const ADDRESSES: Readonly<Record<LoopbackHost, readonly string[]>> = {
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
  localhost: ['127.0.0.1', '::1'],
};

/** Somebody who only connects has no claim to a socket for long. */
const REQUEST_MS = 10_000;
/** A signed response in a query is some kilobytes long. */
const HEADER_BYTES = 65_536;
/** The free port of one address may be taken at the other. */
const FREE_PORTS_TRIED = 5;

/** Listens on the loopback interface only, at the first port that nobody else has. */
export async function listenOnLoopback(
  host: LoopbackHost,
  ports: readonly number[],
): Promise<LoopbackListener> {
  let current: RequestListener = (_request, response) => response.destroy();
  const onRequest: RequestListener = (request, response) => current(request, response);
  let reason = '';
  for (const port of ports.flatMap((port) => Array(port ? 1 : FREE_PORTS_TRIED).fill(port))) {
    const servers: Server[] = [];
    try {
      let taken: number = port;
      for (const address of ADDRESSES[host]) {
        const server = listen(address, taken, onRequest);
        // A machine without IPv6 has no such address, and no browser that would go there.
        const isSecond = servers.length > 0;
        const listening = await unless(isSecond ? ['EADDRNOTAVAIL', 'EAFNOSUPPORT'] : [], server);
        if (!listening) continue;
        servers.push(listening);
        taken = (listening.address() as AddressInfo).port;
      }
      return {
        origin: new URL(`http://${host}:${taken}`).origin,
        serve(next) {
          current = next;
        },
        close: () => closeAll(servers),
      };
    } catch (error) {
      await closeAll(servers);
      reason = (error as NodeJS.ErrnoException).code ?? String(error);
      if (!failedWith(error, 'EADDRINUSE', 'EACCES')) break;
    }
  }
  const places = ports.map((port) => (port ? `port ${port}` : 'any port')).join(', ');
  throw new TransportError(`Nobody can listen at ${host}, ${places}: ${reason}.`, {
    code: 'listen_failed',
    phase: 'authorization',
    retryable: reason === 'EADDRINUSE',
    reason,
  });
}

async function listen(host: string, port: number, onRequest: RequestListener): Promise<Server> {
  const server = createServer(
    {
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: REQUEST_MS / 10,
      maxHeaderSize: HEADER_BYTES,
    },
    onRequest,
  );
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  // A connection that could not be accepted is no reason to end; the next one may be the browser's.
  server.on('error', () => {});
  return server;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(async (server) => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }),
  );
}
