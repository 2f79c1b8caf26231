import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, openApp, outcome, untilApp } from './app-page.ts';
import { eventually } from './eventually.ts';
import { grace, signInAtProvider } from './provider-pages.ts';
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
  tokenOf,
} from './tabs.ts';

inEachEngine('many tabs', (rig) => {
  it('send one request when 20 find the token expired, and one when the API refuses it to all', async () => {
    const tabs = await signedInTabs(await rig.newProfile(), 20);
    const seen = [await tokenOf(tabs[0])];
    // A refresh token that was used twice would be refused in the second round.
    for (const round of [1, 2]) {
      await setClocks(rig.world, tabs, round * elevenMinutesMs);
      const outcomes = await allAtOnce(tabs, { run: 'getAccessToken', times: 5 });
      const tokens = new Set(outcomes.map(({ error, value }) => error ?? value));
      expect(tokens).toEqual(new Set([expect.any(String)]));
      expect(seen).not.toContain([...tokens][0]);
      seen.push([...tokens][0] as string);
      expect(rig.world.arrivals('token')).toBe(1 + round);
    }

    rig.world.settings.revokedTokens.push(...seen);
    // Anything younger is not worth a refresh.
    await setClocks(rig.world, tabs, 2 * elevenMinutesMs + 31_000);
    const outcomes = await allAtOnce(tabs, { run: 'callApi' });
    expect(outcomes.map(({ error, value }) => error ?? value)).toEqual(
      Array(20).fill(expect.objectContaining({ status: 200 })),
    );
    expect(rig.world.arrivals('token')).toBe(4);
    expect(await endings(tabs)).toEqual([]);
  }, 180_000); // So many take long to open where others need the machine as well.

  it('send no request for a token that was refused as soon as it was there', async () => {
    const tabs = await signedInTabs(await rig.newProfile(), 3);
    rig.world.settings.revokedTokens.push(await tokenOf(tabs[0]));
    for (const { value } of await allAtOnce(tabs, { run: 'callApi' })) {
      expect(value).toMatchObject({ status: 401 });
    }
    expect(rig.world.arrivals('token')).toBe(1);
    expect(await endings(tabs)).toEqual([]);
  });

  it('are all signed out when one is, even by the one that is refreshing', async () => {
    const tabs = await signedInTabs(await rig.newProfile(), 5);
    const [refreshing, leaving] = tabs;
    await setClocks(rig.world, tabs, elevenMinutesMs);
    const answer = rig.world.hold('answer', 'token');
    await begin(refreshing);
    await answer.arrived;
    await clickWay(leaving, 'sign-out');
    expect(await outcome(leaving, 'sign-out')).toMatchObject({ status: 'fulfilled' });
    for (const tab of tabs) await untilApp(tab, (t) => t.current().status === 'signedOut');

    answer.release();
    expect(await outcomesOf([refreshing])).toMatchObject([{ error: { error: 'login_required' } }]);
    // What the refresh has brought is worth nothing either.
    await eventually(async () => rig.world.count('revoke') === 2, 'both tokens to be revoked');
    for (const { error } of await allAtOnce(tabs, { run: 'getAccessToken' })) {
      expect(error).toMatchObject({ code: 'interaction_required', error: 'login_required' });
    }
    expect(await inApp(refreshing, (t) => t.readStored())).toBeUndefined();
    expect(await endings(tabs)).toHaveLength(tabs.length);
  });

  it.each(['refresh', 'sign-in'])(
    "hand out nobody's token but the newest person's, when the %s ends last",
    async (last) => {
      // The provider ends other tokens with the person's session there.
      rig.world.settings.page.scope += ' offline_access';
      const tabs = await signedInTabs(await rig.newProfile(), 4, { prompt: 'consent' });
      const [refreshing, arriving] = tabs;
      await setClocks(rig.world, tabs, elevenMinutesMs);
      const refresh = async () => {
        await begin(refreshing);
        return refreshing;
      };
      const signIn = async () => {
        await clickWay(arriving, 'redirect', { call: { prompt: 'login consent' } });
        await signInAtProvider(arriving, grace);
        return arriving;
      };
      const [first, second] = last === 'refresh' ? [refresh, signIn] : [signIn, refresh];
      const answer = rig.world.hold('answer', 'token');
      await first();
      await answer.arrived;
      if ((await second()) === arriving) await appReady(arriving);
      else expect(await outcomesOf([refreshing])).toMatchObject([{ value: expect.any(String) }]);
      answer.release();

      for (const tab of tabs) await untilApp(tab, (t) => t.current().claims?.sub === 'grace');
      if (last === 'refresh') {
        const ended = { code: 'interaction_required', error: 'login_required' };
        expect(await outcomesOf([refreshing])).toMatchObject([{ error: ended }]);
      }
      await eventually(async () => rig.world.count('revoke') > 0, "ada's token to be revoked");
      for (const { value } of await allAtOnce(tabs, { run: 'callApi', times: 3 })) {
        expect(value).toMatchObject({ status: 200, body: { sub: 'grace' } });
      }
      const stored = await inApp(refreshing, (t) => t.readStored());
      expect(JSON.parse(stored?.value ?? '')).toMatchObject({ claims: { sub: 'grace' } });
      const changed = { type: 'signedOut', reason: 'userChanged' };
      expect(await endings(tabs)).toEqual(Array(tabs.length - 1).fill(changed));
    },
  );

  it('share one session between two builds of the application', async () => {
    const profile = await rig.newProfile();
    const own = await signedInTabs(profile, 2);
    const other = await openApp(profile, '/minified');
    expect(await other.evaluate('document.scripts[0].src')).toContain('minified');
    const tabs = [...own, other, ...(await moreTabs(profile, 1, '/minified'))];
    await setClocks(rig.world, tabs, elevenMinutesMs);
    const outcomes = await allAtOnce(tabs, { run: 'getAccessToken', times: 3 });
    expect(new Set(outcomes.map(({ error, value }) => error ?? value)).size).toBe(1);
    expect(rig.world.arrivals('token')).toBe(2);
    await clickWay(other, 'sign-out');
    for (const tab of tabs) await untilApp(tab, (t) => t.current().status === 'signedOut');
  });
});
