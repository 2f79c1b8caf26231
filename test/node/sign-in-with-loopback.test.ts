import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { frontChannel } from '../../src/index.ts';
import { type LoopbackSignInOptions, signInWithLoopback } from '../../src/node/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import {
  nativeClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { failureOf, localClient } from '../support/relying-party.ts';
import { ada, createUserAgent } from '../support/user-agent.ts';
import {
  answerTo,
  asAda,
  callbackOf,
  knock,
  openSockets,
  post,
  visitor,
} from './loopback-visitor.ts';

const client_id = 'loopback-client';
const hosts = ['127.0.0.1', '[::1]', 'localhost'] as const;

let provider: RunningProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider({
    clients: [
      {
        ...nativeClient,
        client_id,
        redirect_uris: [
          ...hosts.map((host) => `http://${host}/callback`),
          'http://127.0.0.1/signed-in/here',
        ],
        response_types: ['code', 'code id_token'],
        grant_types: ['authorization_code', 'implicit', 'refresh_token'],
      },
    ],
  });
});
afterAll(() => provider.close());

const client = (options = {}) => localClient(provider.issuer, { clientId: client_id, ...options });
const signIn = (options: LoopbackSignInOptions = {}) => signInWithLoopback(client(), options);

/** A person who never comes back. */
const nobody = () => visitor(() => new Promise(() => {}));

/** Resolves when the browser is opened, with the address. */
function opening() {
  let open = (_url: URL) => {};
  const opened = new Promise<URL>((resolve) => {
    open = resolve;
  });
  return { opened, openBrowser: (url: URL) => open(url) };
}

/** Whether anybody listens there. */
async function isListening(url: URL): Promise<boolean> {
  return knock(url).then(
    () => true,
    (error) => {
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
      return false;
    },
  );
}

