import { describe, expect, it, vi } from 'vitest';
import { popup, redirect, silent } from '../../src/browser/index.ts';
import { failureOf, hostileCallback, hostileClient } from '../support/relying-party.ts';
import { answerIn, fakePopup, home, transactionsKey, visits } from './visits.ts';

const visit = visits();

/** What is stored of sign-ins by redirect. */
const waiting = async () =>
  (await visit.transactions.read(transactionsKey(hostileClient(visit.op))))?.value;

describe('a session in a page', () => {
  it('touches nothing of the page until it is used', () => {
    visit.page.close();
    const session = visit.load();
    expect(session.current().status).toBe('unknown');
    expect(Object.isFrozen(session)).toBe(true);
    visit.reopen();
  });

  it.each<[string, object]>([
    ['redirectUri', { redirectUri: '/callback' }],
    ['redirectUri', { redirectUri: undefined }],
    ['authorization', { authorization: 'openid' }],
    ['client', { client: {} }],
    ['renew', { renew: {} }],
    ['renew', { renew: 'silent' }],
    ['name', { name: '' }],
    ['store', { store: {} }],
  ])('refuses a wrong %s', async (option, options) => {
    const error = await failureOf(() => visit.load(options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });
});

describe('a sign-in by redirect', () => {
  it('brings the person back signed in, with what the application gave along', async () => {
    await visit.comeBack({ appState: { cart: [1, 2] }, returnTo: '/cart?step=2#pay' });
    const session = visit.load();
    const events: string[] = [];
    session.subscribe(({ type }) => events.push(type));
    expect(await session.handleRedirect()).toEqual({
      status: 'signedIn',
      appState: { cart: [1, 2] },
      returnTo: '/cart?step=2#pay',
    });
    expect(session.current()).toMatchObject({
      status: 'signedIn',
      claims: { sub: visit.op.subject },
    });
    expect(events).toEqual(['signedIn']);
    expect(visit.op.violations).toEqual([]);
  });

  it('cleans the address before anything else happens (RL-02)', async () => {
    await visit.comeBack();
    history.replaceState({ router: 1 }, '', location.href);
    const session = visit.load({ redirectUri: hostileCallback });
    visit.op.reset();
    const result = session.handleRedirect();
    expect(location.href).toBe(hostileCallback);
    expect(history.state).toEqual({ router: 1 });
    expect(visit.op.requests).toEqual([]);
    await result;
  });

  it('keeps the query that the redirect URI has of its own', async () => {
    const redirectUri = `${hostileCallback}?tenant=7`;
    const session = visit.load({ redirectUri });
    visit.page.goTo(`${redirectUri}&code=abc&state=${'s'.repeat(43)}`);
    await failureOf(session.handleRedirect());
    expect(location.href).toBe(redirectUri);
  });

  it('gives the same result to whoever asks while it is on its way, and null afterwards', async () => {
    await visit.comeBack();
    const session = visit.load();
    const [first, second] = await Promise.all([session.handleRedirect(), session.handleRedirect()]);
    expect(first?.status).toBe('signedIn');
    expect(second).toBe(first);
    expect(await session.handleRedirect()).toBeNull();
    expect(visit.op.count('token')).toBe(1);
  });

  it('gives the same result to whoever asks with the same address meanwhile', async () => {
    const answer = await visit.leave();
    const session = visit.load();
    const asked = [answer, new URL(answer), answer].map((url) => session.handleRedirect(url));
    const [first, ...others] = await Promise.all(asked);
    expect(first?.status).toBe('signedIn');
    expect(others).toEqual([first, first]);
    expect(await session.handleRedirect(answer)).toBeNull();
    expect(visit.op.count('token')).toBe(1);
  });

  it('is done once, however often and wherever the answer is opened', async () => {
    const answer = await visit.comeBack();
    expect((await visit.load().handleRedirect(answer))?.status).toBe('signedIn');
    for (let times = 0; times < 3; times += 1) {
      visit.page.goTo(answer);
      expect(await visit.load().handleRedirect()).toBeNull();
      expect(location.href).toBe(hostileCallback);
    }
    expect(await visit.load().handleRedirect(new URL(answer))).toBeNull();
    expect(visit.op.count('token')).toBe(1);
    expect((await visit.load().restore()).status).toBe('signedIn');
  });

  it('is done once by two tabs that have the answer at the same time', async () => {
    const answer = await visit.comeBack();
    const results = await Promise.all([1, 2, 3].map(() => visit.load().handleRedirect(answer)));
    expect(results.map((result) => result?.status)).toEqual(['signedIn', undefined, undefined]);
    expect(visit.op.count('token')).toBe(1);
  });

  it('ends in as many tabs as it began, in any order', async () => {
    const answers = [];
    for (const tab of ['a', 'b', 'c'])
      answers.push(await visit.leave(visit.load(), { appState: tab }));
    const ended = [];
    for (const answer of answers.reverse()) ended.push(await visit.load().handleRedirect(answer));
    expect(ended.map((result) => result?.appState)).toEqual(['c', 'b', 'a']);
    expect(visit.op.violations).toEqual([]);
  });

  it('is no answer on any other page', async () => {
    const read = vi.spyOn(visit.transactions, 'read');
    for (const url of [
      home,
      hostileCallback,
      `${hostileCallback}?code=abc`,
      `${hostileCallback}?state=abc`,
      `${hostileCallback}#section`,
      `https://rp.example/other?code=abc&state=${'s'.repeat(43)}`,
      `https://app.example/callback?code=abc&state=${'s'.repeat(43)}`,
    ]) {
      visit.page.goTo(url);
      expect(await visit.load().handleRedirect()).toBeNull();
      expect(location.href).toBe(url);
    }
    expect(read).not.toHaveBeenCalled();
  });

  it('is refused where nobody here has begun it, and sends nothing', async () => {
    visit.page.goTo(`${hostileCallback}?code=abc&state=${'s'.repeat(43)}`);
    const error = await failureOf(visit.load().handleRedirect());
    expect(error.code).toBe('transaction_not_found');
    expect(location.href).toBe(hostileCallback);
    expect(visit.op.count('token')).toBe(0);
  });

  it('is refused to another application of this origin', async () => {
    const answer = await visit.comeBack();
    const error = await failureOf(visit.load({ name: 'other' }).handleRedirect(answer));
    expect(error.code).toBe('transaction_not_found');
    expect((await visit.load().handleRedirect(answer))?.status).toBe('signedIn');
  });

  it('ends with the error of the provider, once', async () => {
    const answer = new URL(await visit.leave());
    answer.searchParams.delete('code');
    answer.searchParams.set('error', 'access_denied');
    const session = visit.load();
    expect(await failureOf(session.handleRedirect(answer))).toMatchObject({
      code: 'oauth_error',
      error: 'access_denied',
    });
    expect(await session.handleRedirect(answer)).toBeNull();
  });

  it('is over when the network fails with the code', async () => {
    const answer = await visit.leave();
    const offline = hostileClient(visit.op, {
      fetch: async (url, init) => {
        if (init.method === 'POST') throw new TypeError('offline');
        return fetch(url, init);
      },
    });
    const error = await failureOf(visit.load({ client: offline }).handleRedirect(answer));
    expect(error).toMatchObject({ code: 'network_error', retryable: false });
    expect(await visit.load().handleRedirect(answer)).toBeNull();
    expect(visit.op.count('token')).toBe(0);
  });

  it('resolves with null when the person comes back to this very page', async () => {
    const session = visit.load();
    let left = () => {};
    const leaving = new Promise<void>((resolve) => {
      left = resolve;
    });
    const signedIn = session.signIn({ via: redirect({ navigate: () => left() }) });
    await leaving;
    visit.page.event('pageshow', { persisted: false });
    visit.page.event('pageshow', { persisted: true });
    expect(await signedIn).toBeNull();
  });

  it('asks for what every sign-in asks for where it says nothing else', async () => {
    const authorization = { scope: 'openid profile', resource: 'https://api.example' };
    const said = { scope: undefined, resource: undefined, loginHint: 'ada' };
    await visit.leave(visit.load({ authorization }), said);
    const asked = new URL(visit.op.requests.at(-1)?.url ?? '', visit.op.issuer).searchParams;
    expect(asked.get('scope')).toBe('openid profile');
    expect(asked.get('resource')).toBe('https://api.example');
    expect(asked.get('login_hint')).toBe('ada');
  });

  it('goes nowhere with a returnTo of another origin', async () => {
    const navigate = vi.fn();
    const asked = { via: redirect({ navigate }), returnTo: '//evil.example' };
    const error = await failureOf(visit.load().signIn(asked));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'returnTo' });
    expect(navigate).not.toHaveBeenCalled();
    expect(visit.op.requests).toEqual([]);
  });

  it('forgets a returnTo that somebody has put into the store', async () => {
    const answer = await visit.leave(undefined, { returnTo: '/fine' });
    const key = transactionsKey(hostileClient(visit.op));
    const { revision, value } = (await visit.transactions.read(key)) ?? { revision: '', value: '' };
    await visit.transactions.write(key, value.replace('/fine', '//evil.example'), revision);
    expect(await visit.load().handleRedirect(answer)).toMatchObject({ returnTo: undefined });
  });

  it('leaves neither verifier nor nonce behind', async () => {
    const answer = await visit.comeBack();
    expect(await waiting()).toMatch(/codeVerifier/);
    await visit.load().handleRedirect(answer);
    expect(await waiting()).not.toMatch(/codeVerifier|nonce/);
  });
});

