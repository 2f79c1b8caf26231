import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, openApp, outcome } from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import { signInAtProvider } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { app, login } from './world/names.ts';

inEachEngine('a silent sign-in', (rig) => {
  /** A person who is signed in at the provider, and then signed out of the application. */
  async function signedInAtProvider(profile: Profile): Promise<Tab> {
    const tab = await openApp(profile);
    await clickWay(tab, 'redirect');
    await signInAtProvider(tab);
    await appReady(tab);
    await clickWay(tab, 'sign-out');
    await outcome(tab, 'sign-out');
    return tab;
  }

  async function expectNothingLeft(tab: Tab): Promise<void> {
    expect(await inApp(tab, (t) => t.frames())).toBe(0);
    expect(await inApp(tab, (t) => t.listeners())).not.toHaveProperty('message');
  }

  it.each([undefined, 'web_message', 'okta_post_message'])(
    'signs the person in who is signed in at the provider (%s)',
    async (responseMode) => {
      const tab = await signedInAtProvider(await rig.newProfile({ thirdPartyCookies: 'allowed' }));
      await clickWay(tab, 'silent', { via: { responseMode } });
      expect(await outcome(tab, 'silent')).toMatchObject({
        status: 'fulfilled',
        value: { status: 'signedIn' },
      });
      expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
      expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
      expect(await inApp(tab, (t) => t.complaints)).toEqual([]);
      await expectNothingLeft(tab);
    },
  );

  it('signs the person in at a provider of the same site, whatever becomes of other cookies', async () => {
    rig.world.settings.page.issuer = login;
    const tab = await signedInAtProvider(await rig.newProfile({ thirdPartyCookies: 'blocked' }));
    await clickWay(tab, 'silent');
    expect(await outcome(tab, 'silent')).toMatchObject({ status: 'fulfilled' });
    await expectNothingLeft(tab);
  });

  it.each([undefined, 'web_message', 'okta_post_message'])(
    'tells that nobody is signed in at the provider (%s)',
    async (responseMode) => {
      const tab = await openApp(await rig.newProfile({ thirdPartyCookies: 'allowed' }));
      await clickWay(tab, 'silent', { via: { responseMode } });
      expect(await outcome(tab, 'silent')).toMatchObject({
        status: 'rejected',
        error: {
          name: 'InteractionRequiredError',
          code: 'interaction_required',
          error: 'login_required',
          retryable: false,
        },
      });
      expect(rig.world.count('token')).toBe(0);
      await expectNothingLeft(tab);
    },
  );

  it('tells the same where the browser blocks the cookies, and asks once (PM-07)', async () => {
    const tab = await signedInAtProvider(await rig.newProfile({ thirdPartyCookies: 'blocked' }));
    const before = rig.world.count('authorize');
    await clickWay(tab, 'silent');
    expect(await outcome(tab, 'silent')).toMatchObject({
      error: { code: 'interaction_required', error: 'login_required' },
    });
    expect(rig.world.count('authorize')).toBe(before + 1);
    await expectNothingLeft(tab);
  });

  it('ends where the provider shows a page instead of an answer (PM-07)', async () => {
    rig.world.settings.silentShowsPage = true;
    const tab = await openApp(await rig.newProfile());
    await clickWay(tab, 'silent', { via: { timeoutMs: 1_000 } });
    expect(await outcome(tab, 'silent')).toMatchObject({
      error: { name: 'TimeoutError', code: 'timeout', phase: 'authorization' },
    });
    expect(rig.world.count('authorize')).toBe(1);
    await expectNothingLeft(tab);
  });

  it('ends where the policy of the page forbids the frame', async () => {
    rig.world.settings.appHeaders = {
      'content-security-policy': "default-src 'self'; connect-src 'self' https://op.example",
    };
    const tab = await openApp(await rig.newProfile());
    await clickWay(tab, 'silent', { via: { timeoutMs: 1_000 } });
    expect(await outcome(tab, 'silent')).toMatchObject({ error: { code: 'timeout' } });
    expect(rig.world.count('authorize')).toBe(0);
    await expectNothingLeft(tab);
  });

  it('asks one at a time', async () => {
    const tab = await signedInAtProvider(await rig.newProfile({ thirdPartyCookies: 'allowed' }));
    await tab.evaluate(`(() => {
      window.mostFrames = 0;
      window.observer = new MutationObserver(() => {
        window.mostFrames = Math.max(mostFrames, document.querySelectorAll('iframe').length);
      });
      observer.observe(document, { childList: true, subtree: true });
      for (let times = 0; times < 3; times += 1) document.getElementById('silent').click();
    })()`);
    await tab.waitFor(`t.attempts.filter(({ way, status }) =>
      way === 'silent' && status === 'fulfilled').length === 3`);
    expect(await tab.evaluate('mostFrames')).toBe(1);
    await expectNothingLeft(tab);
  });

  it('renews tokens where the provider gives no refresh token', async () => {
    rig.world.settings.page.clientId = 'page-without-refresh';
    rig.world.settings.page.renew = 'silent';
    rig.world.settings.accessTokenTtlSeconds = 2;
    const profile = await rig.newProfile({ thirdPartyCookies: 'allowed' });
    const tab = await openApp(profile);
    await clickWay(tab, 'redirect');
    await signInAtProvider(tab);
    await appReady(tab);
    const first = await inApp(tab, (t) => t.getAccessToken());
    const expiresAt = await inApp(tab, (t) => t.current().expiresAt ?? 0);
    await tab.waitFor(`Date.now() > ${expiresAt}`);
    expect(await inApp(tab, (t) => t.getAccessToken())).not.toBe(first);
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
    await expectNothingLeft(tab);
  });

  it('leaves the session as it is where renewing needs the person', async () => {
    rig.world.settings.page.clientId = 'page-without-refresh';
    rig.world.settings.page.renew = 'silent';
    rig.world.settings.accessTokenTtlSeconds = 2;
    const tab = await openApp(await rig.newProfile({ thirdPartyCookies: 'blocked' }));
    await clickWay(tab, 'redirect');
    await signInAtProvider(tab);
    await appReady(tab);
    const expiresAt = await inApp(tab, (t) => t.current().expiresAt ?? 0);
    await tab.waitFor(`Date.now() > ${expiresAt}`);
    const code = await inApp(tab, (t) =>
      t.getAccessToken().then(
        () => 'a token',
        (error) => error.code,
      ),
    );
    expect(code).toBe('interaction_required');
    expect(await inApp(tab, (t) => t.current())).toMatchObject({
      status: 'needsInteraction',
      claims: { sub: 'ada' },
    });
    expect(await tab.url()).toBe(`${app}/callback`);
    await expectNothingLeft(tab);
  });
});
