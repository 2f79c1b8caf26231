import { appReady, clickWay, inApp, openApp } from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import type { Order, Outcome } from './page/crowd.ts';
import { signInAtProvider } from './provider-pages.ts';
import type { World } from './world.ts';

/** More than the life of an access token, and less than that of an ID token. */
export const elevenMinutesMs = 660_000;

/** Signs ada in, in the first of so many tabs, two or more. */
export async function signedInTabs(
  profile: Profile,
  count: number,
  call: Record<string, unknown> = {},
): Promise<[Tab, Tab, ...Tab[]]> {
  const first = await openApp(profile);
  await clickWay(first, 'redirect', { call });
  await signInAtProvider(first);
  await appReady(first);
  return [first, await openApp(profile), ...(await moreTabs(profile, count - 2))];
}

export function moreTabs(profile: Profile, count: number, path?: string): Promise<Tab[]> {
  return Promise.all(Array.from({ length: count }, () => openApp(profile, path)));
}

/** Sets the clocks of tabs, and of all that are opened from now on. */
export async function setClocks(
  world: World,
  tabs: readonly Tab[],
  aheadMs: number,
): Promise<void> {
  world.settings.page.clockAheadMs = aheadMs;
  const set = (tab: Tab) =>
    inApp(
      tab,
      (t, ms) => {
        t.clock.aheadMs = ms;
      },
      aheadMs,
    );
  await Promise.all(tabs.map(set));
}

/** All tabs begin at the same moment. The outcomes of each tab stand together. */
export async function allAtOnce(tabs: readonly Tab[], order: Order): Promise<Outcome[]> {
  const [first] = tabs;
  if (!first) return [];
  await Promise.all(tabs.map((tab) => inApp(tab, (t) => t.crowd.join())));
  await inApp(first, (t, given) => t.crowd.order(given), order);
  return outcomesOf(tabs);
}

/** One tab begins; nobody waits for it. */
export async function begin(tab: Tab, order: Order = { run: 'getAccessToken' }): Promise<void> {
  await inApp(tab, (t, given) => t.crowd.begin(given), order);
}

export async function outcomesOf(tabs: readonly Tab[], timeoutMs?: number): Promise<Outcome[]> {
  const ended = (tab: Tab) =>
    tab.waitFor<Outcome[]>('t.crowd.outcomes', timeoutMs === undefined ? {} : { timeoutMs });
  const each = await Promise.all(tabs.map(ended));
  return each.flat();
}

/** The access token that a tab hands out, and whose it is. */
export async function tokenOf(tab: Tab): Promise<string> {
  return inApp(tab, (t) => t.getAccessToken());
}

/** Why sessions of tabs have ended, if they have. */
export async function endings(tabs: readonly Tab[]): Promise<object[]> {
  const each = tabs.map((tab) =>
    inApp(tab, (t) => t.events.filter(({ type }) => type === 'signedOut')),
  );
  return (await Promise.all(each)).flat();
}