describe('a sign-in by popup', () => {
  it('signs the person in, and leaves nothing open', async () => {
    const opened = fakePopup();
    const session = visit.load();
    const result = session.signIn({ via: popup(), appState: 7, returnTo: '/cart' });
    await answerIn(visit, opened);
    expect(await result).toEqual({ status: 'signedIn', appState: 7, returnTo: '/cart' });
    expect(session.current().claims?.sub).toBe(visit.op.subject);
    expect(opened.closed).toBe(true);
    await vi.waitFor(async () => expect(await visit.page.locks()).toBe(0));
    expect(await visit.transactions.read(transactionsKey(hostileClient(visit.op)))).toBeUndefined();
  });

  it('opens the window in the very call', () => {
    const open = vi.fn(() => null);
    vi.stubGlobal('open', open);
    const failed = failureOf(visit.load().signIn({ via: popup() }));
    expect(open).toHaveBeenCalledOnce();
    return expect(failed).resolves.toMatchObject({ code: 'popup_blocked' });
  });

  it('closes the window when the request cannot be made', async () => {
    const opened = fakePopup();
    const client = hostileClient(visit.op, { fetch: async () => Promise.reject(new TypeError()) });
    const error = await failureOf(visit.load({ client }).signIn({ via: popup() }));
    expect(error.code).toBe('network_error');
    expect(opened.closed).toBe(true);
  });

  it('refuses an answer with the wrong issuer (PM-05)', async () => {
    const opened = fakePopup();
    const failed = failureOf(visit.load().signIn({ via: popup() }));
    await vi.waitFor(() => expect(opened.urls).toHaveLength(1));
    const url = (await visit.op.authorize(new URL(opened.urls[0] as string))) as URL;
    url.searchParams.set('iss', 'https://evil.example');
    visit.page.message(
      { type: 'relier:response', url: url.href },
      { origin: location.origin, source: opened },
    );
    expect(await failed).toMatchObject({ check: 'authorization_response.iss' });
    expect(visit.op.count('token')).toBe(0);
    expect(opened.closed).toBe(true);
  });

  it.each(['signal', 'close'])('ends with aborted by %s', async (by) => {
    const opened = fakePopup();
    const session = visit.load();
    const controller = new AbortController();
    const failed = failureOf(session.signIn({ via: popup(), signal: controller.signal }));
    await vi.waitFor(() => expect(opened.urls).toHaveLength(1));
    if (by === 'signal') controller.abort();
    else session.close();
    expect(await failed).toMatchObject({ name: 'TransportError', code: 'aborted' });
    await vi.waitFor(() => expect(opened.closed).toBe(true));
    await vi.waitFor(async () => expect(await visit.page.locks()).toBe(0));
  });

  it.each<[string, unknown]>([
    ['an object', {}],
    ['a name', 'popup'],
    ['the function itself', popup],
    ['nothing', null],
  ])('refuses %s as a way', async (_name, via) => {
    const error = await failureOf(visit.load().signIn({ via: via as never }));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'via' });
  });
});

