import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, openApp, outcome } from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import { eventually } from './eventually.ts';
import { signInAtProvider } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { anyFrame, awaitedState, forgeries, type Stranger, strangers, tell } from './strangers.ts';
import { app, appLookAlike, login, loginLookAlike, op, other } from './world/names.ts';

const host = new URL(login).host;

inEachEngine('a message between windows', (rig) => {
  /** At a provider of the same site, whose cookies every frame gets. */
  function newProfile(): Promise<Profile> {
    rig.world.settings.page.issuer = login;
    rig.world.settings.appHeaders = anyFrame;
    return rig.newProfile();
  }

  async function openPopup(profile: Profile, tab: Tab, call: Record<string, unknown> = {}) {
    const popup = await profile.nextTab(() => clickWay(tab, 'popup', { call }));
    await popup.waitFor("document.querySelector('input[name=username]')");
    return popup;
  }

  /** A window that has come back with a real answer, and does nothing with it. */
  async function answered(profile: Profile, tab: Tab, call: Record<string, unknown> = {}) {
    const popup = await openPopup(profile, tab, call);
    rig.world.settings.page.isDeaf = true;
    await signInAtProvider(popup);
    await appReady(popup);
    rig.world.settings.page.isDeaf = false;
    return { popup, answer: await popup.evaluate<string>('location.href') };
  }

  /** The page closes the window, perhaps before it has loaded. */
  const goOn = (popup: Tab) => popup.reload().catch(() => undefined);

  /** The address that a window was sent to, so that it can begin again there. */
  function asked(): string {
    const request = rig.world.requests.findLast(({ endpoint }) => endpoint === 'authorize');
    return `${login}${request?.url}`;
  }

  async function goTo(popup: Tab, url: string): Promise<void> {
    await popup.evaluate(`void setTimeout(() => { location.href = ${JSON.stringify(url)} })`);
  }

  const isPending = (tab: Tab) => inApp(tab, (t) => t.attempts.at(-1)?.status === 'pending');

  async function expectSignedIn(tab: Tab, way: 'popup' | 'silent', tokenRequests = 1) {
    expect(await outcome(tab, way)).toMatchObject({
      status: 'fulfilled',
      value: { status: 'signedIn' },
    });
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
    expect(rig.world.count('token', host)).toBe(tokenRequests);
  }

  /** During a sign-in by popup, and during a silent one. */
  async function expectIgnored(_who: string, { open, origin }: Stranger): Promise<void> {
    const profile = await newProfile();
    const tab = await open(profile);
    const attack = async () => {
      const state = await awaitedState(tab);
      const messages = [state, 's'.repeat(43), undefined].flatMap(forgeries);
      await tell(tab, messages);
      const heard = await tab.evaluate<{ origin: string }[]>('heard');
      expect(heard).toHaveLength(messages.length + 1);
      expect(new Set(heard.map((one) => one.origin))).toEqual(new Set([origin]));
      expect(await isPending(tab)).toBe(true);
    };

    const popup = await openPopup(profile, tab);
    await attack();
    await signInAtProvider(popup);
    await expectSignedIn(tab, 'popup');
    await popup.waitForClose();

    const silent = rig.world.hold('request', 'authorize', host);
    await clickWay(tab, 'silent');
    await silent.arrived;
    await attack();
    silent.release();
    await expectSignedIn(tab, 'silent', 2);
  }

  const of = (row: Stranger['row']) =>
    strangers.filter((one) => one.row === row).map((one) => [one.who, one] as const);
  it.each(of('PM-01'))('is ignored if it comes from %s (PM-01)', expectIgnored);
  it.each(of('PM-02'))('is ignored if it comes from %s (PM-02)', expectIgnored);
  it.each(of('PM-03'))('is ignored if it comes from %s (PM-03)', expectIgnored);

  it('is ignored if the very window is elsewhere when it speaks (PM-01, PM-03)', async () => {
    const profile = await newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    const state = await awaitedState(tab);
    const url = asked();
    await tab.evaluate(`(() => {
      window.heard = [];
      addEventListener('message', ({ origin }) => heard.push(origin));
    })()`);
    // The callback page's words from the provider's page, the provider's from ours, and both.
    const all = forgeries(state);
    const pages: [string, string, readonly object[]][] = [
      [`${login}/rig`, login, all.slice(0, 3)],
      [`${app}/blank`, app, all.slice(3)],
      [`${other}/`, other, all],
      [`${appLookAlike}/`, appLookAlike, all],
      [`${loginLookAlike}/`, loginLookAlike, all],
      [`${login}/rig?sandbox`, 'null', all],
    ];
    for (const [page, , messages] of pages) {
      await goTo(popup, page);
      await popup.waitFor(`location.href === '${page}' && document.readyState === 'complete'`);
      await popup.evaluate(`void ${JSON.stringify(messages)}.forEach((message) =>
        opener.postMessage(message, '*'))`);
    }
    const expected = pages.flatMap(([, origin, messages]) => messages.map(() => origin));
    await tab.waitFor(`heard.length === ${expected.length}`);
    expect(await tab.evaluate('heard')).toEqual(expected);
    await goTo(popup, url);
    await signInAtProvider(popup);
    await expectSignedIn(tab, 'popup');
  });

  it('is ignored if its state is another or missing, and the right one counts, once (PM-05)', async () => {
    const profile = await newProfile();
    const tab = await openApp(profile);
    const { popup, answer } = await answered(profile, tab);
    const words = (change: (parameters: URLSearchParams) => void) => {
      const url = new URL(answer);
      change(url.searchParams);
      return { type: 'relier:response', url: url.href };
    };
    const messages = [
      words((parameters) => parameters.set('state', 's'.repeat(43))),
      words((parameters) => parameters.delete('state')),
      words(() => {}),
      words((parameters) => parameters.set('code', 'second')),
      words((parameters) => parameters.set('iss', op)),
    ];
    await popup.evaluate(`void ${JSON.stringify(messages)}.forEach((message) =>
      opener.postMessage(message, origin))`);
    await expectSignedIn(tab, 'popup');
    await popup.waitForClose();
    expect(await inApp(tab, (t) => t.listeners())).not.toHaveProperty('message');
  });

  it('is not even sent by a callback page with another state (PM-05)', async () => {
    const profile = await newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    const url = asked();
    for (const query of [`state=${'s'.repeat(43)}`, 'state=', '']) {
      await goTo(popup, `${app}/callback?code=forged&iss=${login}&${query}`);
      await appReady(popup);
      expect(await isPending(tab)).toBe(true);
      await goTo(popup, `${login}/rig`);
      await popup.waitFor(`origin === '${login}'`);
    }
    await goTo(popup, url);
    await signInAtProvider(popup);
    await expectSignedIn(tab, 'popup');
  });

  it.each([
    ['another', `&iss=${op}`],
    ['no', ''],
  ])('ends the sign-in if it names %s issuer (PM-05)', async (_name, query) => {
    const profile = await newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    const state = await awaitedState(tab);
    await goTo(popup, `${app}/callback?code=forged&state=${state}${query}`);
    expect(await outcome(tab, 'popup')).toMatchObject({
      status: 'rejected',
      error: { code: 'invalid_authorization_response', check: 'authorization_response.iss' },
    });
    await popup.waitForClose();
    expect(rig.world.count('token', host)).toBe(0);
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
  });

  /**
   * Somebody else gets hold of an answer, and opens the callback page with it, in a window that has a
   * name as the application's would.
   */
  async function openedByHostile(profile: Profile, answer: string): Promise<Tab> {
    const hostile = await profile.open(`${other}/`);
    const open = `window.opened = window.open(${JSON.stringify(answer)}, 'relier:answer:x')`;
    await hostile.evaluate(`void (act = () => { ${open} })`);
    const opened = await profile.nextTab(() => hostile.click('#act'));
    await opened.waitForClose();
    return hostile;
  }

  it('is for no other origin that has opened the callback page (PM-04)', async () => {
    const profile = await newProfile();
    const tab = await openApp(profile);
    const { popup, answer } = await answered(profile, tab);
    const hostile = await openedByHostile(profile, answer);
    // By the channel of its state it gets to where it belongs.
    await expectSignedIn(tab, 'popup');
    await popup.waitForClose();
    expect(await hostile.evaluate('received')).toEqual([]);
  });

  function receiveTokens(): void {
    const { page } = rig.world.settings;
    page.clientId = 'implicit-page';
    page.asksForApi = false;
    page.capabilities = ['frontChannel'];
  }

  it.each([
    ['with both tokens', 'no channel', { responseType: 'id_token token', allowImplicit: true }],
    ['with an ID token', 'no channel', { responseType: 'code id_token' }],
    // This one is heard, so the channel of the test is the right one.
    ['without tokens', 'its channel', {}],
  ])('%s is for the window that waits and %s (PM-04)', async (_name, channel, call) => {
    receiveTokens();
    const profile = await newProfile();
    const tab = await openApp(profile);
    const listener = await openApp(profile);
    const { popup, answer } = await answered(profile, tab, call);
    await listener.evaluate(`(() => {
      window.heard = [];
      window.channel = new BroadcastChannel('relier:answer:${await awaitedState(tab)}');
      channel.onmessage = ({ data }) => heard.push(data);
    })()`);
    const hostile = await openedByHostile(profile, answer);
    if (channel === 'no channel') {
      expect(await isPending(tab)).toBe(true);
      await goOn(popup);
    }
    expect(await outcome(tab, 'popup')).toMatchObject({ status: 'fulfilled' });
    await popup.waitForClose();
    expect(await listener.evaluate('heard')).toHaveLength(channel === 'no channel' ? 0 : 1);
    expect(await hostile.evaluate('received')).toEqual([]);
  });

  it('with tokens ends nowhere where the connection is cut (COOP), and the page is told (PM-06)', async () => {
    receiveTokens();
    rig.world.settings.providerHeaders = { 'cross-origin-opener-policy': 'same-origin' };
    const profile = await newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab, { responseType: 'code id_token' });
    await signInAtProvider(popup);
    await popup.waitForClose();
    await tab.focus();
    expect(await outcome(tab, 'popup')).toMatchObject({ error: { code: 'popup_closed' } });
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
    expect(rig.world.count('token', host)).toBe(0);
  });

  it('is neither heard nor said on the channels of another origin (PM-01)', async () => {
    const profile = await newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    const state = await awaitedState(tab);
    const hostile = await profile.open(`${other}/`);
    await hostile.evaluate(`(() => {
      window.heard = [];
      const names = ['relier:answer:${state}', 'relier:answer:', 'relier:changes:relier'];
      window.channels = names.map((name) => new BroadcastChannel(name));
      for (const channel of channels) {
        channel.onmessage = ({ data }) => heard.push(data);
        for (const message of ${JSON.stringify(forgeries(state))}) channel.postMessage(message);
      }
    })()`);
    await signInAtProvider(popup);
    await expectSignedIn(tab, 'popup');
    expect(await hostile.evaluate('heard')).toEqual([]);
  });

  it('about a session at the provider starts nothing and ends nothing (PM-08)', async () => {
    const profile = await newProfile();
    const first = await openApp(profile);
    const popup = await openPopup(profile, first);
    await signInAtProvider(popup);
    await expectSignedIn(first, 'popup');
    for (const { open, origin } of strangers.filter(({ who }) => /^a frame of/.test(who))) {
      const tab = await open(profile);
      const before = rig.world.requests.length;
      await tell(tab, ['changed', 'error', 'unchanged', 'changed', { type: 'changed' }]);
      expect(await tab.evaluate('heard[0].origin')).toBe(origin);
      expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedIn' });
      const later = rig.world.requests.slice(before).map(({ endpoint }) => endpoint);
      expect(later.filter((endpoint) => endpoint !== 'report')).toEqual([]);
    }
  });

  it.each(['blocked', 'allowed'] as const)(
    'is for no other origin that has the callback page in a frame, cookies %s (PM-09)',
    async (thirdPartyCookies) => {
      rig.world.settings.page.issuer = login;
      const profile = await rig.newProfile({ thirdPartyCookies });
      const tab = await openApp(profile);
      const { popup, answer } = await answered(profile, tab);
      const callbacks = () => rig.world.reports.filter(({ way }) => way === 'callback');
      const before = callbacks().length;
      const hostile = await profile.open(`${other}/`);
      await hostile.evaluate(`(() => {
        const frame = document.createElement('iframe');
        frame.name = 'relier:answer:x';
        frame.src = ${JSON.stringify(answer)};
        document.body.append(frame);
      })()`);
      await eventually(async () => callbacks().length > before, 'the page in the frame');
      // Where frames have the storage of a window, the answer gets to where it belongs.
      await goOn(popup);
      await expectSignedIn(tab, 'popup');
      const told = await hostile.evaluate<{ origin: string }[]>('received');
      expect(told.filter(({ origin }) => origin !== app)).toEqual([]);
      expect(JSON.stringify(told)).not.toContain(new URL(answer).searchParams.get('code'));
    },
  );

  it.each([
    ["'none'", 'popup'],
    ["'self'", 'silent'],
  ] as const)(
    'is not there for another origin where the callback page has frame-ancestors %s (PM-09)',
    async (ancestors, way) => {
      const profile = await newProfile();
      const csp = 'content-security-policy';
      rig.world.settings.appHeaders = { [csp]: `${anyFrame[csp]}; frame-ancestors ${ancestors}` };
      const tab = await openApp(profile);
      const { popup, answer } = await answered(profile, tab);
      const before = rig.world.requests.length;
      const hostile = await profile.open(`${other}/`);
      await hostile.evaluate(`new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = resolve;
        frame.src = ${JSON.stringify(answer)};
        document.body.append(frame);
      })`);
      const ofApp = rig.world.requests.slice(before).filter(({ host }) => host === 'app.example');
      expect(ofApp.map(({ endpoint }) => endpoint)).toEqual(['callback']);
      await goOn(popup);
      await expectSignedIn(tab, 'popup');
      if (way === 'popup') return;
      await clickWay(tab, way);
      await expectSignedIn(tab, way, 2);
    },
  );
});
