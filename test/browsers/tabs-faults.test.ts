import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, untilApp } from './app-page.ts';
import type { Tab } from './engine.ts';
import { allow } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import {
  allAtOnce,
  begin,
  elevenMinutesMs,
  endings,
  moreTabs,
  outcomesOf,
  setClocks,
  signedInTabs,
} from './tabs.ts';
import { app } from './world/names.ts';

const leave: Record<string, (tab: Tab) => Promise<void>> = {
  'is closed': (tab) => tab.close(),
  'is reloaded': (tab) => tab.reload(),
  'goes to another page': (tab) => tab.goto(`${app}/blank`),
};

inEachEngine('a tab that refreshes for others', (rig) => {
  /** The first tab has sent a refresh, and the others wait for it. */
  async function refreshing(part: 'request' | 'answer') {
    const profile = await rig.newProfile();
    const tabs = await signedInTabs(profile, 4);
    await setClocks(rig.world, tabs, elevenMinutesMs);
    const held = rig.world.hold(part, 'token');
    const [owner, ...others] = tabs;
    await begin(owner);
    await held.arrived;
    await Promise.all(others.map((tab) => begin(tab)));
    return { profile, owner, others, held };
  }

  it.each(Object.keys(leave))(
    'and %s before the provider has seen its request leaves the next one to do so',
    async (how) => {
      const { held, others, owner, profile } = await refreshing('request');
      await leave[how]?.(owner);
      const outcomes = await outcomesOf(others);
      held.release();

      const tokens = new Set(outcomes.map(({ error, value }) => error ?? value));
      expect(tokens).toEqual(new Set([expect.any(String)]));
      expect(rig.world.arrivals('token')).toBe(3);
      // The one that was lost has no answer.
      expect(rig.world.count('token')).toBe(2);
      const [back] = how === 'is reloaded' ? [owner] : await moreTabs(profile, 1);
      await appReady(back as Tab);
      expect(await inApp(back as Tab, (t) => t.getAccessToken())).toBe([...tokens][0]);
      expect(await endings([back as Tab, ...others])).toEqual([]);

      await setClocks(rig.world, others, 2 * elevenMinutesMs);
      await allAtOnce(others, { run: 'getAccessToken' });
      expect(rig.world.count('token')).toBe(3);
      expect(await endings(others)).toEqual([]);
    },
  );

  it('serves those that wait for it with its own answer, however long that takes', async () => {
    const { held, others, owner } = await refreshing('answer');
    const startedAt = Date.now();
    await owner.waitFor(`Date.now() > ${startedAt + 2_000}`);
    for (const tab of others) {
      expect(await inApp(tab, (t) => t.crowd.outcomes)).toBeUndefined();
    }
    held.release();
    const outcomes = await outcomesOf([owner, ...others]);
    expect(new Set(outcomes.map(({ error, value }) => error ?? value)).size).toBe(1);
    expect(rig.world.arrivals('token')).toBe(2);
    expect(await endings([owner, ...others])).toEqual([]);
  });

  it('and is closed when the provider has spent the token costs the session, and says why', async () => {
    const { held, others, owner } = await refreshing('answer');
    await owner.close();
    const outcomes = await outcomesOf(others);
    held.release();

    for (const { error } of outcomes) expect(error).toMatchObject({ error: 'login_required' });
    expect(rig.world.arrivals('token')).toBe(3);
    const all = await endings(others);
    expect(all).toHaveLength(others.length);
    expect(all).toContainEqual(expect.objectContaining({ reason: 'ended', answerLost: true }));

    const [tab] = others;
    await clickWay(tab as Tab, 'redirect');
    // The provider knows the person still, but not what was allowed.
    await allow(tab as Tab);
    for (const other of others) await untilApp(other, (t) => t?.current().status === 'signedIn');
    expect(await inApp(tab as Tab, (t) => t.callApi())).toMatchObject({ status: 200 });
  });
});

inEachEngine('a provider that cannot be reached', (rig) => {
  async function expiredTabs() {
    const profile = await rig.newProfile();
    const tabs = await signedInTabs(profile, 3);
    await setClocks(rig.world, tabs, elevenMinutesMs);
    return { profile, tabs };
  }

  async function expectNoMoreThanAnError(tabs: readonly Tab[]): Promise<void> {
    for (const { error } of await allAtOnce(tabs, { run: 'getAccessToken', times: 3 })) {
      expect(error).toMatchObject({ name: 'TransportError', retryable: true });
    }
    for (const tab of tabs) {
      const { claims, status } = await inApp(tab, (t) => t.current());
      expect([status, claims?.sub]).toEqual(['signedIn', 'ada']);
    }
    expect(rig.world.arrivals('token')).toBe(1);
  }

  async function expectOneRefresh(tabs: readonly Tab[]): Promise<void> {
    for (const tab of tabs) {
      await untilApp(tab, (t) => t.events.some(({ type }) => type === 'refreshed'));
    }
    const outcomes = await allAtOnce(tabs, { run: 'callApi' });
    for (const { value } of outcomes) expect(value).toMatchObject({ status: 200 });
    expect(rig.world.arrivals('token')).toBe(2);
    expect(await endings(tabs)).toEqual([]);
  }

  it('is asked again with a later read, and the session goes on', async () => {
    const { tabs } = await expiredTabs();
    rig.world.settings.unreachable = ['op.example'];
    await expectNoMoreThanAnError(tabs);
    rig.world.settings.unreachable = [];
    for (const tab of tabs) {
      await untilApp(tab, (t) => t.getAccessToken().catch(() => undefined));
    }
    await expectOneRefresh(tabs);
  });

  it('is asked again when a page hears that it is online, by itself, and once', async () => {
    const { tabs } = await expiredTabs();
    rig.world.settings.unreachable = ['op.example'];
    await expectNoMoreThanAnError(tabs);
    rig.world.settings.unreachable = [];
    for (const tab of tabs) await tab.evaluate("window.dispatchEvent(new Event('online'))");
    await expectOneRefresh(tabs);
  });

  it('is asked again when the network is back, by itself, and once', async () => {
    const { profile, tabs } = await expiredTabs();
    await profile.setOffline(true);
    await expectNoMoreThanAnError(tabs);
    await profile.setOffline(false);
    await expectOneRefresh(tabs);
  });
});
