import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jarm } from '../../src/index.ts';
import { type LoopbackSignInOptions, signInWithLoopback } from '../../src/node/index.ts';
import {
  nativeClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { createRecorder, failureOf, localClient } from '../support/relying-party.ts';
import { issuer, scriptedProvider } from '../support/scripted-provider.ts';
import { defer } from '../support/scripted-web.ts';
import { ada, createUserAgent } from '../support/user-agent.ts';
import {
  answerTo,
  asAda,
  callbackOf,
  type Knock,
  knock,
  post,
  visitor,
} from './loopback-visitor.ts';

let provider: RunningProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider();
});
afterAll(() => provider.close());

const token = () => provider.count('token');

/** Somebody calls first, and is answered; then Ada comes back, and her sign-in is the one that counts. */
async function callingFirst(
  call: (url: URL) => Promise<unknown>,
  options: LoopbackSignInOptions = {},
): Promise<void> {
  const { openBrowser, shown } = visitor(async (url) => {
    const before = token();
    await call(url);
    expect(token()).toBe(before);
    if (options.responseMode !== 'form_post') return asAda(url);
    const { form, url: action } = await createUserAgent().signInByForm(url, ada);
    return post(action, `${form}`);
  });
  const client = localClient(provider.issuer, { clientId: nativeClient.client_id });
  const tokens = await signInWithLoopback(client, { ...options, openBrowser });
  expect(tokens.claims?.sub).toBe('ada');
  expect((await shown[0])?.body).toContain('You are signed in.');
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('who calls before the person has come back', () => {
  it.each<[what: string, status: number, where: (url: URL) => URL, how?: Knock]>([
    ['the icon', 404, (url) => new URL('/favicon.ico', callbackOf(url))],
    ['the root', 404, (url) => new URL('/', callbackOf(url))],
    ['a path below', 404, (url) => new URL(`${callbackOf(url).pathname}/x`, callbackOf(url))],
    ['no answer at all', 400, callbackOf],
    ['HEAD', 405, (url) => answerTo(url, { code: 'c' }), { method: 'HEAD' }],
    ['OPTIONS', 405, (url) => answerTo(url, { code: 'c' }), { method: 'OPTIONS' }],
    ['PUT', 405, (url) => answerTo(url, { code: 'c' }), { method: 'PUT' }],
    ['a form, where none is asked for', 405, callbackOf, { body: 'code=c', headers: form }],
    [
      'another name',
      404,
      (url) => answerTo(url, { code: 'c' }),
      { headers: { host: 'evil.example' } },
    ],
    [
      'no port in the name',
      404,
      (url) => answerTo(url, { code: 'c' }),
      { headers: { host: '127.0.0.1' } },
    ],
    [
      'an address as the target',
      404,
      callbackOf,
      { target: 'http://evil.example/callback?code=c' },
    ],
    ['two slashes as the target', 404, callbackOf, { target: '//evil.example/callback' }],
  ])('is sent away: %s (%i)', async (_, status, where, how) => {
    await callingFirst(async (url) => {
      const reply = await knock(where(url), how);
      expect(reply.status).toBe(status);
      expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', connection: 'close' });
      expect(reply.body).not.toContain('signed in');
    });
  });

  it.each<[what: string, change: (answer: URL) => void]>([
    ['a state of their own', ({ searchParams }) => searchParams.set('state', 'x'.repeat(43))],
    ['no state', ({ searchParams }) => searchParams.delete('state')],
    ['an empty state', ({ searchParams }) => searchParams.set('state', '')],
    [
      'half of the state',
      ({ searchParams }) => searchParams.set('state', `${searchParams.get('state')}`.slice(0, 20)),
    ],
    ['two states', ({ searchParams }) => searchParams.append('state', 'x')],
    [
      'the signed response of somebody',
      ({ searchParams }) => searchParams.set('response', 'e30.e30.'),
    ],
  ])('with a code and %s spends nothing, and settles nothing', async (_, change) => {
    await callingFirst(async (url) => {
      const answer = answerTo(url, { code: 'the code of a stranger', iss: provider.issuer });
      change(answer);
      for (let times = 0; times < 3; times += 1) {
        expect((await knock(answer)).status).toBe(400);
      }
    });
  });

  it('with an error and a wrong state does not end the sign-in', async () => {
    await callingFirst(async (url) => {
      const answer = answerTo(url, { error: 'access_denied', state: 'y'.repeat(43) });
      expect((await knock(answer)).status).toBe(400);
    });
  });

  it.each<[what: string, status: number, how: (url: URL) => Promise<{ status: number }>]>([
    [
      'a form with a wrong state',
      400,
      (url) => post(callbackOf(url), `code=c&state=${'x'.repeat(43)}`),
    ],
    ['a form that is none', 400, (url) => knock(callbackOf(url), { body: '{"code":"c"}' })],
    ['an empty form', 400, (url) => post(callbackOf(url), '')],
    ['a form without end', 413, (url) => post(callbackOf(url), `code=${'c'.repeat(70_000)}`)],
    [
      'an address with a wrong state',
      400,
      (url) => knock(`${callbackOf(url)}?code=c&state=${'x'.repeat(43)}`),
    ],
  ])('is sent away where a form is awaited: %s', async (_, status, how) => {
    await callingFirst(async (url) => expect((await how(url)).status).toBe(status), {
      responseMode: 'form_post',
    });
  });

  it("and only connects, or speaks no HTTP, is in nobody's way", async () => {
    const sockets: ReturnType<typeof connect>[] = [];
    await callingFirst(async (url) => {
      const port = Number(callbackOf(url).port);
      for (const text of ['', 'GET /callback', 'hello\r\n\r\n']) {
        const socket = connect(port, '127.0.0.1')
          .on('error', () => {})
          .resume();
        await once(socket, 'connect');
        socket.write(text);
        sockets.push(socket);
      }
    });
    for (const socket of sockets) {
      if (!socket.closed) await once(socket, 'close');
    }
  });
});

describe('a signed response, whose state is not to be seen before it is verified', () => {
  const setUp = () => {
    const server = scriptedProvider();
    const client = server.client({ responseProtection: jarm() });
    const answer = async (url: URL, claims: object, header?: object) => {
      const state = url.searchParams.get('state');
      const now = server.now + 60;
      const signed = { iss: issuer, aud: 'app', exp: now, code: 'the-code', state, ...claims };
      const callback = callbackOf(url);
      callback.search = `${new URLSearchParams({ response: await server.sign(signed, header) })}`;
      return callback;
    };
    return { ...server, client, answer };
  };

  it("settles nothing where it is somebody else's, however it is made", async () => {
    const { answer, client, web } = setUp();
    const tokenRequests = () => web.count(`${issuer}/token`);
    const { openBrowser, shown } = visitor(async (url) => {
      const genuine = await answer(url, {});
      const forged = new URL(genuine);
      const [head, body] = `${genuine.searchParams.get('response')}`.split('.');
      forged.searchParams.set('response', `${head}.${body}.${'A'.repeat(86)}`);
      const none = new URL(genuine);
      none.searchParams.set('response', 'eyJhbGciOiJub25lIn0.e30.');
      const foreign = await answer(url, { state: 'x'.repeat(43) });
      const plain = answerTo(url, { code: 'c' });
      for (const stranger of [forged, none, foreign, plain]) {
        expect((await knock(stranger)).status).toBe(400);
      }
      expect(tokenRequests()).toBe(0);
      return knock(genuine);
    });
    const tokens = await signInWithLoopback(client, { openBrowser, scope: 'accounts' });
    expect(tokens.accessToken).toEqual(expect.any(String));
    expect((await shown[0])?.status).toBe(200);
    expect(tokenRequests()).toBe(1);
  });

  it('that the provider makes wrong is named when the time is up', async () => {
    const { answer, client, clock } = setUp();
    const knocked = defer();
    const { openBrowser } = visitor(async (url) => {
      const reply = await knock(await answer(url, { aud: 'another-app' }));
      knocked.resolve();
      return reply;
    });
    const work = failureOf(
      signInWithLoopback(client, { openBrowser, scope: 'accounts', timeoutMs: 300 }),
    );
    await knocked.promise;
    clock.advance(300);
    expect(await work).toMatchObject({
      code: 'timeout',
      message: 'Nobody came back within 0.3 s. The last answer failed authorization_response.aud.',
    });
  });
});

describe('the answer', () => {
  it('counts once, however often the browser brings it', async () => {
    const { events, trace } = createRecorder();
    const client = localClient(provider.issuer, { clientId: nativeClient.client_id, trace });
    const before = token();
    const { openBrowser, shown } = visitor(async (url) => {
      const answer = await createUserAgent().signIn(url, ada);
      const replies = await Promise.allSettled([knock(answer), knock(answer), knock(answer)]);
      const statuses = replies.map((reply) =>
        reply.status === 'fulfilled' ? reply.value.status : 0,
      );
      // Whoever is late finds nobody.
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.every((status) => [0, 200, 400].includes(status))).toBe(true);
      return knock(answer).catch(() => ({ status: 0, headers: {}, body: '' }));
    });
    const tokens = await signInWithLoopback(client, { openBrowser });
    expect(tokens.claims?.sub).toBe('ada');
    await shown[0];
    expect(token()).toBe(before + 1);
    expect(JSON.stringify(events)).not.toMatch(/code=|[\w-]{43}/);
  });

  it('counts where the person closes the window before it is answered', async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const client = localClient(provider.issuer, {
      clientId: nativeClient.client_id,
      async fetch(url, init) {
        if (!url.endsWith('/token')) return fetch(url, init);
        isAsked();
        await closed;
        return fetch(url, init);
      },
    });
    let isClosed = () => {};
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    const tokens = await signInWithLoopback(client, {
      async openBrowser(url) {
        const { host, pathname, port, search } = await createUserAgent().signIn(url, ada);
        const window = connect(Number(port), '127.0.0.1');
        window.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
        await asked;
        window.destroy();
        await once(window, 'close');
        // Until the server has noticed.
        await new Promise((resolve) => setTimeout(resolve, 20));
        isClosed();
      },
    });
    expect(tokens.claims?.sub).toBe('ada');
  });

  it('leaves nothing of itself in the page, nor in what it is answered with', async () => {
    let answer = new URL('http://127.0.0.1');
    const { openBrowser, shown } = visitor(async (url) => {
      answer = await createUserAgent().signIn(url, ada);
      return knock(answer);
    });
    const client = localClient(provider.issuer, { clientId: nativeClient.client_id });
    await signInWithLoopback(client, { openBrowser });
    const page = await shown[0];
    for (const value of answer.searchParams.values()) {
      expect(`${page?.body}${JSON.stringify(page?.headers)}`).not.toContain(value);
    }
  });

  it('that comes in another way than was asked for is refused, and is the last', async () => {
    const { openBrowser, shown } = visitor(async (url) => {
      const { form: answer, url: action } = await createUserAgent().signInByForm(url, ada);
      // A provider that does not know the mode sends the browser back with a query.
      action.search = `${answer}`;
      return knock(action);
    });
    const client = localClient(provider.issuer, { clientId: nativeClient.client_id });
    const work = signInWithLoopback(client, { openBrowser, responseMode: 'form_post' });
    await expect(work).rejects.toMatchObject({
      code: 'invalid_authorization_response',
      check: 'authorization_response.response_mode',
    });
    expect((await shown[0])?.status).toBe(400);
  });
});
