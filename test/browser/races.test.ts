import { describe, expect, it, vi } from 'vitest';
import { handleFrontchannelLogout, popup, redirect, silent } from '../../src/browser/index.ts';
import { type SessionStore, StorageError } from '../../src/index.ts';
import { failureOf, hostileClient } from '../support/relying-party.ts';
import { defer } from '../support/scripted-web.ts';
import { answerIn, fakePopup, visits } from './visits.ts';

const visit = visits();

/** Holds the first call back until it may go on. */
function held(inner: SessionStore, at: 'read' | 'write') {
  const reached = defer();
  const go = defer();
  let isFirst = true;
  const store = {
    ...inner,
    async [at](...given: never[]) {
      if (isFirst) {
        isFirst = false;
        reached.resolve();
        await go.promise;
      }
      return (inner[at] as (...given: never[]) => unknown)(...given);
    },
  } as SessionStore;
  return { store, reached: reached.promise, go: () => go.resolve() };
}

/** A client whose token requests are answered when they may be. */
function slowTokens() {
  const reached = defer();
  const go = defer();
  const client = hostileClient(visit.op, {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (init.method !== 'POST' || !url.endsWith('/token')) return response;
      reached.resolve();
      await go.promise;
      return response;
    },
  });
  return { client, reached: reached.promise, go: () => go.resolve() };
}

const tokens = (sub: string, accessToken: string) =>
  ({
    accessToken,
    tokenType: 'Bearer',
    obtainedAt: Date.now(),
    scope: 'openid',
    claims: { sub, iss: 'x', aud: 'x', iat: 1, exp: 2 },
  }) as never;

describe('a sign-in that is given up', () => {
  it.each(['signal', 'close'])('while it is being stored goes nowhere (%s)', async (by) => {
    const { go, reached, store } = held(visit.transactions, 'write');
    const session = visit.load({ transactions: store });
    const navigate = vi.fn();
    const controller = new AbortController();
    const asked = { via: redirect({ navigate }), signal: controller.signal };
    const failed = failureOf(session.signIn(asked));
    await reached;
    if (by === 'signal') controller.abort();
    else session.close();
    expect((await failed).code).toBe('aborted');
    go();
    await vi.waitFor(() => expect(visit.page.listeners()).toBe(0));
    expect(navigate).not.toHaveBeenCalled();
  });

  it('by a navigation that fails says why', async () => {
    const navigate = async () => Promise.reject(new Error('no such scheme'));
    await expect(visit.load().signIn({ via: redirect({ navigate }) })).rejects.toThrow('scheme');
    expect(visit.page.listeners()).toBe(0);
  });
});

describe('a sign-out', () => {
  it('wins over the end of a sign-in by redirect', async () => {
    const answer = await visit.leave();
    const { client, go, reached } = slowTokens();
    const session = visit.load({ client });
    const failed = failureOf(session.handleRedirect(answer));
    await reached;
    await session.signOut();
    go();
    expect((await failed).code).toBe('aborted');
    expect(session.current().status).toBe('signedOut');
    expect((await visit.load().restore()).status).toBe('signedOut');
  });

  it('wins over a popup', async () => {
    const { client, go, reached } = slowTokens();
    const session = visit.load({ client });
    const opened = fakePopup();
    const failed = failureOf(session.signIn({ via: popup() }));
    await answerIn(visit, opened);
    await reached;
    await session.signOut();
    go();
    expect((await failed).code).toBe('aborted');
    expect(session.current().status).toBe('signedOut');
    await vi.waitFor(() => expect(opened.closed).toBe(true));
  });

  it('that is given up before it has begun ends nothing', async () => {
    const reached = defer();
    const go = defer();
    const client = hostileClient(visit.op, {
      fetch: async () => {
        reached.resolve();
        await go.promise;
        throw new TypeError('offline');
      },
    });
    const session = visit.load({ client });
    await session.establish(tokens('ada', 'one'));
    const controller = new AbortController();
    const via = redirect({ navigate() {} });
    const failed = failureOf(session.signOut({ via, signal: controller.signal }));
    await reached.promise;
    controller.abort();
    expect((await failed).code).toBe('aborted');
    go.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    expect(session.current().status).toBe('signedIn');
    expect((await visit.load().restore()).status).toBe('signedIn');
  });

  it('wins over a sign-in that an API has asked for', async () => {
    await visit.load().establish(tokens('ada', 'one'));
    const { go, reached, store } = held(visit.store, 'read');
    const session = visit.load({ store });
    const arriving = session.establish(tokens('ada', 'two'), { stepUp: { acrValues: 'phr' } });
    await reached;
    const leaving = session.signOut();
    go();
    await Promise.allSettled([arriving, leaving]);
    expect(session.current().status).toBe('signedOut');
    expect((await visit.load().restore()).status).toBe('signedOut');
  });
});

