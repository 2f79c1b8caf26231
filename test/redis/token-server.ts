import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request for a token, as the server saw it. Times in ms since the epoch. */
export interface TokenRequest {
  readonly at: number;
  /** When it was sent: a token's life is counted from there. */
  readonly sentAt: number;
  /** The process that asked. */
  readonly process: string;
  readonly isAnswered: boolean;
}

/**
 * A token endpoint whose tokens say to the millisecond until when they are good: a real provider
 * counts in whole seconds, and has no outages on demand.
 */
export interface TokenServer {
  readonly issuer: string;
  readonly requests: readonly TokenRequest[];
  /** From now on it refuses, or drops connections, until it is told to go on. */
  fail(how: 'refuses' | 'drops'): void;
  recover(): void;
  close(): Promise<void>;
}

export async function startTokenServer(lifeMs: number): Promise<TokenServer> {
  const requests: TokenRequest[] = [];
  let failing: 'refuses' | 'drops' | undefined;
  const server = createServer((request, response) => {
    const at = Date.now();
    request.resume();
    request.once('end', () => {
      const { 'x-process': process, 'x-sent-at': sentAt } = request.headers;
      requests.push({ at, sentAt: Number(sentAt), process: `${process}`, isAnswered: !failing });
      if (failing === 'drops') return response.destroy();
      if (failing) return json(response, 503, { error: 'temporarily_unavailable' });
      json(response, 200, {
        access_token: `token-${requests.length}-${at + lifeMs}`,
        token_type: 'Bearer',
        expires_in: lifeMs / 1000,
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fail(how) {
      failing = how;
    },
    recover() {
      failing = undefined;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** When a token ends, by its own word. */
export const endOf = (token: string): number => Number(token.split('-')[2]);

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
