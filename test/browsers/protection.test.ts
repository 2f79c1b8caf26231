import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, openApp, outcome } from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import { eventually } from './eventually.ts';
import { signInAtProvider } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { api, app, login, op, other } from './world/names.ts';

const severed = { 'cross-origin-opener-policy': 'same-origin' };
const strict = `default-src 'self'; connect-src 'self' ${op} ${login} ${api}; report-uri /policy`;

inEachEngine('a protected sign-in', (rig) => {
  async function byRedirect(_profile: Profile, tab: Tab): Promise<void> {
    await clickWay(tab, 'redirect');
    await signInAtProvider(tab);
    await appReady(tab);
    expect(await outcome(tab, 'callback')).toMatchObject({ status: 'fulfilled' });
  }

  async function byPopup(profile: Profile, tab: Tab): Promise<void> {
    const popup = await profile.nextTab(() => clickWay(tab, 'popup'));
    await signInAtProvider(popup);
    expect(await outcome(tab, 'popup')).toMatchObject({ status: 'fulfilled' });
    await popup.waitForClose();
  }

  /** Somebody is signed in at the provider, so that it needs no more than a frame. */
  async function silently(profile: Profile, tab: Tab): Promise<void> {
    await byPopup(profile, tab);
    await clickWay(tab, 'silent');
    expect(await outcome(tab, 'silent')).toMatchObject({ status: 'fulfilled' });
  }

  const windows = [
    ['redirect', byRedirect],
    ['popup', byPopup],
  ] as const;
  const everyWay = [...windows, ['silent', silently]] as const;

  async function expectWorking(tab: Tab): Promise<void> {
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
    expect(await inApp(tab, (t) => t.complaints)).toEqual([]);
  }

  /** The names of what the browser was sent to the provider with. */
  function asked(): string[][] {
    return rig.world.requests
      .filter(({ endpoint, url }) => endpoint === 'authorize' && url.includes('?'))
      .map(({ url }) => [...new URL(url, op).searchParams.keys()].sort());
  }

  function requestUris(): (string | null)[] {
    return rig.world.requests
      .filter(({ endpoint, url }) => endpoint === 'authorize' && url.includes('?'))
      .map(({ url }) => new URL(url, op).searchParams.get('request_uri'));
  }

  function bindTokens(): void {
    const { page } = rig.world.settings;
    page.clientId = 'bound-page';
    page.capabilities = ['dpop'];
    rig.world.settings.providerDemandsNonce = true;
    rig.world.settings.apiDemandsNonce = true;
  }

  /** Secrets that are in the open, by name. */
  async function leaks(tab: Tab): Promise<string[]> {
    const open = await tab.evaluate<string>(inTheOpen);
    const found = rig.world.secrets.filter(({ value }) => open.includes(value));
    return found.map(({ name }) => name);
  }

  /** The API is called with a proof of the key, and asks for its nonce. */
  async function expectBound(tab: Tab): Promise<void> {
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({
      status: 200,
      body: { sub: 'ada', scheme: 'DPoP' },
    });
    expect(await inApp(tab, (t) => t.complaints)).toEqual([]);
    const refused = rig.world.requests.filter(({ status }) => status === 400 || status === 401);
    expect(refused.map(({ endpoint }) => endpoint)).toEqual(['token', 'reports']);
  }

  it.each(windows)(
    'is bound to a key by %s, with the nonces of provider and API',
    async (_name, signIn) => {
      bindTokens();
      const profile = await rig.newProfile();
      const tab = await openApp(profile);
      await signIn(profile, tab);
      await expectBound(tab);
    },
  );

  it('is bound to the same key after a reload, when tokens are renewed', async () => {
    bindTokens();
    rig.world.settings.accessTokenTtlSeconds = 2;
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await byRedirect(profile, tab);
    const first = await inApp(tab, (t) => t.getAccessToken());
    await tab.reload();
    await appReady(tab);
    const expiresAt = await inApp(tab, (t) => t.current().expiresAt ?? 0);
    await tab.waitFor(`Date.now() > ${expiresAt}`);
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({
      status: 200,
      body: { sub: 'ada', scheme: 'DPoP' },
    });
    expect(await inApp(tab, (t) => t.getAccessToken())).not.toBe(first);
  });

  it.each([
    ['made for the page', true],
    ['kept by the browser', false],
  ])('is bound to a key, %s, that nobody can take out', async (_name, makesKey) => {
    bindTokens();
    rig.world.settings.page.makesKey = makesKey;
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await byPopup(profile, tab);
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ body: { scheme: 'DPoP' } });
    expect(await inApp(tab, (t) => t.exportKeys())).toEqual(['InvalidAccessError']);
    const stored = await tab.evaluate<string>(readDatabase);
    expect(stored).toContain(await inApp(tab, (t) => t.getAccessToken()));
    const privateKeys = stored.match(/{"type":"private",[^}]*}/g) ?? [];
    expect(privateKeys).toEqual(makesKey ? [] : ['{"type":"private","extractable":false}']);
    expect(stored).not.toMatch(/"d":/);
  });

  it.each(windows)('is pushed by %s, and the address says nothing', async (_name, signIn) => {
    rig.world.settings.page.capabilities = ['par'];
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await signIn(profile, tab);
    await expectWorking(tab);
    expect(asked()).toEqual([['client_id', 'request_uri']]);
    expect(rig.world.count('par')).toBe(1);
  });

  it('is pushed anew when the person comes back and begins again (PA-04)', async () => {
    rig.world.settings.page.capabilities = ['par'];
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await clickWay(tab, 'redirect');
    await tab.waitFor("document.querySelector('input[name=username]')");
    await tab.back();
    await appReady(tab);
    await byRedirect(profile, tab);
    await expectWorking(tab);
    expect(new Set(requestUris()).size).toBe(2);
    expect(rig.world.count('par')).toBe(2);
  });

  it('is pushed and bound by popup, where both cut the connection (COOP)', async () => {
    bindTokens();
    rig.world.settings.page.capabilities = ['dpop', 'par'];
    rig.world.settings.providerHeaders = severed;
    rig.world.settings.appHeaders = severed;
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await byPopup(profile, tab);
    await expectWorking(tab);
    expect(asked()).toEqual([['client_id', 'request_uri']]);
  });

  it.each(everyWay)('works by %s under a strict policy', async (name, signIn) => {
    rig.world.settings.page.issuer = login;
    const frames = name === 'silent' ? `; frame-src 'self' ${login}` : '';
    rig.world.settings.appHeaders = { 'content-security-policy': strict + frames };
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await signIn(profile, tab);
    await expectWorking(tab);
    // What is forbidden is reported, and it is the first.
    await tab.evaluate(`void (new Image().src = '${other}/forbidden')`);
    const reports = () => rig.world.count('policy', new URL(app).host);
    await eventually(async () => reports() > 0, 'a report');
    expect(reports()).toBe(1);
  });

  it.each(everyWay)('works by %s where scripts are trusted types', async (_name, signIn) => {
    rig.world.settings.page.issuer = login;
    const policy = `${strict}; frame-src 'self' ${login}`;
    rig.world.settings.appHeaders = {
      'content-security-policy': `${policy}; require-trusted-types-for 'script'; trusted-types 'none'`,
    };
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await signIn(profile, tab);
    await expectWorking(tab);
    const write = "(() => { try { document.body.innerHTML = 'x' } catch { return 'refused' } })()";
    expect(await tab.evaluate(write)).toBe('refused');
  });

  it.each(everyWay)(
    'works by %s where cookies and storage are forbidden',
    async (_name, signIn) => {
      rig.world.settings.page.issuer = login;
      rig.world.settings.page.forbidden = ['cookies', 'storage'];
      const profile = await rig.newProfile();
      const tab = await openApp(profile);
      expect(
        await tab.evaluate("(() => { try { localStorage } catch { return 'denied' } })()"),
      ).toBe('denied');
      await signIn(profile, tab);
      await expectWorking(tab);
    },
  );

  it.each(['redirect', 'popup'] as const)(
    'fails by %s with a typed error where the database is forbidden',
    async (way) => {
      const profile = await rig.newProfile();
      rig.world.settings.page.forbidden = ['indexedDB'];
      const tab = await profile.open(`${app}/`);
      await tab.waitFor('window.t?.attempts.length');
      if (way === 'redirect') {
        await clickWay(tab, way);
      } else {
        const popup = await profile.nextTab(() => clickWay(tab, way));
        await signInAtProvider(popup);
        await popup.waitForClose();
      }
      expect(await outcome(tab, way)).toMatchObject({
        status: 'rejected',
        error: { name: 'StorageError', code: 'storage_failed', reason: 'SecurityError' },
      });
      expect(await tab.url()).toBe(`${app}/`);
      expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'unknown' });
    },
  );

  it.each([
    ['drops the features', 'window.open = (url, name) => real(url, name)', undefined],
    ['opens nothing', 'window.open = () => null', 'popup_blocked'],
    [
      'cuts the connection',
      "window.open = (url, name, features) => real(url, name, features + ',noopener')",
      'popup_blocked',
    ],
    ['throws', "window.open = () => { throw new Error('no') }", 'popup_blocked'],
    ['gives no window', 'window.open = () => ({})', 'popup_blocked'],
  ])('copes with a script that %s when a window is opened', async (_name, script, code) => {
    const profile = await rig.newProfile();
    const tab = await openApp(profile);
    await tab.evaluate(`((real) => { ${script} })(window.open.bind(window))`);
    if (code === undefined) return byPopup(profile, tab);
    await clickWay(tab, 'popup');
    expect(await outcome(tab, 'popup')).toMatchObject({ status: 'rejected', error: { code } });
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
    expect(await inApp(tab, (t) => t.listeners())).not.toHaveProperty('message');
  });

  it.each(['redirect', 'popup'] as const)(
    'fails by %s if the page may not see the tokens (BB-13)',
    async (way) => {
      rig.world.settings.refusesPages = 'token';
      const profile = await rig.newProfile();
      const tab = await openApp(profile);
      if (way === 'redirect') {
        await clickWay(tab, way);
        await signInAtProvider(tab);
        await appReady(tab);
      } else {
        const popup = await profile.nextTab(() => clickWay(tab, way));
        await signInAtProvider(popup);
        await popup.waitForClose();
      }
      expect(await outcome(tab, way === 'redirect' ? 'callback' : way)).toMatchObject({
        status: 'rejected',
        error: { name: 'TransportError', code: 'network_error', phase: 'token' },
      });
      expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
      expect(await tab.evaluate('location.search + location.hash')).toBe('');
      expect(rig.world.count('token')).toBe(1);
      expect(await leaks(tab)).toEqual([]);
      // It is over: nothing is sent twice, and the person can begin again.
      await tab.reload();
      await appReady(tab);
      expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
      expect(rig.world.count('token')).toBe(1);
      rig.world.settings.refusesPages = undefined;
      await clickWay(tab, 'redirect');
      await tab.waitFor(`origin === '${app}' && t.isReady && t.current().status === 'signedIn'`);
    },
  );

  it.each(everyWay)(
    'leaves no secret where others look, by %s (BB-10, RL-03)',
    async (_name, signIn) => {
      rig.world.settings.page.issuer = login;
      const profile = await rig.newProfile();
      const tab = await openApp(profile);
      await signIn(profile, tab);
      await expectWorking(tab);
      const { secrets } = rig.world;
      expect(new Set(secrets.map(({ name }) => name)).size).toBe(6);
      expect(await inApp(tab, (t) => t.getAccessToken())).toBe(
        secrets.findLast(({ name }) => name === 'access_token')?.value,
      );
      expect(await leaks(tab)).toEqual([]);
      expect(
        secrets.filter(({ value }) => profile.said.some((text) => text.includes(value))),
      ).toEqual([]);
      // What was good for once is not even where the rest is kept.
      const stored = await tab.evaluate<string>(readDatabase);
      const kept = secrets.filter(({ value }) => stored.includes(value)).map(({ name }) => name);
      expect(kept).toContain('refresh_token');
      expect(kept).not.toContain('code');
      expect(kept).not.toContain('code_verifier');
    },
  );
});

/** Everything in the library's database, as text. */
const readDatabase = `new Promise((resolve, reject) => {
  const opening = indexedDB.open('relier');
  opening.onerror = reject;
  opening.onsuccess = () => {
    const db = opening.result;
    const all = db.transaction('records').objectStore('records').getAll();
    all.onerror = reject;
    all.onsuccess = () => {
      db.close();
      resolve(JSON.stringify(all.result, (_name, value) => value instanceof CryptoKey
        ? { type: value.type, extractable: value.extractable }
        : value));
    };
  };
})`;

/** What a page shows to everybody who looks, and keeps where everybody can. */
const inTheOpen = `JSON.stringify([
  { ...localStorage },
  { ...sessionStorage },
  document.cookie,
  document.referrer,
  document.documentElement.outerHTML,
  location.href,
  history.state,
  t.history(),
  t.said,
  window.name,
])`;
