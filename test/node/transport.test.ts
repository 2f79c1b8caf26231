import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, clientCredentialsGrant, dpop, systemClock } from '../../src/index.ts';
import { createTransport, type TransportOptions } from '../../src/node/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { asJson, closedPort, type RawServer, startRawServer } from '../support/raw-server.ts';
import { failureOf, localClient } from '../support/relying-party.ts';
import { until } from '../support/turns.ts';

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer();
});
afterAll(() => server.close());

function transport(options: TransportOptions = {}) {
  const made = createTransport({ proxy: 'none', ...options });
  onTestFinished(() => made.close());
  return made;
}

/** Real time, but for pauses, which are over at once and written down. */
function impatientClock(): { clock: Clock; pauses: number[] } {
  const pauses: number[] = [];
  const setTimer: Clock['setTimer'] = (callback, delayMs) => {
    pauses.push(delayMs);
    return systemClock.setTimer(callback, 0);
  };
  return { clock: { ...systemClock, setTimer }, pauses };
}

/** How many requests the work has sent. */
async function sent(work: () => Promise<unknown>): Promise<number> {
  const before = server.requests.length;
  await work();
  return server.requests.length - before;
}

describe('a request', () => {
  it('is answered with a response of the platform', async () => {
    server.answer((_request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.writeHead(201, 'Made', { 'content-type': 'text/plain' }).end('hello');
    });
    const response = await transport().fetch(`${server.origin}/path?query`);
    expect(response).toBeInstanceOf(Response);
    expect(response).toMatchObject({
      status: 201,
      statusText: 'Made',
      url: `${server.origin}/path?query`,
    });
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.text()).toBe('hello');
  });

  it.each<[string, () => RequestInit['body'], string]>([
    ['text', () => 'hello', 'hello'],
    ['parameters', () => new URLSearchParams({ a: 'b c' }), 'a=b+c'],
    ['bytes', () => new TextEncoder().encode('hello'), 'hello'],
    ['a blob', () => new Blob(['hello']), 'hello'],
    ['a stream', () => new Blob(['hello']).stream(), 'hello'],
  ])('carries a body (%s)', async (_, body, expected) => {
    server.answer((request, response) => void text(request).then((got) => response.end(got)));
    const init = { method: 'POST', body: body(), duplex: 'half' } as RequestInit;
    expect(await (await transport().fetch(server.origin, init)).text()).toBe(expected);
  });

  it("carries a form of the platform's", async () => {
    server.answer((request, response) => {
      response.setHeader('content-type', request.headers['content-type'] ?? '');
      request.pipe(response);
    });
    const form = new FormData();
    form.set('field', 'value');
    form.set('file', new Blob(['content']), 'name.txt');
    const headers = { 'content-type': 'of no use', 'x-other': 'kept' };
    const response = await transport().fetch(server.origin, {
      method: 'POST',
      headers,
      body: form,
    });
    const arrived = await response.formData();
    expect(arrived.get('field')).toBe('value');
    expect(await (arrived.get('file') as File).text()).toBe('content');
  });

  it.each([204, 304])('may be answered with nothing (%i)', async (status) => {
    server.answering(status, '');
    const clock = createFakeClock();
    const response = await transport({ timeoutMs: 1_000, clock }).fetch(server.origin);
    expect([response.status, response.body, clock.pending]).toEqual([status, null, 0]);
  });

  it('follows another one on the same connection, a client each', async () => {
    const ports = new Set<number | undefined>();
    server.answer((request, response) => {
      ports.add(request.socket.remotePort);
      response
        .writeHead(200, asJson)
        .end(JSON.stringify({ access_token: 'a', token_type: 'Bearer' }));
    });
    const { fetch } = transport();
    for (const clientId of ['one', 'two', 'three']) {
      const metadata = { token_endpoint: `${server.origin}/token` };
      const options = { clientId, metadata, discovery: false, fetch } as const;
      await clientCredentialsGrant(localClient(server.origin, options));
    }
    expect(ports.size).toBe(1);
  });

  it('waits where there are connections enough', async () => {
    const waiting: ServerResponse[] = [];
    server.answer((_request, response) => void waiting.push(response));
    const { fetch } = transport({ maxConnections: 2 });
    const answers = ['1', '2', '3'].map((name) => fetch(`${server.origin}/${name}`));
    await until(() => waiting.length === 2);
    expect(server.requests.slice(-2)).toEqual(['/1', '/2']);
    waiting[0]?.end();
    await (await answers[0])?.text();
    await until(() => waiting.length === 3);
    for (const response of waiting) response.end();
    await Promise.all(answers);
  });

  it.each<[string, unknown, unknown, string]>([
    ['a relative URL', '/path', {}, 'url'],
    ['no URL', undefined, {}, 'url'],
    ['a Request', new Request('http://127.0.0.1/'), {}, 'url'],
    ['another scheme', 'data:text/plain,hello', {}, 'url'],
    ['credentials', 'http://ada:secret@127.0.0.1/', {}, 'url'],
    ['no object', 'http://127.0.0.1/', 'POST', 'init'],
    ['a header', 'http://127.0.0.1/', { headers: { authorization: 'secret\nx' } }, 'headers'],
    ['a body of a GET', 'http://127.0.0.1/', { body: 'secret' }, 'init'],
    ['a method', 'http://127.0.0.1/', { method: 'secret method' }, 'init'],
  ])('that cannot be sent is a mistake: %s', async (_, url, init, option) => {
    const error = await failureOf(transport().fetch(url as string, init as RequestInit));
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(error.message).not.toContain('secret');
  });
});

