import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, clientCredentialsGrant, createClient } from '../src/index.ts';
import { directCalls, kinds, secret } from './support/direct-calls.ts';
import { type RawServer, startRawServer } from './support/raw-server.ts';
import { failureOf } from './support/relying-party.ts';
import { json } from './support/scripted-web.ts';

let server: RawServer;
let calls: ReturnType<typeof directCalls>;

beforeAll(async () => {
  server = await startRawServer();
  calls = directCalls(server.origin);
});
afterAll(() => server.close());

describe('an injected fetch', () => {
  const opaque = () =>
    Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    });

  it.each(kinds)('may see redirects as browsers do (%s)', async (kind) => {
    const error = await failureOf(calls[kind]({ fetch: async () => opaque() }));
    expect(error).toMatchObject({ code: 'redirect_refused', retryable: false, status: 0 });
  });

  it('is told never to follow one, and gets a signal', async () => {
    let seen: RequestInit = {};
    const fetch = async (_url: string, init: RequestInit) => {
      seen = init;
      return json({ access_token: 'a', token_type: 'Bearer' });
    };
    await calls.grant({ fetch });
    expect(seen.redirect).toBe('manual');
    expect(seen.signal).toBeInstanceOf(AbortSignal);
    expect(seen.signal?.aborted).toBe(false);
  });

  const used = new Response('{}');
  it.each<[what: string, fetch: () => unknown, reason: string | undefined]>([
    ['throws undefined', () => Promise.reject(undefined), undefined],
    ['throws null', () => Promise.reject(null), undefined],
    ['throws a text with a secret', () => Promise.reject(secret), undefined],
    ['throws an error about a secret', () => Promise.reject(new Error(secret)), undefined],
    ['has a secret for its code', () => Promise.reject({ code: secret }), undefined],
    ['has a number for its code', () => Promise.reject({ code: 20 }), undefined],
    ['names the cause', () => Promise.reject({ code: 'ENOTFOUND' }), 'ENOTFOUND'],
    [
      'hides the cause',
      () => Promise.reject(new TypeError('x', { cause: { code: 'CERT_HAS_EXPIRED' } })),
      'CERT_HAS_EXPIRED',
    ],
    [
      'throws before it has a promise',
      () => {
        throw new Error(secret);
      },
      undefined,
    ],
    ['gives nothing', () => Promise.resolve(undefined), undefined],
    [
      'gives a body that was read',
      () =>
        used
          .text()
          .catch(() => '')
          .then(() => used),
      'ERR_INVALID_STATE',
    ],
    ['gives an error response', () => Promise.resolve(Response.error()), undefined],
  ])('that %s is a network error', async (_, fetch, reason) => {
    for (const kind of kinds) {
      const error = await failureOf(calls[kind]({ fetch: fetch as ClientOptions['fetch'] }));
      expect(error).toMatchObject({ code: 'network_error', retryable: kind !== 'code' });
      expect((error as { reason?: string }).reason).toBe(reason);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    }
  });
});

describe('an endpoint without TLS', () => {
  it.each([
    ['http://login.example/token', 'loopback'],
    [`http://127.0.0.1:1/token`, undefined],
    ['file:///etc/passwd', 'loopback'],
    ['file:///etc/passwd', undefined],
  ] as const)('%s is never called (allowInsecureRequests: %s)', async (endpoint, allow) => {
    let calls = 0;
    const client = createClient({
      issuer: 'https://login.example',
      clientId: 'app',
      discovery: false,
      metadata: { token_endpoint: endpoint },
      allowInsecureRequests: allow,
      fetch: async () => {
        calls += 1;
        return json({});
      },
    });
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject({
      name: 'ConfigurationError',
      code: 'insecure_url',
    });
    expect(calls).toBe(0);
  });
});
