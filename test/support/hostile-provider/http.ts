import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, Body, Exchange, Params } from './types.ts';

export interface Listener {
  origin: string;
  close(): Promise<void>;
}

export interface RawRequest {
  method: string;
  target: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Listens on a free loopback port; `close` ends every socket, answered or not. */
export async function listen(handle: (request: RawRequest) => Promise<Answer>): Promise<Listener> {
  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) =>
        handle({
          method: request.method ?? 'GET',
          target: request.url ?? '/',
          headers: request.headers,
          body,
        }),
      )
      .catch((cause: unknown): Answer => {
        const body = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
        return { status: 500, headers: [['content-type', 'text/plain']], body };
      })
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => shut(server) };
}

/** Form parameters of a body, query parameters of anything else. */
export function paramsOf(request: RawRequest, url: URL): Params {
  const type = request.headers['content-type'] ?? '';
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    return [...new URLSearchParams(request.body)];
  }
  return request.method === 'GET' || request.method === 'HEAD' ? [...url.searchParams] : [];
}

export function param(exchange: Pick<Exchange, 'params'>, name: string): string | undefined {
  return exchange.params.find(([known]) => known === name)?.[1];
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, answer: Answer): void {
  const { body } = answer;
  if (typeof body === 'object' && body.kind === 'reset') {
    response.destroy();
    return;
  }
  if (typeof body === 'object' && body.kind === 'no-answer') return;
  const headers = new Map<string, string[]>();
  for (const [name, value] of answer.headers) {
    headers.set(name, [...(headers.get(name) ?? []), value]);
  }
  for (const [name, values] of headers) response.setHeader(name, values);
  response.statusCode = answer.status;
  if (typeof body === 'string') response.end(body);
  else stream(response, body);
}

function stream(response: ServerResponse, body: Exclude<Body, string>): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  let left = body.kind === 'huge' ? body.bytes : Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  response.write('{"padding":"');
  const more = (): void => {
    if (response.destroyed) return;
    if (left <= 0) {
      response.end('"}');
      return;
    }
    if (body.kind === 'endless') {
      response.write(' ');
      timer = setTimeout(more, 20);
      return;
    }
    left -= chunk.length;
    if (response.write(chunk)) setImmediate(more);
    else response.once('drain', more);
  };
  response.once('close', () => clearTimeout(timer));
  more();
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
