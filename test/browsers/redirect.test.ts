import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, openApp, outcome, untilApp } from './app-page.ts';
import type { Tab } from './engine.ts';
import { cancel, signInAtProvider, typePassword } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { app, op } from './world/names.ts';

inEachEngine('a sign-in by redirect', (rig) => {
  /** Goes to the provider, signs in there and comes back. */
  async function signIn(tab: Tab, call: Record<string, unknown> = {}): Promise<void> {
    await clickWay(tab, 'redirect', { call });
    await signInAtProvider(tab);
    await appReady(tab);
  }

  /** The address that the provider sends the person back to, before the page has seen it. */
  function answers(): string[] {
    return rig.world.requests
      .filter(({ endpoint, url }) => endpoint === 'callback' && url.includes('code='))
      .map(({ url }) => app + url);
  }

  it("goes through the provider's pages and comes back to a clean address", async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await signIn(tab, { appState: { cart: [1] }, returnTo: '/cart?step=2#pay' });
    expect(await outcome(tab, 'callback')).toMatchObject({
      status: 'fulfilled',
      value: { status: 'signedIn', appState: { cart: [1] }, returnTo: '/cart?step=2#pay' },
    });
    expect(await tab.url()).toBe(`${app}/callback`);
    const history = await inApp(tab, (t) => t.history());
    expect(history?.filter((url) => /code=|state=/.test(url)) ?? []).toEqual([]);
    expect(await inApp(tab, (t) => t.current())).toMatchObject({
      status: 'signedIn',
      claims: { sub: 'ada' },
    });
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
    expect(await inApp(tab, (t) => t.complaints)).toEqual([]);
    expect(profile.complaints).toEqual([]);
  });

  it('lets the page send a Request with its body', async () => {
    const tab = await openApp(await rig.newProfile());
    await signIn(tab);
    expect(await inApp(tab, (t) => t.postRequest('a text'))).toBe('a text');
  });

  it('cleans the address before any request (RL-02)', async () => {
    const tab = await openApp(await rig.newProfile());
    await signIn(tab);
    const [answer = ''] = answers();
    const at = rig.world.requests.findLastIndex(({ url }) => app + url === answer);
    const after = rig.world.requests.slice(at + 1).map(({ url }) => url);
    expect(after.filter((url) => url.includes('code='))).toEqual([]);
    expect(rig.world.requests.filter(({ endpoint }) => endpoint === 'token')).toHaveLength(1);
  });

  it('is there after a reload, and in another tab', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await signIn(tab);
    await tab.reload();
    await appReady(tab);
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
    expect(await outcome(tab, 'callback')).toMatchObject({ status: 'fulfilled', value: null });
    const other = await openApp(profile);
    expect(await inApp(other, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
    expect(rig.world.count('token')).toBe(1);
  });

  it('is done once when its answer is opened again, in this tab and in another', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await signIn(tab);
    const [answer = ''] = answers();
    await tab.goto(answer);
    await appReady(tab);
    const other = await openApp(profile, answer.slice(app.length));
    for (const one of [tab, other]) {
      expect(await outcome(one, 'callback')).toMatchObject({ status: 'fulfilled', value: null });
      expect(await one.url()).toBe(`${app}/callback`);
      expect(await inApp(one, (t) => t.current())).toMatchObject({ status: 'signedIn' });
    }
    expect(rig.world.count('token')).toBe(1);
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
  });

  it('gives both callers of handleRedirect the same result', async () => {
    const tab = await openApp(await rig.newProfile());
    rig.world.settings.page.handlesTwice = true;
    await signIn(tab, { appState: 'same' });
    const values = await untilApp(tab, (t) => {
      const attempts = t.attempts.filter(({ way }) => way === 'callback');
      return attempts.length === 2 && attempts.every(({ status }) => status === 'fulfilled')
        ? attempts.map(({ value }) => value)
        : undefined;
    });
    expect(values).toEqual([values[0], values[0]]);
    expect(values[0]).toMatchObject({ status: 'signedIn', appState: 'same' });
    expect(rig.world.count('token')).toBe(1);
  });

  it('ends in two tabs, the one that began later first', async () => {
    const profile = await rig.newProfile();
    const first = await openApp(profile);
    await clickWay(first, 'redirect', { call: { appState: 'first' } });
    await first.waitFor("document.querySelector('input[name=username]')");
    const second = await openApp(profile);
    await clickWay(second, 'redirect', { call: { appState: 'second' } });
    await signInAtProvider(second);
    await appReady(second);
    await typePassword(first);
    await appReady(first);
    for (const [tab, appState] of [
      [second, 'second'],
      [first, 'first'],
    ] as const) {
      expect(await outcome(tab, 'callback')).toMatchObject({ value: { appState } });
      expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
    }
  });

  it('stays when the person goes back after it', async () => {
    const tab = await openApp(await rig.newProfile());
    await signIn(tab);
    const [answer] = answers();
    await tab.back();
    await tab.waitFor(`!location.pathname.startsWith('/callback')`);
    // Wherever that is: at the provider, or at the page before it.
    await tab.goto(`${app}/`);
    await appReady(tab);
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
    expect(answers()).toEqual([answer]);
    expect(rig.world.count('token')).toBe(1);
  });

  it('lets the page go on when the person comes back from the provider without an answer', async () => {
    const tab = await openApp(await rig.newProfile());
    await clickWay(tab, 'redirect');
    await tab.waitFor("document.querySelector('input[name=username]')");
    await tab.back();
    await appReady(tab);
    // The page as it was, or loaded anew; in both cases it can start again.
    const attempt = await inApp(tab, (t) => t.attempts.find(({ way }) => way === 'redirect'));
    if (attempt) expect(await outcome(tab, 'redirect')).toMatchObject({ value: null });
    expect(await inApp(tab, (t) => t.listeners())).not.toHaveProperty('pageshow', 2);
    await signIn(tab);
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
  });

  it('ends with access_denied when the person says no', async () => {
    const tab = await openApp(await rig.newProfile());
    await clickWay(tab, 'redirect');
    await cancel(tab);
    await appReady(tab);
    expect(await outcome(tab, 'callback')).toMatchObject({
      status: 'rejected',
      error: { code: 'oauth_error', error: 'access_denied' },
    });
    expect(await tab.url()).toBe(`${app}/callback`);
    expect(rig.world.count('token')).toBe(0);
  });

  it('takes no answer that it has not asked for, and no markup from it', async () => {
    const text = encodeURIComponent('<img src=x onerror=alert(1)>');
    const state = 's'.repeat(43);
    for (const query of [`code=abc&state=${state}`, `error=${text}&state=${state}&iss=${op}`]) {
      const tab = await openApp(await rig.newProfile(), `/callback?${query}`);
      expect(await outcome(tab, 'callback')).toMatchObject({
        status: 'rejected',
        error: { code: 'transaction_not_found' },
      });
      expect(await tab.url()).toBe(`${app}/callback`);
    }
    expect(rig.world.count('token')).toBe(0);
  });

  it('takes no answer that belongs to another browser (CI-03)', async () => {
    const tab = await openApp(await rig.newProfile());
    rig.world.settings.page.isDeaf = true;
    await clickWay(tab, 'redirect');
    await signInAtProvider(tab);
    await appReady(tab);
    rig.world.settings.page.isDeaf = false;
    const [answer = ''] = answers();
    const victim = await openApp(await rig.newProfile(), answer.slice(app.length));
    expect(await outcome(victim, 'callback')).toMatchObject({
      error: { code: 'transaction_not_found' },
    });
    expect(await inApp(victim, (t) => t.current())).toMatchObject({ status: 'signedOut' });
    expect(rig.world.count('token')).toBe(0);
  });

  it.each(['//evil.example', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)'])(
    'goes nowhere with %s as returnTo (OR-01)',
    async (returnTo) => {
      const tab = await openApp(await rig.newProfile());
      await clickWay(tab, 'redirect', { call: { returnTo } });
      expect(await outcome(tab, 'redirect')).toMatchObject({
        status: 'rejected',
        error: { code: 'invalid_option', option: 'returnTo' },
      });
      expect(await tab.url()).toBe(`${app}/`);
      expect(rig.world.count('authorize')).toBe(0);
    },
  );

  it('keeps several applications of one origin apart', async () => {
    const profile = await rig.newProfile();
    rig.world.settings.page.name = 'one';
    const one = await openApp(profile);
    await clickWay(one, 'redirect');
    await one.waitFor("document.querySelector('input[name=username]')");
    rig.world.settings.page.name = 'two';
    const two = await openApp(profile);
    await signIn(two);
    rig.world.settings.page.name = 'one';
    const again = await openApp(profile);
    expect(await inApp(again, (t) => t.current())).toMatchObject({ status: 'signedOut' });
    await typePassword(one);
    await appReady(one);
    expect(await outcome(one, 'callback')).toMatchObject({ value: { status: 'signedIn' } });
  });
});
