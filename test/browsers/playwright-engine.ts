import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  chromium,
  firefox,
  type LaunchOptions,
  webkit,
} from 'playwright-core';
import type { Engine, EngineName, Profile, ProfileOptions } from './engine.ts';
import { patienceMs } from './eventually.ts';
import { playwrightTabs } from './playwright-tab.ts';

/** An engine through Playwright. Browsers start when they are needed, and profiles share them. */
export function playwrightEngine(name: EngineName, found: LaunchOptions): Engine {
  const browsers = new Map<string, Promise<Browser>>();
  const profiles = new Set<Profile>();

  async function isolatedContext(options: ProfileOptions): Promise<BrowserContext> {
    const launch = { ...found, ...launchOptions(name, options) };
    const key = JSON.stringify(launch);
    const browser = browsers.get(key) ?? { chromium, firefox, webkit }[name].launch(launch);
    browsers.set(key, browser);
    return (await browser).newContext(contextOptions(name, options));
  }

  return {
    name,
    async newProfile(options) {
      const persistent = name === 'chromium' && options.thirdPartyCookies === 'allowed';
      const opened = persistent
        ? await persistentContext(found, options)
        : { context: await isolatedContext(options), remove: async () => undefined };
      const profile = profileOf(name, opened.context, async () => {
        profiles.delete(profile);
        await opened.context.close();
        await opened.remove();
      });
      profiles.add(profile);
      return profile;
    },
    async close() {
      await Promise.allSettled([...profiles].map((profile) => profile.close()));
      const started = await Promise.allSettled(browsers.values());
      await Promise.all(
        started.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)),
      );
    },
  };
}

function profileOf(name: EngineName, context: BrowserContext, close: () => Promise<void>): Profile {
  const complaints: string[] = [];
  const said: string[] = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    said.push(message.text());
    if (message.type() === 'error') complaints.push(message.text());
  });
  const tabOf = playwrightTabs(name, context);
  return {
    engine: name,
    complaints,
    said,
    async open(url) {
      const tab = await tabOf(await context.newPage());
      await tab.goto(url);
      return tab;
    },
    async nextTab(act) {
      const opened = context.waitForEvent('page', { timeout: patienceMs });
      // A failure of `act` is the one to report; without this the other one would have no handler.
      opened.catch(() => undefined);
      await act();
      return tabOf(await opened);
    },
    tabs: () => Promise.all(context.pages().map(tabOf)),
    setOffline: (isOffline) => context.setOffline(isOffline),
    close,
  };
}

function launchOptions(name: EngineName, options: ProfileOptions): LaunchOptions {
  if (name !== 'firefox') return chromiumSwitches;
  return {
    firefoxUserPrefs: {
      // The option `proxy` is ignored over BiDi.
      'network.proxy.type': 1,
      'network.proxy.ssl': '127.0.0.1',
      'network.proxy.ssl_port': options.proxyPort,
      'network.cookie.cookieBehavior': options.thirdPartyCookies === 'allowed' ? 0 : 5,
      // Or else a provider's frame gets its cookies where a redirect or a popup has been before.
      'privacy.antitracking.enableWebcompat': false,
      'dom.disable_open_during_load': true,
    },
  };
}

function contextOptions(name: EngineName, { proxyPort }: ProfileOptions) {
  const proxy = { server: `http://127.0.0.1:${proxyPort}` };
  return { ignoreHTTPSErrors: true, ...(name !== 'firefox' && { proxy }) };
}

/** Playwright switches the popup blocker and the bfcache off. */
const chromiumSwitches = {
  ignoreDefaultArgs: ['--disable-popup-blocking', '--disable-back-forward-cache'],
};

/** Only the settings of a profile on the disk make Chromium send third-party cookies. */
async function persistentContext(found: LaunchOptions, options: ProfileOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'relier-profile-'));
  await mkdir(join(folder, 'Default'));
  const preferences = { profile: { cookie_controls_mode: 0 } };
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, {
    ...found,
    ...chromiumSwitches,
    ...contextOptions('chromium', options),
  });
  // It comes with a window of its own.
  const [first] = context.pages();
  await first?.close();
  return { context, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}
