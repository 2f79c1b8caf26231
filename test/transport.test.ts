import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientCredentialsGrant } from '../src/index.ts';
import { directCalls, kinds } from './support/direct-calls.ts';
import { createFakeClock } from './support/fake-clock.ts';
import { asJson, closedPort, html, type RawServer, startRawServer } from './support/raw-server.ts';
import { failureOf } from './support/relying-party.ts';

let server: RawServer;
let calls: ReturnType<typeof directCalls>;

beforeAll(async () => {
  server = await startRawServer();
  calls = directCalls(server.origin);
});
afterAll(() => server.close());

describe('an answer that cannot be used', () => {
  const at = Date.UTC(2026, 0, 15, 12);
  it.each<[what: string, status: number, body: string, headers: Record<string, string>, object]>([
    ['HTML with 200', 200, '<p>sign in</p>', html, { code: 'response_not_json', retryable: true }],
    ['an empty body', 200, '', asJson, { code: 'response_not_json', retryable: true }],
    ['204', 204, '', {}, { code: expect.stringMatching(/^(response_not_json|http_status)$/) }],
    [
      'half a JSON',
      200,
      '{"access_token":',
      asJson,
      { code: 'response_not_json', retryable: true },
    ],
    ['a JSON array', 200, '[]', asJson, { code: 'response_not_json', retryable: true }],
    ['a JSON null', 200, 'null', asJson, { code: 'response_not_json', retryable: true }],
    ['a JSON string', 200, '"text"', asJson, { code: 'response_not_json', retryable: true }],
    [
      '302',
      302,
      '',
      { location: '/x' },
      { code: 'redirect_refused', retryable: false, status: 302 },
    ],
    [
      '307',
      307,
      '',
      { location: '/x' },
      { code: 'redirect_refused', retryable: false, status: 307 },
    ],
    ['304', 304, '', {}, { code: 'http_status', retryable: false, status: 304 }],
    ['400', 400, '', {}, { code: 'http_status', retryable: false, status: 400 }],
    ['401', 401, '', html, { code: 'http_status', retryable: false, status: 401 }],
    ['404', 404, '<p>gone</p>', html, { code: 'http_status', retryable: false, status: 404 }],
    ['408', 408, '', {}, { code: 'http_status', retryable: true, status: 408 }],
    ['429', 429, '', {}, { code: 'http_status', retryable: true, status: 429 }],
    ['500', 500, '<p>oops</p>', html, { code: 'http_status', retryable: true, status: 500 }],
    ['502', 502, '{}', asJson, { code: 'http_status', retryable: true, status: 502 }],
    ['a status nobody knows', 999, '', {}, { name: 'TransportError', status: 999 }],
  ])(
    '%s is typed, retryable only where that may help',
    async (_, status, body, headers, expected) => {
      server.answering(status, body, headers);
      for (const kind of kinds) {
        const before = server.requests.length;
        const error = await failureOf(calls[kind]({ clock: { ...createFakeClock(at) } }));
        expect(error).toMatchObject({
          name: 'TransportError',
          ...expected,
          ...(kind === 'code' && { retryable: false }),
          phase: kind === 'metadata' ? 'discovery' : 'token',
        });
        // A 404 of the metadata is asked for at the other place, too; nothing is asked for twice.
        const repeated = kind === 'metadata' && status === 404 ? 2 : 1;
        expect(server.requests.length - before, kind).toBe(repeated);
      }
    },
  );

  it.each<[value: string, retryAfterMs: number | undefined]>([
    ['7', 7_000],
    ['0', 0],
    [new Date(at + 90_000).toUTCString(), 90_000],
    [new Date(at - 90_000).toUTCString(), undefined],
    ['soon', undefined],
    ['-7', undefined],
  ])('of Retry-After %s says how long to wait', async (value, retryAfterMs) => {
    server.answering(503, '', { 'retry-after': value });
    const clock = createFakeClock(at);
    const error = await failureOf(calls.grant({ clock }));
    expect(error).toMatchObject({ code: 'http_status', status: 503, retryable: true });
    expect((error as { retryAfterMs?: number }).retryAfterMs).toBe(retryAfterMs);
  });

  it('tells how long to wait, for metadata too', async () => {
    server.answering(503, '', { 'retry-after': '7' });
    expect(await failureOf(calls.metadata())).toMatchObject({ status: 503, retryAfterMs: 7_000 });
  });

  it.each([
    ['Basic realm="x"', { name: 'TransportError', code: 'http_status' }],
    ['Basic realm="x", error="invalid_client"', { code: 'oauth_error', error: 'invalid_client' }],
  ])('with the challenge %s and no JSON keeps its status', async (challenge, expected) => {
    server.answering(401, '<p>no</p>', { ...html, 'www-authenticate': challenge });
    expect(await failureOf(calls.grant())).toMatchObject({
      ...expected,
      status: 401,
      retryable: false,
    });
  });

  it('with a challenge says how long to wait', async () => {
    server.answering(503, '', { 'retry-after': '7', 'www-authenticate': 'Basic realm="x"' });
    expect(await failureOf(calls.grant())).toMatchObject({
      status: 503,
      retryable: true,
      retryAfterMs: 7_000,
    });
  });

  it('names the address without its query, and nothing of the request', async () => {
    server.answering(500, '');
    const metadata = { token_endpoint: `${server.origin}/token?tenant=hidden` };
    const error = await failureOf(clientCredentialsGrant(calls.directClient({ metadata })));
    expect(error.message).toBe(`The request to ${server.origin}/token failed: http_status (500).`);
    expect(inspect(error, { depth: 9 })).not.toMatch(/hidden|must not leak/);
  });
});