describe('what is asked for again', () => {
  it.each([408, 429, 500, 502, 503, 504])('is a GET after %i', async (status) => {
    let tries = 0;
    server.answer((_request, response) => {
      tries += 1;
      response.writeHead(tries < 3 ? status : 200).end(`${tries}`);
    });
    const { clock, pauses } = impatientClock();
    const response = await transport({ clock }).fetch(server.origin);
    expect(await response.text()).toBe('3');
    expect(pauses).toHaveLength(2);
  });

  it('is a GET whose connection was cut', async () => {
    let tries = 0;
    server.answer((request, response) => {
      tries += 1;
      if (tries < 3) request.socket.destroy();
      else response.end('hello');
    });
    const { clock } = impatientClock();
    expect(await (await transport({ clock }).fetch(server.origin)).text()).toBe('hello');
  });

  it('is a GET that was too late', async () => {
    let tries = 0;
    server.answer((_request, response) => {
      tries += 1;
      if (tries > 1) response.end('hello');
    });
    const { clock } = impatientClock();
    const { fetch } = transport({ clock, headersTimeoutMs: 100 });
    expect(await (await fetch(server.origin)).text()).toBe('hello');
  });

  it('is so again after a random pause that grows', async () => {
    server.answering(503, '');
    const ceilings = [250, 500, 1_000, 2_000, 4_000, 4_000];
    const { clock, pauses } = impatientClock();
    const response = await transport({ clock, maxRetries: 6 }).fetch(server.origin);
    expect(response.status).toBe(503);
    expect(pauses).toHaveLength(6);
    for (const [index, ceiling] of ceilings.entries()) {
      expect(pauses[index]).toBeLessThanOrEqual(ceiling);
    }
    expect(new Set(pauses).size).toBe(6);
  });

  it('is so when the server has said, if that is soon', async () => {
    const { clock, pauses } = impatientClock();
    server.answering(503, '', { 'retry-after': '3' });
    await transport({ clock, maxRetries: 1 }).fetch(server.origin);
    expect(pauses).toHaveLength(1);
    expect(pauses[0]).toBeGreaterThanOrEqual(3_000);
    server.answering(503, 'later', { 'retry-after': '5' });
    const response = await transport({ clock }).fetch(server.origin);
    expect([response.status, await response.text()]).toEqual([503, 'later']);
    expect(pauses).toHaveLength(1);
  });

  it.each([['POST'], ['PUT'], ['DELETE'], ['PATCH']])('is never a %s', async (method) => {
    const { clock, pauses } = impatientClock();
    const { fetch } = transport({ clock });
    server.answering(503, '');
    expect(await sent(() => fetch(server.origin, { method }))).toBe(1);
    server.answer((request) => void request.socket.destroy());
    expect(await sent(() => failureOf(fetch(server.origin, { method })))).toBe(1);
    expect(pauses).toEqual([]);
  });

  it('is no token request and no proof of a key, whoever sends it', async () => {
    const { clock, pauses } = impatientClock();
    const { fetch } = transport({ clock });
    const seen: (string | undefined)[] = [];
    server.answer(({ method }, response) => {
      seen.push(method);
      response.writeHead(503).end();
    });
    const { fetchResource } = await import('../../src/index.ts');
    const client = localClient(server.origin, {
      clientId: 'native',
      metadata: { token_endpoint: `${server.origin}/token` },
      discovery: false,
      dpop: await dpop(),
      fetch,
    });
    await failureOf(clientCredentialsGrant(client));
    expect(seen).toEqual(['POST']);
    const headers = { dpop: 'a proof is good for one use' };
    await fetch(server.origin, { headers });
    expect(seen).toEqual(['POST', 'GET']);
    await fetchResource(client, { accessToken: 'a', tokenType: 'Bearer' }, server.origin);
    expect(seen).toEqual(['POST', 'GET', 'GET', 'GET', 'GET']);
    expect(pauses).toHaveLength(2);
  });

  it.each([200, 301, 400, 401, 404, 501])('is nothing after %i', async (status) => {
    server.answering(status, '');
    const { fetch } = transport();
    expect(await sent(() => fetch(server.origin, { redirect: 'manual' }))).toBe(1);
  });

  it('is nothing where the program does not want it', async () => {
    server.answering(503, '');
    expect(await sent(() => transport({ maxRetries: 0 }).fetch(server.origin))).toBe(1);
  });

  it('is nothing any more when the caller has given up', async () => {
    const clock = createFakeClock();
    server.answering(503, '');
    const controller = new AbortController();
    const answer = transport({ clock }).fetch(server.origin, { signal: controller.signal });
    await until(() => clock.pending === 1);
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});

describe('a time-out', () => {
  /** Takes connections and says nothing: no TLS handshake comes to an end. */
  async function silentPort(): Promise<number> {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    await once(silent, 'listening');
    return (silent.address() as AddressInfo).port;
  }

  const long = { connectTimeoutMs: 60_000, headersTimeoutMs: 60_000, bodyTimeoutMs: 60_000 };
  const late = (option: string) => ({
    name: 'TimeoutError',
    code: 'timeout',
    retryable: true,
    message: expect.stringContaining(`${option} 150`),
  });

  it('is one of the connection, where that is not ready', async () => {
    const { fetch } = transport({ ...long, connectTimeoutMs: 150, maxRetries: 0 });
    const url = `https://127.0.0.1:${await silentPort()}/`;
    expect(await failureOf(fetch(url))).toMatchObject(late('connectTimeoutMs'));
  });

  it('is one of the headers, where no answer begins', async () => {
    server.answer(() => {});
    const { fetch } = transport({ ...long, headersTimeoutMs: 150, maxRetries: 0 });
    expect(await failureOf(fetch(server.origin))).toMatchObject(late('headersTimeoutMs'));
  });

  it('is one of the body, where it does not go on', async () => {
    server.answer((_request, response) => void response.writeHead(200).write('half'));
    const response = await transport({ ...long, bodyTimeoutMs: 150 }).fetch(server.origin);
    expect(await failureOf(response.text())).toMatchObject(late('bodyTimeoutMs'));
  });

  it('is none of the body, where it is slow and does go on', async () => {
    server.answer(async (_request, response) => {
      response.writeHead(200);
      for (let piece = 0; piece < 4; piece++) {
        response.write('.');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      response.end();
    });
    const response = await transport({ ...long, bodyTimeoutMs: 350 }).fetch(server.origin);
    expect(await response.text()).toBe('....');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['the headers', () => {}],
    ['the body', (response) => void response.writeHead(200).write('half')],
  ])('is one of everything, in the middle of %s', async (_, answer) => {
    const clock = createFakeClock();
    let isAsked = false;
    server.answer((_request, response) => {
      isAsked = true;
      answer(response);
    });
    const { fetch } = transport({ ...long, timeoutMs: 150, clock });
    const work = failureOf(fetch(server.origin).then((response) => response.text()));
    await until(() => isAsked);
    await new Promise(setImmediate);
    clock.advance(149);
    clock.advance(1);
    expect(await work).toMatchObject(late('timeoutMs'));
    expect(clock.pending).toBe(0);
  });

  it('is one of everything, retries included', async () => {
    const clock = createFakeClock();
    server.answering(503, '');
    const work = failureOf(transport({ clock, timeoutMs: 1, maxRetries: 9 }).fetch(server.origin));
    // One of the pause, one of everything.
    await until(() => clock.pending === 2);
    clock.setTimer(() => {}, 0);
    clock.advance(1);
    expect(await work).toMatchObject({ code: 'timeout' });
  });

  it('is over when the body has been read, or given up', async () => {
    server.answering(200, 'hello');
    const clock = createFakeClock();
    const { fetch } = transport({ clock, timeoutMs: 1_000 });
    await (await fetch(server.origin)).text();
    expect(clock.pending).toBe(0);
    const response = await fetch(server.origin);
    expect(clock.pending).toBe(1);
    await response.body?.cancel();
    expect(clock.pending).toBe(0);
  });

  it("keeps the phase of what a client does, and a code's one use", async () => {
    server.answer(() => {});
    const { fetch } = transport({ ...long, headersTimeoutMs: 150 });
    const metadata = { token_endpoint: `${server.origin}/token` };
    const client = localClient(server.origin, {
      clientId: 'one',
      metadata,
      discovery: false,
      fetch,
    });
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject({
      code: 'timeout',
      phase: 'token',
    });
  });
});

describe('a body', () => {
  it('may be as large as the limit, and no larger', async () => {
    server.answering(200, 'x'.repeat(1_000));
    const response = await transport({ maxResponseBytes: 1_000 }).fetch(server.origin);
    expect(await response.text()).toHaveLength(1_000);
    const tooLarge = await transport({ maxResponseBytes: 999 }).fetch(server.origin);
    expect(await failureOf(tooLarge.text())).toMatchObject({
      name: 'TransportError',
      code: 'response_too_large',
      status: 200,
      retryable: false,
    });
  });

  it('is measured after decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const response = await transport().fetch(server.origin);
    expect(await failureOf(response.arrayBuffer())).toMatchObject({ code: 'response_too_large' });
  });

  it('is cut off at the limit', async () => {
    let cut: Promise<unknown> | undefined;
    server.answer((request, response) => {
      cut = new Promise((resolve) => request.socket.on('close', resolve));
      request.socket.on('error', () => {});
      const pour = () => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', pour);
      };
      pour();
    });
    const response = await transport({ maxResponseBytes: 100_000 }).fetch(server.origin);
    await failureOf(response.text());
    await cut;
  });

  it('that breaks off is a network error for whoever reads', async () => {
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const response = await transport().fetch(server.origin);
    expect(await failureOf(response.text())).toMatchObject({
      code: 'network_error',
      retryable: true,
    });
  });
});

describe('a failure', () => {
  it('names the address without its query', async () => {
    const origin = await closedPort();
    const { fetch } = transport({ maxRetries: 0 });
    const error = await failureOf(fetch(`${origin}/token?secret=hidden`));
    expect(error.message).toBe(
      `The request to ${origin}/token failed: network_error (ECONNREFUSED).`,
    );
    expect(error).toMatchObject({ reason: 'ECONNREFUSED', phase: 'transport', retryable: true });
    expect(error.cause).toBeUndefined();
  });

  it('is an answer with a status that nobody knows', async () => {
    server.answering(999, '');
    expect(await failureOf(transport().fetch(server.origin))).toMatchObject({
      code: 'network_error',
      status: 999,
    });
  });

  it('is one such answer, and frees the connection, however much is still to come', async () => {
    server.answer((_request, response) => void response.writeHead(999).write('half'));
    const { fetch } = transport({ maxConnections: 1, timeoutMs: 2_000 });
    await failureOf(fetch(server.origin));
    server.answering(200, 'next');
    expect(await (await fetch(server.origin)).text()).toBe('next');
  });

  it.each<[what: string, init: RequestInit]>([
    ['a field that undici refuses', { headers: { 'transfer-encoding': 'chunked' } }],
    ['a field that undici does not know', { headers: { expect: '100-continue' } }],
    ['a length that is not its own', { method: 'POST', headers: { 'content-length': '9' } }],
    ['a signal that is none', { signal: 'secret' as unknown as AbortSignal }],
  ])("is the caller's mistake where a request has %s", async (_, init) => {
    const { fetch } = transport();
    const body = init.method && 'secret';
    const error = await failureOf(fetch(server.origin, { ...init, ...(body && { body }) }));
    expect(error).toMatchObject({ code: 'invalid_option', retryable: false });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['before the headers', () => {}],
    ['in the body', (response) => void response.writeHead(200).write('half')],
  ])('for the reason of the caller, who gave up %s', async (_, answer) => {
    let closed: Promise<unknown> | undefined;
    server.answer((request: IncomingMessage, response) => {
      closed = once(request.socket, 'close');
      answer(response);
    });
    const controller = new AbortController();
    const reason = new Error('enough');
    const work = transport()
      .fetch(server.origin, { signal: controller.signal })
      .then((response) => response.text());
    work.catch(() => {});
    await until(() => closed !== undefined);
    await new Promise(setImmediate);
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    await closed;
  });

  it('for the reason of a caller who had given up before', async () => {
    const work = () => transport().fetch(server.origin, { signal: AbortSignal.abort('never') });
    expect(await sent(() => expect(work()).rejects.toBe('never'))).toBe(0);
  });

  it('at the word of a signal that another realm has made', async () => {
    const asked = new Promise<void>((resolve) => server.answer(() => resolve()));
    const signal = Object.assign(new EventTarget(), { aborted: false, reason: 'not yet' });
    const answer = transport()
      .fetch(server.origin, { signal: signal as unknown as AbortSignal })
      .catch((reason) => reason);
    await asked;
    Object.assign(signal, { aborted: true, reason: 'enough' });
    signal.dispatchEvent(new Event('abort'));
    expect(await answer).toBe('enough');
  });
});

describe('closing', () => {
  it('waits for what is under way, and takes nothing new', async () => {
    let answer: ServerResponse | undefined;
    server.answer((_request, response) => {
      answer = response;
      response.writeHead(200).write('half ');
    });
    const { close, fetch } = createTransport({ proxy: 'none' });
    const response = await fetch(server.origin);
    let isClosed = false;
    const closed = close().then(() => {
      isClosed = true;
    });
    expect(close()).toBeInstanceOf(Promise);
    expect(await sent(() => failureOf(fetch(server.origin)))).toBe(0);
    expect(await failureOf(fetch(server.origin))).toMatchObject({
      name: 'TransportError',
      code: 'aborted',
      retryable: false,
      message: 'The transport is closed.',
    });
    expect(isClosed).toBe(false);
    answer?.end('and half');
    expect(await response.text()).toBe('half and half');
    await closed;
  });

  it('waits for a request that was sent in the same turn', async () => {
    server.answering(200, 'hello');
    const { close, fetch } = createTransport({ proxy: 'none' });
    const answer = fetch(server.origin).then((response) => response.text());
    await close();
    expect(await answer).toBe('hello');
  });

  it('ends what takes too long', async () => {
    const clock = createFakeClock();
    server.answer((_request, response) => void response.writeHead(200).write('half'));
    const { close, fetch } = createTransport({ proxy: 'none', clock });
    const response = await fetch(server.origin);
    const closed = close();
    await until(() => clock.pending === 1);
    clock.advance(15_000);
    await closed;
    expect(await failureOf(response.text())).toMatchObject({ code: 'aborted' });
  });

  it('sends nothing again', async () => {
    const clock = createFakeClock();
    server.answering(503, '');
    const { close, fetch } = createTransport({ proxy: 'none', clock });
    const answer = failureOf(fetch(server.origin));
    await until(() => clock.pending === 1);
    await close();
    const again = await sent(async () => {
      clock.advance(1_000);
      expect(await answer).toMatchObject({ code: 'aborted' });
    });
    expect(again).toBe(0);
  });

  it('leaves no connection', async () => {
    let closed: Promise<unknown> | undefined;
    server.answer((request, response) => {
      closed = once(request.socket, 'close');
      response.end('hello');
    });
    const made = createTransport({ proxy: 'none' });
    await (await made.fetch(server.origin)).text();
    await made[Symbol.asyncDispose]();
    await closed;
  });

  it('is nothing where nothing was opened', async () => {
    await createTransport({ proxy: 'none' }).close();
  });
});
