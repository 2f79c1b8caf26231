import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dpop, fetchResource, type ResourceRequestOptions } from '../../src/index.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf, localClient } from '../support/relying-party.ts';
import { scriptedProvider } from '../support/scripted-provider.ts';
import { json, type Responder } from '../support/scripted-web.ts';

const api = 'https://api.example/orders';
const tokens = { accessToken: 'token-of-ada' };
const bound = { ...tokens, tokenType: 'DPoP' } as const;

function setUp(responder: Responder = () => json({ ok: true }), isBound = false) {
  const provider = scriptedProvider();
  provider.web.on(api, responder);
  const client = provider.client(isBound ? { dpop: dpop() } : {});
  return {
    ...provider,
    client,
    get: (options?: ResourceRequestOptions) =>
      fetchResource(client, isBound ? bound : tokens, api, options),
  };
}

/** An answer that says whether its body was given up on. */
function cancellable(status: number, headers: Record<string, string>) {
  const state = { isCancelled: false };
  const body = new ReadableStream({
    cancel() {
      state.isCancelled = true;
    },
  });
  return { state, response: new Response(body, { status, headers }) };
}

describe('fetchResource', () => {
  it('presents the token as a bearer token and passes everything else on', async () => {
    const { get, web } = setUp();
    const response = await get({
      method: 'POST',
      body: new URLSearchParams({ a: '1' }),
      headers: { 'x-request-id': '7' },
    });
    expect(await response.json()).toEqual({ ok: true });
    const [request] = web.requests;
    expect(request).toMatchObject({ method: 'POST', url: api, body: 'a=1' });
    expect(request?.headers.get('authorization')).toBe('Bearer token-of-ada');
    expect(request?.headers.get('x-request-id')).toBe('7');
    expect(request?.headers.has('dpop')).toBe(false);
  });

  it.each([204, 304, 400, 404, 500, 503])('hands out an answer of %s as it is', async (status) => {
    const { get } = setUp(() => new Response(null, { status }));
    expect((await get()).status).toBe(status);
  });

  it.each(['Bearer error="invalid_token"', 'Basic realm="x"'])(
    'hands out a refusal with the challenge %s',
    async (challenge) => {
      const { get } = setUp(
        () => new Response('no', { status: 401, headers: { 'www-authenticate': challenge } }),
      );
      const response = await get();
      expect([response.status, await response.text()]).toEqual([401, 'no']);
      expect(response.headers.get('www-authenticate')).toBe(challenge);
    },
  );

  it('follows no redirect', async () => {
    const headers = { location: 'https://evil.example/' };
    const { get, web } = setUp(() => new Response(null, { status: 302, headers }));
    expect(await failureOf(get())).toMatchObject({ code: 'redirect_refused', status: 302 });
    expect(web.requests).toHaveLength(1);
  });

  it('leaves nothing at a signal that many calls share', async () => {
    const { get, web } = setUp();
    const { signal } = new AbortController();
    for (let call = 0; call < 500; call += 1) await get({ signal });
    expect(web.requests).toHaveLength(500);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('leaves nothing at the signal of a call that fails', async () => {
    const { get } = setUp(() => {
      throw new TypeError('offline');
    });
    const { signal } = new AbortController();
    expect(await failureOf(get({ signal }))).toMatchObject({ code: 'network_error' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each<[problem: string, url: Anything, options: Anything, option: string, code?: string]>([
    ['an authorization header', api, { headers: { Authorization: 'Basic x' } }, 'headers'],
    ['a proof of its own', api, { headers: { dpop: 'forged' } }, 'headers'],
    ['another host', api, { headers: new Headers({ host: 'evil.example' }) }, 'headers'],
    ['a value over two lines', api, { headers: { 'x-key': 'swordfish\r\nx: y' } }, 'headers'],
    ['a value of other alphabets', api, { headers: { 'x-key': 'swordfish ☃' } }, 'headers'],
    ['headers that are none', api, { headers: 42 }, 'headers'],
    ['a GET with a body', api, { body: 'x' }, 'body'],
    ['a HEAD with a body', api, { method: 'head', body: 'x' }, 'body'],
    ['TRACE', api, { method: 'TRACE' }, 'method'],
    ['trace', api, { method: 'trace' }, 'method'],
    ['CONNECT', api, { method: 'CONNECT' }, 'method'],
    ['TRACK', api, { method: 'TRACK' }, 'method'],
    ['a method of two words', api, { method: 'GET X' }, 'method'],
    ['a method that is none', api, { method: '' }, 'method'],
    ['a URL with credentials', 'https://ada:swordfish@api.example/', {}, 'url'],
    ['a URL with a name', 'https://ada@api.example/', {}, 'url'],
    ['a URL with a password', 'https://:swordfish@api.example/', {}, 'url'],
    ['a relative URL', '/orders', {}, 'url'],
    ['no URL', undefined, {}, 'url'],
    ['a plain http URL', 'http://api.example/', {}, 'url', 'insecure_url'],
    ['http on this machine', 'http://localhost:1/', {}, 'url', 'insecure_url'],
    ['a file', 'file:///etc/passwd', {}, 'url', 'insecure_url'],
    ['data', 'data:text/plain,x', {}, 'url', 'insecure_url'],
  ])('refuses %s and sends nothing', async (_, url, options, option, code = 'invalid_option') => {
    const { client, web } = setUp();
    const error = await failureOf(fetchResource(client, tokens, url, options));
    expect(error).toMatchObject({ name: 'ConfigurationError', code, option });
    expect(inspect(error)).not.toContain('swordfish');
    expect(web.requests).toEqual([]);
  });

  it.each(['abc\ndef', 'abc☃', 'abc def', '', undefined, 42])(
    'refuses the token %j and sends nothing',
    async (accessToken: Anything) => {
      const { client, web } = setUp();
      const error = await failureOf(fetchResource(client, { accessToken }, api));
      expect(error).toMatchObject({ name: 'ConfigurationError', option: 'accessToken' });
      expect(error.message).not.toContain('abc');
      expect(web.requests).toEqual([]);
    },
  );
});

describe('fetchResource with a bound token', () => {
  const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' };
  const noncesOf = (requests: readonly { headers: Headers }[]) =>
    requests.map(({ headers }) => {
      const [, payload = ''] = headers.get('dpop')?.split('.') ?? [];
      return JSON.parse(Buffer.from(payload, 'base64url').toString()).nonce;
    });

  it('repeats a request with the nonce and gives up the first answer', async () => {
    const first = cancellable(401, challenge);
    const { get, web } = setUp(
      () => (web.requests.length === 1 ? first.response : json({ ok: true })),
      true,
    );
    expect((await get({ method: 'POST', body: 'x' })).status).toBe(200);
    expect(first.state.isCancelled).toBe(true);
    expect(noncesOf(web.requests)).toEqual([undefined, 'n-1']);
  });

  it('repeats it once and hands out the second refusal', async () => {
    const { get, web } = setUp(
      () => new Response('', { status: 401, headers: { ...challenge, 'dpop-nonce': 'n-2' } }),
      true,
    );
    expect((await get()).status).toBe(401);
    expect(web.requests).toHaveLength(2);
  });

  it('does not repeat a body that can be read once', async () => {
    const { get, web } = setUp(() => new Response('', { status: 401, headers: challenge }), true);
    const body = new Blob(['hello']).stream();
    expect((await get({ method: 'POST', body })).status).toBe(401);
    expect(web.requests).toHaveLength(1);
  });

  it("does not repeat a stream of Node's own, and sends it without being told how", async () => {
    const sent: RequestInit[] = [];
    const { client } = scriptedProvider();
    const made = client({
      dpop: dpop(),
      fetch: async (_, init) => {
        sent.push(init);
        const headers = { ...challenge, 'dpop-nonce': 'n-1' };
        return new Response('', { status: 401, headers });
      },
    });
    const body: Anything = Readable.from(['hello']);
    const response = await fetchResource(made, bound, api, { method: 'POST', body });
    expect(response.status).toBe(401);
    expect(sent).toMatchObject([{ duplex: 'half' }]);
  });

  it('does not repeat without a nonce', async () => {
    const headers = { 'www-authenticate': 'DPoP error="use_dpop_nonce"' };
    const { get, web } = setUp(() => new Response('', { status: 401, headers }), true);
    expect((await get()).status).toBe(401);
    expect(web.requests).toHaveLength(1);
  });

  it('refuses a challenge whose nonce cannot be used', async () => {
    const { get } = setUp(
      () => new Response('', { status: 401, headers: { ...challenge, 'dpop-nonce': 'a, b' } }),
      true,
    );
    expect(await failureOf(get())).toMatchObject({
      code: 'invalid_resource_response',
      check: 'resource_response.dpop_nonce',
    });
  });

  it('keeps an answer whose nonce cannot be used, without that nonce', async () => {
    const { get, web } = setUp(
      () => new Response('kept', { status: 200, headers: { 'dpop-nonce': 'a b' } }),
      true,
    );
    const response = await get();
    expect([await response.text(), response.headers.has('dpop-nonce')]).toEqual(['kept', false]);
    await get();
    expect(noncesOf(web.requests)).toEqual([undefined, undefined]);
  });
});

describe('fetchResource over the network', () => {
  let server: RawServer;
  beforeAll(async () => {
    server = await startRawServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('begun');
    });
  });
  afterAll(() => server.close());

  const options = { discovery: false, metadata: { token_endpoint: 'https://x.example' } } as const;

  it('ends a streamed body when the caller aborts', async () => {
    const client = localClient(server.origin, { clientId: 'app', ...options });
    const controller = new AbortController();
    const { signal } = controller;
    const response = await fetchResource(client, tokens, server.origin, { signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('begun');
    controller.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does not begin when the caller has aborted', async () => {
    const client = localClient(server.origin, { clientId: 'app', ...options });
    const before = server.requests.length;
    const work = fetchResource(client, tokens, server.origin, { signal: AbortSignal.abort() });
    expect(await failureOf(work)).toMatchObject({ code: 'aborted' });
    expect(server.requests).toHaveLength(before);
  });
});