describe('a sign-in by way of the loopback interface', () => {
  it('brings verified tokens, and tells the browser so', async () => {
    const { opened, openBrowser, shown } = visitor();
    const tokens = await signIn({
      openBrowser,
      scope: 'openid profile offline_access',
      prompt: 'consent',
    });

    expect(tokens.claims).toMatchObject({ sub: 'ada', aud: client_id, iss: provider.issuer });
    expect(tokens.refreshToken).toEqual(expect.any(String));
    const [url] = opened as [URL];
    expect(callbackOf(url).href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const page = await shown[0];
    expect(page).toMatchObject({
      status: 200,
      headers: {
        'cache-control': 'no-store',
        connection: 'close',
        'content-type': 'text/html; charset=utf-8',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      },
    });
    expect(page?.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page?.body).toContain('You are signed in.');
    expect(await isListening(callbackOf(url))).toBe(false);
  });

  it.each(hosts)('comes back to %s, where the person is sent from there', async (host) => {
    const { opened, openBrowser } = visitor();
    const tokens = await signIn({ host, openBrowser });
    expect(tokens.claims?.sub).toBe('ada');
    expect(callbackOf(opened[0] as URL).hostname).toBe(host);
  });

  it('listens at both addresses of localhost, and at no other', async () => {
    const { opened, openBrowser } = opening();
    const aborter = new AbortController();
    const work = failureOf(signIn({ host: 'localhost', openBrowser, signal: aborter.signal }));
    const { port } = callbackOf(await opened);
    for (const host of ['127.0.0.1', '[::1]']) {
      // By the name in the redirect URI only.
      const headers = { host: `localhost:${port}` };
      expect((await knock(`http://${host}:${port}/callback`, { headers })).status).toBe(400);
      expect((await knock(`http://${host}:${port}/callback`)).status).toBe(404);
    }
    expect(await isListening(new URL(`http://127.0.0.2:${port}/callback`))).toBe(false);
    aborter.abort();
    await work;
  });

  it('takes the answer as a form where that is asked for', async () => {
    const { openBrowser, shown } = visitor(async (url) => {
      const answer = await createUserAgent().signInByForm(url, ada);
      return post(answer.url, `${answer.form}`);
    });
    const tokens = await signIn({ openBrowser, responseMode: 'form_post' });
    expect(tokens.claims?.sub).toBe('ada');
    expect((await shown[0])?.status).toBe(200);
  });

  it('asks for a form where the answer holds tokens, which do not reach it in a fragment', async () => {
    const { opened, openBrowser } = opening();
    const aborter = new AbortController();
    const work = signInWithLoopback(client({ frontChannel: frontChannel() }), {
      ...{ openBrowser, responseType: 'code id_token', signal: aborter.signal },
    });
    expect((await opened).searchParams.get('response_mode')).toBe('form_post');
    aborter.abort();
    await failureOf(work);
  });

  it('has the path that is registered', async () => {
    const { opened, openBrowser } = visitor();
    await signIn({ openBrowser, path: '/signed-in/here' });
    expect(callbackOf(opened[0] as URL).pathname).toBe('/signed-in/here');
  });

  it('shows its own texts, as text', async () => {
    const { openBrowser, shown } = visitor();
    await signIn({ openBrowser, texts: { language: 'de', done: 'Alles <b>klar</b> & "fertig"' } });
    const page = await shown[0];
    expect(page?.body).toContain('<html lang="de">');
    expect(page?.body).toContain('<p>Alles &#60;b&#62;klar&#60;/b&#62; &#38; &#34;fertig&#34;</p>');
  });

  it('keeps two sign-ins apart that go on at once', async () => {
    const one = visitor();
    const other = visitor(async (url) => {
      // The answer to one does nothing for the other.
      const wrong = answerTo(one.opened[0] as URL, { code: 'a code' });
      wrong.port = callbackOf(url).port;
      expect((await knock(wrong)).status).toBe(400);
      return asAda(url);
    });
    const [first, second] = await Promise.all([
      signIn({ openBrowser: one.openBrowser }),
      signIn({ openBrowser: other.openBrowser }),
    ]);
    expect(first.claims?.sub).toBe('ada');
    expect(second.claims?.sub).toBe('ada');
    expect(first.accessToken).not.toBe(second.accessToken);
    const ports = [one, other].map(({ opened }) => callbackOf(opened[0] as URL).port);
    expect(ports[0]).not.toBe(ports[1]);
  });
});

describe('ports', () => {
  const taken: { close(): void }[] = [];
  afterEach(() => {
    for (const server of taken.splice(0)) server.close();
  });

  async function takePort(host = '127.0.0.1', port = 0): Promise<number> {
    const server = createServer().listen(port, host);
    await once(server, 'listening');
    taken.push(server);
    return (server.address() as AddressInfo).port;
  }

  async function freePort(): Promise<number> {
    const port = await takePort();
    const server = taken.pop() as ReturnType<typeof createServer>;
    server.close();
    await once(server, 'close');
    return port;
  }

  it('are tried in the order in which they are listed', async () => {
    const port = [await takePort(), await takePort(), await freePort()];
    const { opened, openBrowser } = visitor();
    const tokens = await signIn({ openBrowser, port });
    expect(tokens.claims?.sub).toBe('ada');
    expect(callbackOf(opened[0] as URL).port).toBe(String(port[2]));
  });

  it('that are all taken end the sign-in with a clear error, before anything is sent', async () => {
    const port = await takePort();
    const { opened, openBrowser } = nobody();
    const before = provider.requests.length;
    expect(await failureOf(signIn({ openBrowser, port }))).toMatchObject({
      name: 'TransportError',
      code: 'listen_failed',
      phase: 'authorization',
      reason: 'EADDRINUSE',
      retryable: true,
      message: `Nobody can listen at 127.0.0.1, port ${port}: EADDRINUSE.`,
    });
    expect(opened).toEqual([]);
    expect(provider.requests.length).toBe(before);
  });

  it('that somebody else has at the other address of localhost are not used', async () => {
    const port = [await takePort('::1'), await freePort()];
    const { opened, openBrowser } = visitor();
    await signIn({ host: 'localhost', openBrowser, port });
    expect(callbackOf(opened[0] as URL).port).toBe(String(port[1]));
    expect(await isListening(new URL(`http://127.0.0.1:${port[0]}/`))).toBe(false);
  });
});

describe('a sign-in that comes to nothing', () => {
  it('ends when the person says no, and says so in the browser', async () => {
    const { openBrowser, opened, shown } = visitor(async (url) =>
      knock(await createUserAgent().signIn(url, ada, { cancel: true })),
    );
    expect(await failureOf(signIn({ openBrowser }))).toMatchObject({
      code: 'oauth_error',
      error: 'access_denied',
    });
    const page = await shown[0];
    expect(page?.status).toBe(400);
    expect(page?.body).toContain('You are not signed in.');
    expect(await isListening(callbackOf(opened[0] as URL))).toBe(false);
  });

  it('ends when nobody comes back in time', async () => {
    const clock = createFakeClock();
    const { opened, openBrowser } = opening();
    const work = failureOf(
      signInWithLoopback(client({ clock }), { openBrowser, timeoutMs: 90_000 }),
    );
    const url = await opened;
    expect(await isListening(callbackOf(url))).toBe(true);
    clock.advance(90_000);
    expect(await work).toMatchObject({
      name: 'TimeoutError',
      code: 'timeout',
      phase: 'authorization',
      message: 'Nobody came back within 90 s. The last answer failed authorization_response.state.',
    });
    expect(await isListening(callbackOf(url))).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('waits five minutes, unless told otherwise', async () => {
    const clock = createFakeClock();
    const { opened, openBrowser } = opening();
    let isOver = false;
    const work = failureOf(signInWithLoopback(client({ clock }), { openBrowser })).finally(() => {
      isOver = true;
    });
    await opened;
    clock.advance(299_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    clock.advance(1);
    expect(await work).toMatchObject({ message: 'Nobody came back within 300 s.' });
  });

  it('ends at once when it is aborted, and leaves neither socket nor timer', async () => {
    const clock = createFakeClock();
    const { opened, openBrowser } = opening();
    const aborter = new AbortController();
    const sockets = openSockets();
    const work = failureOf(
      signInWithLoopback(client({ clock }), { openBrowser, signal: aborter.signal }),
    );
    const url = await opened;
    // Somebody is connected, and has not said what for.
    const idler = connect(Number(callbackOf(url).port), '127.0.0.1');
    await once(idler, 'connect');
    const dropped = once(idler, 'close');
    aborter.abort();
    expect(await work).toMatchObject({ code: 'aborted', phase: 'authorization' });
    await dropped;
    expect(await isListening(callbackOf(url))).toBe(false);
    expect(clock.pending).toBe(0);
    expect(openSockets()).toBeLessThanOrEqual(sockets);
  });

  it('does not begin where it was aborted before', async () => {
    const { opened, openBrowser } = nobody();
    const work = signIn({ openBrowser, signal: AbortSignal.abort() });
    expect(await failureOf(work)).toMatchObject({ code: 'aborted' });
    expect(opened).toEqual([]);
  });

  it('frees its port where the provider cannot be reached', async () => {
    const sockets = openSockets();
    const lost = localClient('http://127.0.0.1:1', { clientId: client_id });
    const { opened, openBrowser } = nobody();
    expect(await failureOf(signInWithLoopback(lost, { openBrowser }))).toMatchObject({
      code: 'network_error',
      phase: 'discovery',
    });
    expect(opened).toEqual([]);
    expect(openSockets()).toBeLessThanOrEqual(sockets);
  });
});

describe('no browser', () => {
  const broken = async () => {
    throw new Error('there is none');
  };

  it('ends the sign-in with what the opener has thrown', async () => {
    await expect(signIn({ openBrowser: broken })).rejects.toThrow('there is none');
  });

  it('hands the address to the application, and goes on waiting', async () => {
    const { openBrowser, opened } = visitor();
    const reasons: unknown[] = [];
    const tokens = await signIn({
      openBrowser: broken,
      withoutBrowser: (url, reason) => {
        reasons.push(reason);
        openBrowser(url);
      },
    });
    expect(tokens.claims?.sub).toBe('ada');
    expect(reasons).toEqual([new Error('there is none')]);
    expect(opened).toHaveLength(1);
  });

  it('ends the sign-in where the application cannot show the address either', async () => {
    const work = signIn({
      openBrowser: broken,
      withoutBrowser: () => {
        throw new Error('no screen');
      },
    });
    await expect(work).rejects.toThrow('no screen');
  });

  it('matters no more when the answer is there', async () => {
    const { openBrowser, opened } = visitor();
    let fail = (_error: Error) => {};
    const tokens = await signIn({
      openBrowser: (url) => {
        openBrowser(url);
        return new Promise((_, reject) => {
          fail = reject;
        });
      },
      withoutBrowser: () => expect.fail('the person has signed in already'),
    });
    fail(new Error('the window was closed'));
    expect(tokens.claims?.sub).toBe('ada');
    expect(opened).toHaveLength(1);
  });
});

describe('a browser that fails when the person is back', () => {
  /** A client that is about to get its tokens when `fail` is called. */
  function failingMeanwhile() {
    let fail = (_reason: Error) => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const slow = client({
      async fetch(url: string, init: RequestInit) {
        if (url.endsWith('/token')) {
          fail(new Error('exit 3'));
          await new Promise(setImmediate);
        }
        return fetch(url, init);
      },
    });
    return { failed, slow };
  }

  it.each([[false], [true]])('costs no tokens, with withoutBrowser: %s', async (isShown) => {
    const { openBrowser } = visitor();
    const { failed, slow } = failingMeanwhile();
    const tokens = await signInWithLoopback(slow, {
      openBrowser: (url) => {
        openBrowser(url);
        return failed;
      },
      ...(isShown && { withoutBrowser: () => expect.fail('the person is back') }),
    });
    expect(tokens.claims?.sub).toBe('ada');
  });

  it('costs no tokens where it is what shows the address that fails', async () => {
    const { openBrowser } = visitor();
    const { failed, slow } = failingMeanwhile();
    const tokens = await signInWithLoopback(slow, {
      openBrowser: () => Promise.reject(new Error('there is none')),
      withoutBrowser: (url) => {
        openBrowser(url);
        return failed;
      },
    });
    expect(tokens.claims?.sub).toBe('ada');
  });
});

describe('options that cannot work', () => {
  it.each<[string, object]>([
    ['host', { host: '0.0.0.0' }],
    ['host', { host: '::1' }],
    ['port', { port: -1 }],
    ['port', { port: 65_536 }],
    ['port', { port: 'any' }],
    ['port', { port: [] }],
    ['path', { path: 'callback' }],
    ['path', { path: '/call back' }],
    ['path', { path: '/a/../b' }],
    ['path', { path: '/callback?x=1' }],
    ['openBrowser', { openBrowser: 'firefox' }],
    ['withoutBrowser', { withoutBrowser: true }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
    ['signal', { signal: {} }],
    ['texts', { texts: 'done' }],
    ['done', { texts: { done: '' } }],
    ['language', { texts: { language: 'en"><script>' } }],
    ['responseMode', { responseMode: 'fragment' }],
    ['responseMode', { responseMode: 'web_message' }],
    ['scope', { scope: '' }],
  ])('%s: %o', async (option, options) => {
    const { opened, openBrowser } = nobody();
    const before = provider.requests.length;
    const work = signIn({ openBrowser, ...options } as LoopbackSignInOptions);
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option });
    expect(opened).toEqual([]);
    expect(provider.requests.length).toBe(before);
  });

  it('options that are no object', async () => {
    const work = signInWithLoopback(client(), null as never);
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'options' });
  });
});
