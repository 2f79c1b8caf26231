import { expect, it } from 'vitest';
import { inApp, untilApp } from './app-page.ts';
import type { Tab } from './engine.ts';
import { eventually } from './eventually.ts';
import { processOf } from './page-process.ts';
import { inEachEngine } from './rig.ts';
import {
  allAtOnce,
  begin,
  elevenMinutesMs,
  endings,
  outcomesOf,
  setClocks,
  signedInTabs,
} from './tabs.ts';

/** With `timeoutMs`, what a lock's lease is made of. */
const leaseMs = (timeoutMs: number) => timeoutMs + 10_000;

inEachEngine('a tab whose process', (rig) => {
  async function expiredTabs(timeoutMs: number) {
    rig.world.settings.page.timeoutMs = timeoutMs;
    const tabs = await signedInTabs(await rig.newProfile(), 3);
    const [owner, ...others] = tabs;
    const process = await processOf(owner);
    for (const other of others) expect((await processOf(other)).pid).not.toBe(process.pid);
    await setClocks(rig.world, tabs, elevenMinutesMs);
    return { tabs, owner, others, process };
  }

  const pass = (ms: number) => {
    const endsAt = performance.now() + ms;
    return eventually(async () => performance.now() > endsAt, `${ms} ms to pass`, 2 * ms);
  };

  async function expectOneToken(tabs: readonly Tab[], timeoutMs?: number): Promise<void> {
    const outcomes = await outcomesOf(tabs, timeoutMs);
    const tokens = new Set(outcomes.map(({ error, value }) => error ?? value));
    expect(tokens).toEqual(new Set([expect.any(String)]));
    expect(await endings(tabs)).toEqual([]);
  }

  async function expectAlive(tabs: readonly Tab[], refreshes: number): Promise<void> {
    await setClocks(rig.world, tabs, 2 * elevenMinutesMs);
    await allAtOnce(tabs, { run: 'getAccessToken' });
    await expectOneToken(tabs);
    expect(rig.world.arrivals('token')).toBe(1 + refreshes + 1);
  }

  it.each([
    ['sooner than its deadline', 8_000, 2_000],
    ['later than its deadline, and sooner than its lease', 2_000, 4_000],
  ])('stops when it has sent a refresh, and goes on %s, serves all', async (_, timeoutMs, ms) => {
    const { others, owner, process, tabs } = await expiredTabs(timeoutMs);
    const answer = rig.world.hold('answer', 'token');
    await begin(owner);
    await answer.arrived;
    await Promise.all(others.map((tab) => begin(tab)));
    process.freeze();
    answer.release();
    await eventually(async () => rig.world.count('token') === 2, 'the answer to be sent');
    await pass(ms);
    for (const tab of others) {
      expect(await inApp(tab, (t) => t.crowd.outcomes)).toBeUndefined();
    }
    process.thaw();
    await expectOneToken(tabs);
    expect(rig.world.arrivals('token')).toBe(2);
    await expectAlive(tabs, 1);
  });

  it('stops before it has sent a refresh, for longer than its lease, is overtaken, and sends none', async () => {
    const { others, owner, process, tabs } = await expiredTabs(2_000);
    // It has the lock and has written that it is about to refresh.
    await inApp(owner, (t) => t.store.pauseWrite());
    await begin(owner);
    await untilApp(owner, (t) => t.store.isPaused);
    process.freeze();
    await Promise.all(others.map((tab) => begin(tab)));
    await expectOneToken(others, 2 * leaseMs(2_000));
    expect(rig.world.arrivals('token')).toBe(2);

    process.thaw();
    await inApp(owner, (t) => t.store.goOn());
    await expectOneToken(tabs);
    expect(rig.world.arrivals('token')).toBe(2);
    await expectAlive(tabs, 1);
  });

  it('stops when it has sent a refresh, for longer than its lease, costs the session, and it says why', async () => {
    const { others, owner, process, tabs } = await expiredTabs(2_000);
    const answer = rig.world.hold('answer', 'token');
    await begin(owner);
    await answer.arrived;
    process.freeze();
    answer.release();
    await Promise.all(others.map((tab) => begin(tab)));
    for (const { error } of await outcomesOf(others, 2 * leaseMs(2_000))) {
      expect(error).toMatchObject({ error: 'login_required' });
    }
    expect(rig.world.arrivals('token')).toBe(3);
    expect(await endings(others)).toContainEqual(
      expect.objectContaining({ reason: 'ended', answerLost: true }),
    );

    process.thaw();
    await untilApp(owner, (t) => t.current().status === 'signedOut');
    for (const { error } of await allAtOnce(tabs, { run: 'getAccessToken' })) {
      expect(error).toMatchObject({ error: 'login_required' });
    }
    expect(rig.world.arrivals('token')).toBe(3);
  });

  it('crashes before the provider has seen its refresh leaves the next one to do so', async () => {
    const { others, owner, process } = await expiredTabs(8_000);
    const request = rig.world.hold('request', 'token');
    await begin(owner);
    await request.arrived;
    await Promise.all(others.map((tab) => begin(tab)));
    process.kill();
    await expectOneToken(others);
    request.release();
    expect(rig.world.count('token')).toBe(2);
    await expectAlive(others, 2);
  });
});
