import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, openApp, outcome } from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import { signInAtProvider } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { api, app, login, op, other } from './world/names.ts';

/** The button `#act` opens a window; `happened` are clicks and changes of focus. */
const opensWindow = `(() => {
  window.happened = [];
  addEventListener('click', ({ isTrusted }) => happened.push('click ' + isTrusted), true);
  addEventListener('focus', () => happened.push('focus'));
  window.act = () => { window.opened = open('${op}/rig', '_blank', 'popup,width=480,height=640') };
})()`;

async function openWindow(profile: Profile): Promise<{ tab: Tab; popup: Tab }> {
  const tab = await profile.open(`${other}/`);
  await tab.evaluate(opensWindow);
  const popup = await profile.nextTab(() => tab.click('#act'));
  await popup.waitFor(`location.href === '${op}/rig' && document.readyState === 'complete'`);
  return { tab, popup };
}

inEachEngine('the rig', (rig) => {
  it('knows the names, for browsers and for programs, and no others', async () => {
    const profile = await rig.newProfile();
    const tab = await profile.open(`${other}/`);

    for (const origin of [op, login, other]) {
      await tab.goto(`${origin}/rig`);
      expect(await tab.evaluate('[origin, isSecureContext]')).toEqual([origin, true]);
      expect(await tab.url()).toBe(`${origin}/rig`);
    }
    const metadata = await rig.world.fetch(`${op}/.well-known/openid-configuration`);
    expect(await metadata.json()).toMatchObject({ issuer: op });
    expect(rig.world.count('discovery')).toBe(1);
    await expect(rig.world.fetch('https://example.org/')).rejects.toThrow();
  });

  it('clicks as a person does, sees the window that a page opens, and both can talk', async () => {
    const profile = await rig.newProfile();
    const { tab, popup } = await openWindow(profile);

    expect(await tab.evaluate('happened')).toContain('click true');
    expect(await profile.tabs()).toHaveLength(2);
    await popup.evaluate("opener.postMessage('hello', '*')");
    await tab.waitFor(
      `received.some(({ data, origin }) => data === 'hello' && origin === '${op}')`,
    );
  });

  it.each(['the person', 'its own page'])('sees a window that %s closes', async (who) => {
    const profile = await rig.newProfile();
    const { tab, popup } = await openWindow(profile);
    await tab.evaluate('void happened.splice(0)');

    await (who === 'the person' ? popup.close() : popup.evaluate('void setTimeout(close)'));
    await popup.waitForClose();
    await tab.focus();

    await tab.waitFor("opened.closed && happened.includes('focus')");
    expect(await profile.tabs()).toEqual([tab]);
  });

  it('opens no window that nobody asked for', async () => {
    const profile = await rig.newProfile();

    const tab = await profile.open(`${other}/?open=${op}/rig`);

    expect(await tab.evaluate('opened')).toBeNull();
    expect(await profile.tabs()).toEqual([tab]);
  });

  it.each([
    { thirdPartyCookies: 'blocked', cookie: '' },
    { thirdPartyCookies: 'allowed', cookie: 'seen=1' },
  ] as const)('has third-party cookies $thirdPartyCookies', async ({ cookie, ...options }) => {
    const profile = await rig.newProfile(options);
    const tab = await profile.open(`${op}/rig`);
    await tab.evaluate("document.cookie = 'seen=1; SameSite=None; Secure'");

    await tab.goto(`${other}/?src=${op}/rig`);

    const told = await tab.waitFor("received.find(({ origin }) => origin.includes('op'))");
    expect(told).toMatchObject({ data: { cookie } });
  });

  it('goes back to a page as it was', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await tab.evaluate(`void addEventListener('pageshow', (event) => {
      window.isRestored = event.persisted;
    })`);
    await tab.goto(`${op}/rig`);

    await tab.back();

    await tab.waitFor(`origin === '${app}' && window.isRestored`);
  });

  it('signs a person in at the provider, by clicks, and the API takes the token', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);

    await clickWay(tab, 'redirect');
    await signInAtProvider(tab);

    await appReady(tab);
    expect(await outcome(tab, 'callback')).toMatchObject({ status: 'fulfilled' });
    const answer = await inApp(tab, (t) => t.callApi());
    expect(answer).toMatchObject({ status: 200, body: { sub: 'ada', scheme: 'Bearer' } });
    expect(rig.world.count('token')).toBe(1);
    expect(rig.world.count('reports', new URL(api).host)).toBe(1);
    expect(await inApp(tab, (t) => t.complaints)).toEqual([]);
    expect(profile.complaints).toEqual([]);
  });
});