describe('a sign-in that an API has asked for', () => {
  const stepUp = { acrValues: 'phr', maxAge: 300 };

  it('asks the provider for it, and takes what it says nothing about', async () => {
    const answer = await visit.leave(undefined, { stepUp, returnTo: '/transfer' });
    const asked = new URL(visit.op.requests.at(-1)?.url ?? '', visit.op.issuer).searchParams;
    expect([asked.get('acr_values'), asked.get('max_age')]).toEqual(['phr', '300']);
    expect(await visit.load().handleRedirect(answer)).toMatchObject({ returnTo: '/transfer' });
  });

  it('refuses it if another person comes back, and leaves the session as it was', async () => {
    const session = visit.load();
    await session.establish({
      accessToken: 'of-somebody-else',
      tokenType: 'Bearer',
      obtainedAt: Date.now(),
      scope: 'openid',
      claims: { sub: 'somebody else' },
    } as never);
    const answer = await visit.leave(session, { stepUp });
    const error = await failureOf(visit.load().handleRedirect(answer));
    expect(error).toMatchObject({ check: 'id_token.step_up_sub' });
    expect((await visit.load().restore()).claims?.sub).toBe('somebody else');
  });

  it('refuses a demand that is none', async () => {
    const navigate = vi.fn();
    const asked = { via: redirect({ navigate }), stepUp: { maxAge: 'soon' } as never };
    const error = await failureOf(visit.load().signIn(asked));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'stepUp.maxAge' });
    expect(navigate).not.toHaveBeenCalled();
  });

  it.each([null, false, 0, ''])('refuses %j as a demand before anybody is asked', async (value) => {
    const navigate = vi.fn();
    const asked = { via: redirect({ navigate }), stepUp: value as never };
    const error = await failureOf(visit.load().signIn(asked));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'stepUp' });
    expect([navigate.mock.calls, visit.op.requests]).toEqual([[], []]);
  });
});

