import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { mountProvider } from '../../examples/demo/provider/provider.ts';
import { clientCredentialsGrant, clientSecretBasic, createClient } from '../../src/index.ts';
import { createTransport, type TransportOptions } from '../../src/node/index.ts';
import { type CertificateAuthority, createAuthority } from '../support/certificates.ts';
import {
  type ForwardProxy,
  type ForwardProxyOptions,
  startForwardProxy,
} from '../support/forward-proxy.ts';
import { basicClient } from '../support/openid-provider.ts';
import { closedPort, type RawServer, startRawServer } from '../support/raw-server.ts';
import { failureOf } from '../support/relying-party.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

// A name that only the proxy can resolve.
const issuer = 'https://login.example';
const tunnel = 'login.example:443';

let authority: CertificateAuthority;
let op: TlsServer;
let tokenRequests = 0;
beforeAll(async () => {
  authority = await createAuthority();
  const { handler } = await mountProvider(issuer, { clients: [basicClient] });
  op = await startTlsServer(
    await authority.issue('login.example'),
    (request, response) => {
      if (request.url === '/token') tokenRequests += 1;
      return handler(request, response);
    },
    { asks: { ca: authority.cert } },
  );
});
afterAll(() => op.close());
afterEach(() => {
  vi.unstubAllEnvs();
});

