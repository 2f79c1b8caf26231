import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on 127.0.0.1 that does exactly what it is told to. */
export interface RawServer {
  readonly origin: string;
  /** Paths that were asked for, oldest first. */
  readonly requests: readonly string[];
  /** How the next requests are answered. */
  answer(listener: RequestListener): void;
  /** The next requests are all answered like this. */
  answering(status: number, body: string, headers?: Record<string, string>): void;
  close(): Promise<void>;
}

export async function startRawServer(
  listener: RequestListener = (_request, response) => response.writeHead(503).end(),
): Promise<RawServer> {
  let current = listener;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    current(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer(next) {
      current = next;
    },
    answering(status, body, headers = {}) {
      current = (_request, response) => void response.writeHead(status, headers).end(body);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An address of this machine at which nobody listens. */
export async function closedPort(): Promise<string> {
  const server = await startRawServer();
  await server.close();
  return server.origin;
}

export const html = { 'content-type': 'text/html' };
export const asJson = { 'content-type': 'application/json' };