/** The frames that were made, instead of loading pages into them. */
function fakeFrames() {
  const frames: { src: string; hidden: boolean; contentWindow: object; isThere: boolean }[] = [];
  const { document } = visit.page.window;
  vi.spyOn(document, 'createElement').mockImplementation((() => {
    const frame = {
      src: '',
      hidden: false,
      contentWindow: {},
      isThere: false,
      remove() {
        frame.isThere = false;
      },
    };
    frames.push(frame);
    return frame;
  }) as never);
  vi.spyOn(document.documentElement, 'append').mockImplementation(((
    frame: (typeof frames)[number],
  ) => {
    frame.isThere = true;
  }) as never);
  const answer = async (at: number, change = (url: URL) => url) => {
    await vi.waitFor(() => expect(frames[at]?.isThere).toBe(true));
    const { contentWindow, src = '' } = frames[at] ?? {};
    const url = change((await visit.op.authorize(new URL(src))) as URL).href;
    const from = { origin: location.origin, source: contentWindow };
    visit.page.message({ type: 'relier:response', url }, from);
  };
  return { frames, answer };
}

describe('a silent sign-in', () => {
  it('asks in a hidden frame, and takes it away', async () => {
    const { answer, frames } = fakeFrames();
    const result = visit.load().signIn({ via: silent() });
    await answer(0);
    expect((await result).status).toBe('signedIn');
    expect(new URL(frames[0]?.src ?? '').searchParams.get('prompt')).toBe('none');
    expect(frames).toMatchObject([{ hidden: true, isThere: false }]);
  });

  it('asks one at a time', async () => {
    const { answer, frames } = fakeFrames();
    const both = Promise.all([
      visit.load().signIn({ via: silent() }),
      visit.load({ name: 'other' }).signIn({ via: silent() }),
    ]);
    await vi.waitFor(() => expect(frames[0]?.isThere).toBe(true));
    expect(frames.filter(({ isThere }) => isThere)).toHaveLength(1);
    await answer(0);
    await answer(1);
    expect((await both).map(({ status }) => status)).toEqual(['signedIn', 'signedIn']);
  });

  it('tells that the person has to do something (PM-07)', async () => {
    const { answer, frames } = fakeFrames();
    const failed = failureOf(visit.load().signIn({ via: silent() }));
    await answer(0, (url) => {
      url.searchParams.delete('code');
      url.searchParams.set('error', 'login_required');
      return url;
    });
    expect(await failed).toMatchObject({ code: 'interaction_required', error: 'login_required' });
    expect(frames[0]?.isThere).toBe(false);
  });

  it('ends where the provider shows a page instead (PM-07)', async () => {
    const { frames } = fakeFrames();
    const failed = failureOf(visit.load().signIn({ via: silent({ timeoutMs: 20 }) }));
    expect(await failed).toMatchObject({ code: 'timeout', phase: 'authorization' });
    expect(frames[0]?.isThere).toBe(false);
    await vi.waitFor(async () => expect(await visit.page.locks()).toBe(0));
  });

  it('lets the next one in when one has failed', async () => {
    const { answer } = fakeFrames();
    await failureOf(visit.load().signIn({ via: silent({ timeoutMs: 1 }) }));
    const result = visit.load().signIn({ via: silent() });
    await answer(1);
    expect((await result).status).toBe('signedIn');
  });

  it('renews the tokens where that is wanted', async () => {
    const { answer, frames } = fakeFrames();
    const session = visit.load({ renew: silent(), authorization: { scope: 'openid email' } });
    const first = session.signIn({ via: silent() });
    await answer(0);
    await first;
    const before = await session.getAccessToken();
    const after = session.getAccessToken({ force: true });
    await answer(1);
    expect(await after).not.toBe(before);
    const asked = new URL(frames[1]?.src ?? '').searchParams;
    expect(asked.get('id_token_hint')).toMatch(/^eyJ/);
    expect(asked.get('scope')).toBe('openid email');
  });
});