describe('a sign-in that an API has asked for', () => {
  it('does not take the place of somebody who has signed in at that moment', async () => {
    const other = visit.load();
    await other.establish(tokens('ada', 'one'));
    const { go, reached, store } = held(visit.store, 'write');
    const session = visit.load({ store });
    const arriving = session.establish(tokens('ada', 'two'), { stepUp: { acrValues: 'phr' } });
    const failed = failureOf(arriving);
    await reached;
    await other.establish(tokens('grace', 'three'));
    go();
    expect(await failed).toMatchObject({ check: 'id_token.step_up_sub' });
    expect((await visit.load().restore()).claims?.sub).toBe('grace');
  });

  it('is for the person who has begun it, even if nobody is signed in any more', async () => {
    const session = visit.load();
    await session.establish(tokens('ada', 'one'));
    const answer = await visit.leave(session, { stepUp: { acrValues: 'phr' }, appState: 'pay' });
    await visit.load().signOut();
    const error = await failureOf(visit.load().handleRedirect(answer));
    expect(error).toMatchObject({ check: 'id_token.step_up_sub' });
    expect((await visit.load().restore()).status).toBe('signedOut');
  });
});

describe('a failure', () => {
  it('is never to be repeated once the code was sent', async () => {
    const answer = await visit.leave();
    const full = async () => {
      throw new StorageError('full', { code: 'storage_failed', retryable: true });
    };
    const session = visit.load({ store: { ...visit.store, write: full } });
    expect(await failureOf(session.handleRedirect(answer))).toMatchObject({
      code: 'storage_failed',
      retryable: false,
    });
  });

  it('is never to be repeated once the sign-in was taken out', async () => {
    const answer = await visit.leave();
    const offline = hostileClient(visit.op, { fetch: async () => Promise.reject(new TypeError()) });
    const session = visit.load({ client: offline });
    expect(await failureOf(session.handleRedirect(answer))).toMatchObject({
      code: 'network_error',
      retryable: false,
    });
    expect(await session.handleRedirect(answer)).toBeNull();
    expect(visit.op.count('token')).toBe(0);
  });

  it('of the provider says what it says of the next sign-in', async () => {
    const answer = new URL(await visit.leave());
    answer.searchParams.delete('code');
    answer.searchParams.set('error', 'temporarily_unavailable');
    const error = await failureOf(visit.load().handleRedirect(answer));
    expect(error).toMatchObject({ error: 'temporarily_unavailable', retryable: true });
  });

  it('of a store that follows no rules is typed', async () => {
    const broken = async () => {
      throw new TypeError('boom');
    };
    const session = visit.load({ transactions: { ...visit.transactions, read: broken } });
    const failed = failureOf(session.signIn({ via: redirect({ navigate() {} }) }));
    expect(await failed).toMatchObject({ code: 'storage_failed', reason: 'TypeError' });
  });

  it('does not come of a long time', async () => {
    fakePopup();
    const signedIn = visit.load().signIn({ via: popup({ timeoutMs: 2 ** 31 }) });
    const first = await Promise.race([
      signedIn.catch(({ code }) => code),
      new Promise((resolve) => setTimeout(resolve, 50, 'still waiting')),
    ]);
    expect(first).toBe('still waiting');
  });

  it.each([10_000.5, 2 ** 32, 1e300])(
    'does not come of a client that takes %d ms',
    async (timeoutMs) => {
      const session = visit.load({
        client: hostileClient(visit.op, { timeoutMs }),
        renew: silent(),
      });
      const append = vi.spyOn(visit.page.window.document.documentElement, 'append');
      const added = new Promise<void>((resolve) => append.mockImplementation(() => resolve()));
      await session.establish({
        ...(tokens('ada', 'one') as object),
        obtainedAt: 1,
        expiresAt: 2,
      } as never);
      const failed = failureOf(session.getAccessToken());
      await added;
      session.close();
      expect(await failed).toMatchObject({ code: 'aborted' });
    },
  );

  it.each<[string, string, () => Promise<unknown>]>([
    ['signIn', 'signal', () => visit.load().signIn({ signal: {} as never })],
    ['signIn', 'appState', () => visit.load().signIn({ appState: () => 1 })],
    ['signIn', 'appState', () => visit.load().signIn({ appState: Symbol('a') })],
    ['signOut', 'signal', () => visit.load().signOut({ via: redirect(), signal: 'x' as never })],
    [
      'signOut',
      'postLogoutRedirectUri',
      () => visit.load().signOut({ via: popup(), postLogoutRedirectUri: '/' }),
    ],
    ['establish', 'options', () => visit.load().establish(tokens('a', 'b'), null as never)],
    ['establish', 'sub', () => visit.load().establish(tokens('a', 'b'), { sub: 1 as never })],
    [
      'handleFrontchannelLogout',
      'url',
      () => handleFrontchannelLogout(hostileClient(visit.op), visit.load(), 'x'),
    ],
    ['popup', 'responseMode', async () => popup({ responseMode: 'form_post' as never })],
  ])('of %s is about the option %s', async (_name, option, act) => {
    expect(await failureOf(act())).toMatchObject({ code: 'invalid_option', option });
  });
});
