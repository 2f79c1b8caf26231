import { expect, it } from 'vitest';
import { inEachEngine } from './rig.ts';
import { allAtOnce, endings, moreTabs, setClocks, signedInTabs } from './tabs.ts';

const counts = [1, 5, 10, 20, 50];
const timeoutMs = 300_000;

inEachEngine('an expired token', (rig) => {
  it(
    'costs one request, however many tabs want a new one, and this long:',
    async () => {
      rig.world.settings.accessTokenTtlSeconds = 60;
      const profile = await rig.newProfile();
      const open = [...(await signedInTabs(profile, 2))];
      const rows: Record<string, Record<string, number>> = {};
      for (const [round, count] of counts.entries()) {
        open.push(...(await moreTabs(profile, Math.max(0, count - open.length))));
        const tabs = open.slice(0, count);
        await setClocks(rig.world, open, (round + 1) * 120_000);
        const before = rig.world.arrivals('token');
        const outcomes = await allAtOnce(tabs, { run: 'getAccessToken' });

        const tokens = new Set(outcomes.map(({ error, value }) => error ?? value));
        expect(tokens).toEqual(new Set([expect.any(String)]));
        const requests = rig.world.arrivals('token') - before;
        expect(requests).toBe(1);
        const took = outcomes.map(({ tookMs }) => Math.round(tookMs)).sort((a, b) => a - b);
        const at = (share: number) => took[Math.round(share * (count - 1))] ?? 0;
        const latencyMs = { fastest: at(0), median: at(0.5), slowest: at(1) };
        rows[`tabs: ${count}`] = { requests, ...latencyMs };
      }
      expect(await endings(open)).toEqual([]);
      console.log(`${rig.engine}, latency per tab in ms`);
      console.table(rows);
    },
    timeoutMs,
  );
});