describe('a sign-out', () => {
  async function signedIn() {
    const answer = await visit.leave();
    const session = visit.load();
    await session.handleRedirect(answer);
    return session;
  }

  it('ends the session here alone, unless told otherwise', async () => {
    const session = await signedIn();
    expect(await session.signOut()).toMatchObject({ idTokenHint: expect.stringMatching(/^eyJ/) });
    expect(session.current().status).toBe('signedOut');
  });

  it('takes the person to the provider by redirect', async () => {
    const session = await signedIn();
    const url = await new Promise<URL>((resolve, reject) => {
      session.signOut({ via: redirect({ navigate: resolve }) }).catch(reject);
    });
    expect(url.searchParams.get('id_token_hint')).toMatch(/^eyJ/);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(home);
    expect(session.current().status).toBe('signedOut');
    expect((await visit.load().restore()).status).toBe('signedOut');
  });

  it('brings the person back to the usual page where it says nothing else', async () => {
    const session = await signedIn();
    const url = await new Promise<URL>((resolve, reject) => {
      const way = { via: redirect({ navigate: resolve }), postLogoutRedirectUri: undefined };
      session.signOut(way).catch(reject);
    });
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(home);
  });

  it('takes the person to the provider in a popup', async () => {
    const session = await signedIn();
    const opened = fakePopup();
    const done = session.signOut({ via: popup() });
    await vi.waitFor(() => expect(opened.urls).toHaveLength(1));
    const state = new URL(opened.urls[0] ?? '').searchParams.get('state');
    visit.page.message(
      { type: 'relier:response', url: `${home}?state=${state}` },
      { origin: location.origin, source: opened },
    );
    expect(await done).toHaveProperty('idTokenHint');
    expect(opened.closed).toBe(true);
  });

  it.each<[string, object]>([
    ['invalid_option', { postLogoutRedirectUri: 'nonsense' }],
    ['reserved_parameter', { extraParameters: { client_id: 'other' } }],
  ])('ends nothing with a wrong option (%s)', async (code, wrong) => {
    const session = await signedIn();
    const navigate = vi.fn();
    const failed = session.signOut({ via: redirect({ navigate }), ...wrong });
    expect(await failureOf(failed)).toMatchObject({ code });
    expect(session.current().status).toBe('signedIn');
    expect(navigate).not.toHaveBeenCalled();
  });

  it('refuses silent() as a way', async () => {
    const session = await signedIn();
    const error = await failureOf(session.signOut({ via: silent() as never }));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'via' });
    expect(session.current().status).toBe('signedIn');
  });
});