async function startProxy(options: Partial<ForwardProxyOptions> = {}): Promise<ForwardProxy> {
  const proxy = await startForwardProxy({ routes: { [tunnel]: op.port }, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

function transport(options: TransportOptions) {
  const made = createTransport({ ca: authority.cert, maxRetries: 0, ...options });
  onTestFinished(() => made.close());
  return made;
}

function tokenThrough(options: TransportOptions) {
  const client = createClient({
    issuer,
    clientId: basicClient.client_id,
    authentication: clientSecretBasic(basicClient.client_secret),
    fetch: transport(options).fetch,
  });
  return clientCredentialsGrant(client);
}

describe('a proxy', () => {
  it('carries everything for a provider that nobody else can reach, the token request included', async () => {
    const proxy = await startProxy();
    const before = tokenRequests;
    const { accessToken } = await tokenThrough({ proxy: { url: proxy.url } });
    expect(accessToken).toEqual(expect.any(String));
    expect(tokenRequests).toBe(before + 1);
    // One connection for discovery and token.
    expect(proxy.asked).toEqual([tunnel]);
    expect(proxy.carried).toBeGreaterThan(500);
    expect(await failureOf(tokenThrough({ proxy: 'none' }))).toMatchObject({
      code: 'network_error',
      reason: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    });
  });

  it.each([['HTTPS_PROXY'], ['https_proxy'], ['HTTP_PROXY'], ['http_proxy']])(
    'is taken from %s, once',
    async (name) => {
      const proxy = await startProxy();
      vi.stubEnv(name, proxy.url.replace('http://', ''));
      const { fetch } = transport({});
      vi.stubEnv(name, await closedPort());
      expect((await fetch(`${issuer}/.well-known/openid-configuration`)).status).toBe(200);
      expect(proxy.asked).toEqual([tunnel]);
    },
  );

  it('is not taken from the environment when the program says so', async () => {
    const [other, proxy] = [await startProxy(), await startProxy()];
    vi.stubEnv('HTTPS_PROXY', other.url);
    vi.stubEnv('NO_PROXY', '*');
    await tokenThrough({ proxy: { url: new URL(proxy.url) } });
    await failureOf(tokenThrough({ proxy: 'none' }));
    expect([other.asked, proxy.asked]).toEqual([[], [tunnel]]);
  });

  it('is spoken to over TLS, and sees no client certificate; the server behind it does', async () => {
    const proxy = await startProxy({
      certificate: { ...(await authority.issue('localhost')), ca: authority.cert },
    });
    const certificate = await authority.issue('client.example');
    await tokenThrough({ proxy: { url: proxy.url }, certificate });
    expect(proxy.shown).toEqual([undefined]);
    expect(op.shown.at(-1)).toEqual(new X509Certificate(certificate.cert).raw);
  });

  it('is checked against the authorities, too', async () => {
    const stranger = await createAuthority('Somebody else');
    const proxy = await startProxy({
      certificate: { ...(await stranger.issue('localhost')), ca: authority.cert },
    });
    expect(await failureOf(tokenThrough({ proxy: { url: proxy.url } }))).toMatchObject({
      code: 'network_error',
      reason: expect.stringMatching(/^UNABLE_TO_/),
    });
  });
});

describe('what NO_PROXY lists', () => {
  // Reaches this machine, and is not one of the names that never go through a proxy.
  let web: RawServer;
  let url: string;
  let port: string;
  beforeAll(async () => {
    web = await startRawServer((_request, response) => response.end('hello'));
    ({ port } = new URL(web.origin));
    url = `http://0.0.0.0:${port}/`;
  });
  afterAll(() => web.close());

  const proxyToWeb = () => startProxy({ routes: { [`0.0.0.0:${port}`]: Number(port) } });

  it.each<[string, (proxy: ForwardProxy) => TransportOptions['proxy'], boolean]>([
    ['nothing', ({ url }) => ({ url }), true],
    ['the host', ({ url }) => ({ url, noProxy: ['0.0.0.0'] }), false],
    ['the host with its port', ({ url }) => ({ url, noProxy: [`0.0.0.0:${port}`] }), false],
    ['the host with another port', ({ url }) => ({ url, noProxy: ['0.0.0.0:1'] }), true],
    ['others', ({ url }) => ({ url, noProxy: ['10.0.0.0', 'example'] }), true],
    ['everything', ({ url }) => ({ url, noProxy: ['*'] }), false],
  ])('is reached without the proxy (option: %s)', async (_, proxyOption, isProxied) => {
    const proxy = await proxyToWeb();
    const response = await transport({ proxy: proxyOption(proxy) }).fetch(url);
    expect(await response.text()).toBe('hello');
    expect(proxy.asked).toHaveLength(isProxied ? 1 : 0);
  });

  it.each<[string, boolean]>([
    ['', true],
    ['0.0.0.0', false],
    ['example, 0.0.0.0', false],
    ['*', false],
    ['10.0.0.0', true],
  ])('is reached without the proxy (environment: "%s")', async (noProxy, isProxied) => {
    const proxy = await proxyToWeb();
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', noProxy);
    const { fetch } = transport({});
    vi.stubEnv('NO_PROXY', isProxied ? '*' : '');
    expect(await (await fetch(url)).text()).toBe('hello');
    expect(proxy.asked).toHaveLength(isProxied ? 1 : 0);
  });

  it.each<[string, string]>([
    ['::ffff:127.0.0.1', '[::ffff:7f00:1]'],
    ['::FFFF:7f00:1', '[::ffff:7f00:1]'],
    ['[0:0:0:0:0:ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ['[::ffff:127.0.0.1]:PORT', '[::ffff:7f00:1]'],
    ['bücher.example', 'www.xn--bcher-kva.example'],
    ['*.BÜCHER.example:PORT', 'www.xn--bcher-kva.example'],
    ['login.example.', 'login.example'],
  ])('%s is reached without the proxy however it is spelt', async (entry, host) => {
    const proxy = await startProxy();
    const noProxy = entry.replace('PORT', port);
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', noProxy);
    for (const options of [{}, { proxy: { url: proxy.url, noProxy: [noProxy] } }]) {
      // The names lead nowhere.
      await transport(options)
        .fetch(`http://${host}:${port}/`)
        .catch(() => {});
    }
    expect(proxy.asked).toEqual([]);
  });

  it.each([['0.0.0.0/8'], ['[::1'], ['user@0.0.0.0'], ['0.0.0.0?'], ['*.']])(
    '%s is no host, and stands for none',
    async (entry) => {
      const proxy = await proxyToWeb();
      vi.stubEnv('HTTP_PROXY', proxy.url);
      vi.stubEnv('NO_PROXY', entry);
      expect(await (await transport({}).fetch(url)).text()).toBe('hello');
      expect(proxy.asked).toHaveLength(1);
    },
  );

  it('need not name this machine', async () => {
    const proxy = await startProxy();
    const { fetch } = transport({ proxy: { url: proxy.url } });
    for (const host of ['127.0.0.1', 'localhost']) {
      expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe('hello');
    }
    expect(proxy.asked).toEqual([]);
  });
});

describe('a proxy that asks for a password', () => {
  const withCredentials = (url: string, credentials: string) =>
    url.replace('://', `://${credentials}@`);

  it('gets it', async () => {
    const proxy = await startProxy({ credentials: 'ada:p@ss:word' });
    const url = withCredentials(proxy.url, `ada:${encodeURIComponent('p@ss:word')}`);
    await tokenThrough({ proxy: { url } });
    expect(proxy.asked).toEqual([tunnel]);
  });

  it('refuses a wrong one, once; the error has the status, and neither name nor password', async () => {
    const proxy = await startProxy({ credentials: 'ada:right' });
    const url = withCredentials(proxy.url, 'grace-of-accounting:wr0ng-password');
    const error = await failureOf(tokenThrough({ proxy: { url }, maxRetries: 3 }));
    expect(error).toMatchObject({
      name: 'TransportError',
      code: 'network_error',
      reason: 'PROXY_STATUS_407',
      retryable: false,
    });
    expect(proxy.asked).toEqual([tunnel]);
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
    expect(shown).not.toMatch(/grace|wr0ng|Z3JhY2/);
  });
});

describe('a proxy in trouble', () => {
  it('that does not answer is a time-out of the connection', async () => {
    const proxy = await startProxy();
    proxy.fallSilent();
    const error = await failureOf(
      tokenThrough({ proxy: { url: proxy.url }, connectTimeoutMs: 200 }),
    );
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'timeout', retryable: true });
    expect(error.message).toContain('connectTimeoutMs 200');
  });

  it('that is down is a network error', async () => {
    const error = await failureOf(tokenThrough({ proxy: { url: await closedPort() } }));
    expect(error).toMatchObject({ code: 'network_error', reason: 'ECONNREFUSED' });
  });

  it('that hangs up is one, too, and is not asked without end', async () => {
    let asked = 0;
    const server = createServer((socket) => {
      asked += 1;
      socket.on('error', () => {}).once('data', () => socket.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { fetch } = transport({ proxy: { url: `http://127.0.0.1:${port}` }, timeoutMs: 5_000 });
    const error = await failureOf(fetch(`${issuer}/token`, { method: 'POST', body: 'code=once' }));
    expect(error).toMatchObject({ code: 'network_error', reason: 'ECONNRESET', retryable: true });
    expect(asked).toBe(1);
  });

  it('that cannot reach the server is asked again for what may be sent again', async () => {
    const proxy = await startProxy({ routes: {} });
    const { fetch } = transport({ proxy: { url: proxy.url }, maxRetries: 1 });
    expect(await failureOf(fetch(`${issuer}/jwks`))).toMatchObject({
      code: 'network_error',
      reason: 'PROXY_STATUS_502',
      retryable: true,
    });
    expect(proxy.asked).toHaveLength(2);
    await failureOf(fetch(`${issuer}/token`, { method: 'POST', body: 'code=once' }));
    expect(proxy.asked).toHaveLength(3);
  });
});
