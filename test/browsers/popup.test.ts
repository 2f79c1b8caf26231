import { expect, it } from 'vitest';
import {
  appReady,
  clickWay,
  inApp,
  openApp,
  outcome,
  reportedOutcome,
  untilApp,
} from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import { allow, cancel, signInAtProvider, typePassword } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { app } from './world/names.ts';

const severed = { 'cross-origin-opener-policy': 'same-origin' };

inEachEngine('a sign-in by popup', (rig) => {
  async function openPopup(profile: Profile, tab: Tab, via: Record<string, unknown> = {}) {
    const popup = await profile.nextTab(() => clickWay(tab, 'popup', { via }));
    await popup.waitFor("document.querySelector('input[name=username]')");
    return popup;
  }

  /** Everything that a sign-in opens is gone again. */
  async function expectNothingLeft(tab: Tab): Promise<void> {
    expect(await inApp(tab, (t) => t.listeners())).not.toHaveProperty('message');
    expect(await inApp(tab, (t) => t.listeners())).not.toHaveProperty('focus');
    expect(await inApp(tab, (t) => t.frames())).toBe(0);
    await tab.waitFor(`navigator.locks.query().then(({ held }) =>
      !held.some(({ name }) => name.startsWith('relier:answer:')))`);
  }

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['', {}, {}],
    [', at a provider that cuts the connection (COOP)', severed, {}],
    [', from a page that cuts the connection (COOP)', {}, severed],
    [', where both cut the connection (COOP)', severed, severed],
  ])('signs the person in and closes the window%s', async (_name, ofProvider, ofApp) => {
    rig.world.settings.providerHeaders = ofProvider;
    rig.world.settings.appHeaders = ofApp;
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await signInAtProvider(popup);
    expect(await outcome(tab, 'popup')).toMatchObject({
      status: 'fulfilled',
      value: { status: 'signedIn' },
    });
    await popup.waitForClose();
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
    expect(await tab.url()).toBe(`${app}/`);
    expect(rig.world.count('token')).toBe(1);
    expect(await inApp(tab, (t) => t.complaints)).toEqual([]);
    await expectNothingLeft(tab);
  });

  it('signs the person in by a callback page that does nothing else', async () => {
    rig.world.settings.page.redirectUri = `${app}/popup-callback`;
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await signInAtProvider(popup);
    expect(await outcome(tab, 'popup')).toMatchObject({ status: 'fulfilled' });
    await popup.waitForClose();
  });

  it.each(['web_message', 'okta_post_message'])(
    "signs the person in by the provider's own message (%s)",
    async (responseMode) => {
      const profile = await rig.newProfile();
      const tab = await openApp(profile);
      const popup = await openPopup(profile, tab, { responseMode });
      await signInAtProvider(popup);
      expect(await outcome(tab, 'popup')).toMatchObject({ status: 'fulfilled' });
      await popup.waitForClose();
      expect(rig.world.count('callback', 'app.example')).toBe(0);
      await expectNothingLeft(tab);
    },
  );

  it('ends with access_denied when the person says no', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await cancel(popup);
    expect(await outcome(tab, 'popup')).toMatchObject({
      error: { code: 'oauth_error', error: 'access_denied' },
    });
    await popup.waitForClose();
    await expectNothingLeft(tab);
  });

  it('ends when the person closes the window before typing, and can start again (PM-06)', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await popup.close();
    await tab.focus();
    expect(await outcome(tab, 'popup')).toMatchObject({
      status: 'rejected',
      error: { name: 'PopupClosedError', code: 'popup_closed' },
    });
    await expectNothingLeft(tab);
    const again = await openPopup(profile, tab);
    await signInAtProvider(again);
    expect(await outcome(tab, 'popup')).toMatchObject({ status: 'fulfilled' });
  });

  it('ends when the person closes the window after typing', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await typePassword(popup);
    await popup.waitFor("document.querySelector('h1')?.textContent === 'Allow access'");
    await popup.close();
    await tab.focus();
    expect(await outcome(tab, 'popup')).toMatchObject({ error: { code: 'popup_closed' } });
    expect(rig.world.count('token')).toBe(0);
  });

  it('waits while the person types, although the window looks closed (COOP)', async () => {
    rig.world.settings.providerHeaders = severed;
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await typePassword(popup);
    await popup.waitFor("document.querySelector('h1')?.textContent === 'Allow access'");
    // Longer than a closed window would have.
    const began = Date.now();
    await tab.waitFor(`Date.now() > ${began + 3_000}`);
    expect(await inApp(tab, (t) => t.attempts.at(-1)?.status)).toBe('pending');
    await allow(popup);
    expect(await outcome(tab, 'popup')).toMatchObject({ status: 'fulfilled' });
    await popup.waitForClose();
  });

  it('is blocked without a click (PM-06)', async () => {
    // What the rig does when a page opens counts as a click for a while.
    rig.world.settings.page.start = { way: 'popup', afterMs: 6_000 };
    const profile = await rig.newProfile();
    const tab = await profile.open(`${app}/`);
    expect(await reportedOutcome(rig.world, 'popup', 'rejected')).toMatchObject({
      status: 'rejected',
      error: { name: 'PopupBlockedError', code: 'popup_blocked' },
    });
    expect(await profile.tabs()).toHaveLength(1);
    expect(rig.world.count('authorize')).toBe(0);
    await expectNothingLeft(tab);
  });

  it('is blocked long after a click', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await clickWay(tab, 'popup', { delayMs: 6_000 });
    expect(await reportedOutcome(rig.world, 'popup', 'rejected')).toMatchObject({
      error: { code: 'popup_blocked' },
    });
    expect(await profile.tabs()).toHaveLength(1);
  });

  it('ends in time, and closes the window', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await profile.nextTab(() =>
      clickWay(tab, 'popup', { via: { timeoutMs: 1_500 } }),
    );
    expect(await outcome(tab, 'popup')).toMatchObject({ error: { code: 'timeout' } });
    await popup.waitForClose();
    await expectNothingLeft(tab);
  });

  it('ends when the application gives up, and closes the window', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await inApp(tab, (t) => t.abort());
    expect(await outcome(tab, 'popup')).toMatchObject({ error: { code: 'aborted' } });
    await popup.waitForClose();
    await expectNothingLeft(tab);
  });

  it('shows an error in the window when the page that waited is gone', async () => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await tab.reload();
    await appReady(tab);
    await signInAtProvider(popup);
    await appReady(popup);
    expect(await outcome(popup, 'callback')).toMatchObject({
      error: { code: 'transaction_not_found' },
    });
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
    expect(rig.world.count('token')).toBe(0);
  });

  it('is seen in another tab', async () => {
    const profile = await rig.newProfile();
    const other = await openApp(profile);
    const tab = await openApp(profile);
    const popup = await openPopup(profile, tab);
    await signInAtProvider(popup);
    await outcome(tab, 'popup');
    await untilApp(other, (t) => t.current().status === 'signedIn');
    expect(await inApp(other, (t) => t.events)).toContainEqual({
      type: 'signedIn',
      via: 'elsewhere',
    });
  });
});
