import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './types.ts';

/** What a connection does instead of carrying an answer. */
export type NoAnswer = 'reset' | 'silence';

export type Listener = (request: IncomingMessage, body: string) => Promise<Answer | NoAnswer>;

export interface Listening {
  readonly origin: string;
  close(): Promise<void>;
}

/** Listens on a free loopback port; `close` ends every socket, answered or not. */
export async function listen(listener: Listener): Promise<Listening> {
  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => listener(request, body))
      .then((answer) => send(response, answer))
      // The client went away in the middle of its request.
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, answer: Answer | NoAnswer): void {
  if (answer === 'silence') return;
  if (answer === 'reset') {
    response.destroy();
    return;
  }
  // `Date` is the org's, if any.
  response.sendDate = false;
  for (const [name, value] of answer.headers ?? []) response.appendHeader(name, value);
  const { body, status } = answer;
  const text = typeof body === 'string';
  if (body !== undefined && !response.hasHeader('content-type')) {
    response.setHeader('content-type', text ? 'text/html' : 'application/json');
  }
  response.writeHead(status).end(text || body === undefined ? body : JSON.stringify(body));
}
