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
import { confirmSignOut, signInAtProvider } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { app, login, op } from './world/names.ts';

inEachEngine('a sign-out', (rig) => {
  async function signedIn(profile: Profile): Promise<Tab> {
    const tab = await openApp(profile);
    await clickWay(tab, 'redirect');
    await signInAtProvider(tab);
    await appReady(tab);
    return tab;
  }

  /** The provider has forgotten the person, too: it asks for the password again. */
  async function expectSignedOutAtProvider(tab: Tab): Promise<void> {
    await clickWay(tab, 'redirect');
    await tab.waitFor("document.querySelector('input[name=password]')");
  }

  it('ends the session in all tabs, has its token revoked, and leaves the provider alone', async () => {
    const profile = await rig.newProfile();
    const tab = await signedIn(profile);
    const other = await openApp(profile);
    expect(await inApp(other, (t) => t.current().status)).toBe('signedIn');
    await clickWay(tab, 'sign-out');
    expect(await outcome(tab, 'sign-out')).toMatchObject({ status: 'fulfilled' });
    await untilApp(other, (t) => t.current().status === 'signedOut');
    expect(await inApp(other, (t) => t.events.at(-1))).toMatchObject({
      type: 'signedOut',
      reason: 'elsewhere',
    });
    expect(rig.world.count('revoke')).toBe(1);
    expect(rig.world.count('logout')).toBe(0);
  });

  it('goes to the provider by redirect and comes back', async () => {
    const tab = await signedIn(await rig.newProfile());
    await clickWay(tab, 'sign-out-redirect');
    await confirmSignOut(tab);
    await appReady(tab);
    expect(await tab.url()).toBe(`${app}/callback`);
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
    expect(await outcome(tab, 'callback')).toMatchObject({ status: 'fulfilled', value: null });
    await expectSignedOutAtProvider(tab);
  });

  it('goes to the provider in a popup, which closes', async () => {
    const profile = await rig.newProfile();
    const tab = await signedIn(profile);
    const popup = await profile.nextTab(() => clickWay(tab, 'sign-out-popup'));
    await confirmSignOut(popup);
    expect(await outcome(tab, 'sign-out-popup')).toMatchObject({ status: 'fulfilled' });
    await popup.waitForClose();
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
    expect(await inApp(tab, (t) => t.listeners())).not.toHaveProperty('message');
    await expectSignedOutAtProvider(tab);
  });

  it('has ended here when the person closes the popup', async () => {
    const profile = await rig.newProfile();
    const tab = await signedIn(profile);
    const popup = await profile.nextTab(() => clickWay(tab, 'sign-out-popup'));
    await popup.waitFor("document.querySelector('button[name=logout]')");
    await popup.close();
    await tab.focus();
    expect(await outcome(tab, 'sign-out-popup')).toMatchObject({ status: 'fulfilled' });
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
  });

  it.each([
    ['of the same site', login, 'signedOut'],
    ['of another site', op, 'signedIn'],
  ])(
    'ends the session by the page in the frame of a provider %s, if the browser lets it see the session',
    async (_name, issuer, expected) => {
      rig.world.settings.page.issuer = issuer;
      const profile = await rig.newProfile();
      const tab = await signedIn(profile);
      const sid = await inApp(tab, (t) => t.current().claims?.['sid']);
      expect(sid).toMatch(/./);
      const query = new URLSearchParams({ iss: issuer, sid: String(sid) });
      const src = encodeURIComponent(`${app}/logout?${query}`);
      await profile.open(`${issuer}/frame?src=${src}`);
      if (expected === 'signedOut' && rig.engine !== 'webkit') {
        await untilApp(tab, (t) => t.current().status === 'signedOut');
        expect(await reportedOutcome(rig.world, 'logout-page')).toMatchObject({ value: true });
        return;
      }
      // WebKit divides storage by full origins. The page has done what it can.
      const { value } = await reportedOutcome(rig.world, 'logout-page');
      expect([false, 'storage_failed']).toContain(value);
      expect(await inApp(tab, (t) => t.current().status)).toBe('signedIn');
    },
  );

  it('means the session of the frame, and no other', async () => {
    rig.world.settings.page.issuer = login;
    const profile = await rig.newProfile();
    const tab = await signedIn(profile);
    const query = new URLSearchParams({ iss: login, sid: 'another' });
    await profile.open(`${login}/frame?src=${encodeURIComponent(`${app}/logout?${query}`)}`);
    expect(await reportedOutcome(rig.world, 'logout-page')).toMatchObject({ value: false });
    expect(await inApp(tab, (t) => t.current().status)).toBe('signedIn');
  });
});