describe('a provider that is down', () => {
  it.each(kinds)('is a network error (%s)', async (kind) => {
    const error = await failureOf(directCalls(await closedPort())[kind]());
    expect(error).toMatchObject({
      name: 'TransportError',
      code: 'network_error',
      retryable: kind !== 'code',
      reason: 'ECONNREFUSED',
    });
  });

  it('is a network error when it hangs up in the middle of the body', async () => {
    server.answer((_request, response) => {
      response.writeHead(200, { ...asJson, 'content-length': '100' });
      response.write('{"access_token":');
      void setImmediate().then(() => response.destroy());
    });
    for (const kind of kinds) {
      expect(await failureOf(calls[kind]())).toMatchObject({
        code: 'network_error',
        retryable: kind !== 'code',
      });
    }
  });
});

describe('a body that is too long', () => {
  const chunk = new Uint8Array(64 * 1024).fill(0x20);

  /** 10 MB, counted as they are taken. */
  function hugeResponse() {
    const seen = { chunks: 0, cancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          seen.chunks += 1;
          if (seen.chunks > 160) controller.close();
          else controller.enqueue(chunk);
        },
        cancel() {
          seen.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { seen, response: new Response(body, { headers: asJson }) };
  }

  it.each(kinds)('is refused at 1 MiB, not buffered (%s)', async (kind) => {
    const { seen, response } = hugeResponse();
    const error = await failureOf(calls[kind]({ fetch: async () => response }));
    expect(error).toMatchObject({
      name: 'TransportError',
      code: 'response_too_large',
      retryable: false,
      status: 200,
    });
    expect(seen.chunks).toBe(17);
  });

  it('is not asked for any more, even where the fetch ignores its signal', async () => {
    const { seen, response } = hugeResponse();
    await failureOf(calls.grant({ fetch: async () => response }));
    expect(seen.cancelled).toBe(true);
  });

  it('is measured after decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, ' '));
    expect(bomb.length).toBeLessThan(20_000);
    server.answer((_request, response) => {
      response.writeHead(200, { ...asJson, 'content-encoding': 'gzip' }).end(bomb);
    });
    expect(await failureOf(calls.grant())).toMatchObject({ code: 'response_too_large' });
  });

  it('may have exactly 1 MiB', async () => {
    const body = JSON.stringify({ access_token: 'a', token_type: 'Bearer' }).padEnd(1_048_576);
    server.answering(200, body, asJson);
    expect(await calls.grant()).toMatchObject({ accessToken: 'a' });
    server.answering(200, `${body} `, asJson);
    expect(await failureOf(calls.grant())).toMatchObject({ code: 'response_too_large' });
  });
});
