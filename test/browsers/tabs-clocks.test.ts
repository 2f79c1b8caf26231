import { expect, it } from 'vitest';
import { inApp, untilApp } from './app-page.ts';
import { inEachEngine } from './rig.ts';
import { allAtOnce, elevenMinutesMs, endings, setClocks, signedInTabs, tokenOf } from './tabs.ts';

inEachEngine('a clock', (rig) => {
  it('that is set forward and back costs one refresh each time', async () => {
    const tabs = await signedInTabs(await rig.newProfile(), 3);
    const seen = [await tokenOf(tabs[0])];
    // Back at the old time, the newest token comes from the future.
    for (const [index, aheadMs] of [elevenMinutesMs, 0, elevenMinutesMs].entries()) {
      await setClocks(rig.world, tabs, aheadMs);
      const outcomes = await allAtOnce(tabs, { run: 'getAccessToken', times: 3 });
      const tokens = new Set(outcomes.map(({ error, value }) => error ?? value));
      expect(tokens).toEqual(new Set([expect.any(String)]));
      expect(seen).not.toContain([...tokens][0]);
      seen.push([...tokens][0] as string);
      expect(rig.world.arrivals('token')).toBe(2 + index);
    }
    expect(await endings(tabs)).toEqual([]);
  });

  it.each([
    ['an hour behind', -3_600_000, 'id_token.iat'],
    ['a day ahead', 86_400_000, 'id_token.exp'],
  ])('that is %s hurts no session, once it is right again', async (_, aheadMs, check) => {
    const tabs = await signedInTabs(await rig.newProfile(), 3);
    await setClocks(rig.world, tabs, aheadMs);
    const outcomes = await allAtOnce(tabs, { run: 'getAccessToken' });
    // The others hear that it has failed, or find the same.
    for (const { error } of outcomes) {
      expect(['invalid_id_token', 'refresh_postponed']).toContain(error?.code);
    }
    expect(outcomes.map(({ error }) => error?.['check'])).toContain(check);
    expect(rig.world.arrivals('token')).toBe(2);
    for (const tab of tabs) {
      expect(await inApp(tab, (t) => t.current().claims?.sub)).toBe('ada');
    }

    await setClocks(rig.world, tabs, 0);
    for (const { value } of await allAtOnce(tabs, { run: 'callApi' })) {
      expect(value).toMatchObject({ status: 200 });
    }
    await setClocks(rig.world, tabs, elevenMinutesMs);
    // As soon as nobody has to wait any more after what has failed.
    const later = await Promise.all(
      tabs.map((tab) => untilApp(tab, (t) => t.getAccessToken().catch(() => undefined))),
    );
    expect(new Set(later).size).toBe(1);
    expect(await endings(tabs)).toEqual([]);
  });
});
