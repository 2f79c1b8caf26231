import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listener {
  /** Such as `http://127.0.0.1:41234`, no trailing slash. */
  readonly origin: string;
  serve(handler: RequestListener): void;
  close(): Promise<void>;
}

/**
 * Takes a port first and a handler later, because the servers of this demo need to know each
 * other's addresses before they can be configured.
 */
export async function listen(host: '127.0.0.1' | 'localhost', port = 0): Promise<Listener> {
  let handler: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handler(request, response));
  server.listen(port, host);
  await once(server, 'listening');

  return {
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    serve(next) {
      handler = next;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
