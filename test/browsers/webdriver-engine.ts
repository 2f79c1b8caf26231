import type { WebKitGtk } from '../support/browsers/webkit.ts';
import type { Engine, Profile, ProfileOptions } from './engine.ts';
import { eventually } from './eventually.ts';
import { type Display, startDisplay, startWebDriver } from './webdriver.ts';
import { webDriverTabs } from './webdriver-tab.ts';

/** WebKitGTK through its WebDriver. Every profile is a browser of its own, which starts at once. */
export async function webDriverEngine({ driver, browser }: WebKitGtk): Promise<Engine> {
  const display: Display | undefined = process.env['DISPLAY'] ? undefined : await startDisplay();
  const profiles = new Set<Profile>();

  async function newProfile(options: ProfileOptions): Promise<Profile> {
    const cookies =
      options.thirdPartyCookies === 'allowed' ? '--cookies-policy=always' : '--enable-itp';
    const args = ['--automation', `--proxy=http://127.0.0.1:${options.proxyPort}`, cookies];
    const session = await startWebDriver({
      driver,
      display: display?.name ?? process.env['DISPLAY'] ?? '',
      capabilities: {
        browserName: 'MiniBrowser',
        acceptInsecureCerts: true,
        'webkitgtk:browserOptions': { binary: browser, args },
      },
    });
    const tabs = webDriverTabs(session);
    let firstIsFree = true;

    const profile: Profile = {
      engine: 'webkit',
      complaints: [],
      said: [],
      async open(url) {
        const tab = firstIsFree ? (await tabs.all())[0] : await tabs.create();
        if (!tab) throw new Error('The browser has no window.');
        firstIsFree = false;
        await tab.goto(url);
        return tab;
      },
      async nextTab(act) {
        const before = new Set(await tabs.all());
        await act();
        return eventually(
          async () => (await tabs.all()).find((tab) => !before.has(tab)),
          'a new window',
        ) as Promise<NonNullable<Awaited<ReturnType<typeof tabs.create>>>>;
      },
      tabs: async () => (firstIsFree ? [] : tabs.all()),
      async setOffline() {
        throw new Error('WebDriver has no command for it.');
      },
      async close() {
        profiles.delete(profile);
        await session.close();
      },
    };
    profiles.add(profile);
    return profile;
  }

  return {
    name: 'webkit',
    newProfile,
    async close() {
      await Promise.allSettled([...profiles].map((profile) => profile.close()));
      // Ends any browser that is still there.
      await display?.stop();
    },
  };
}
