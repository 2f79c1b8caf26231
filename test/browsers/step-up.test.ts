import { expect, it, onTestFinished, vi } from 'vitest';
import { appReady, clickWay, inApp, openApp, outcome, untilApp } from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import { eventually } from './eventually.ts';
import type { Attempt } from './page/test-page.ts';
import { allow, grace, typePassword } from './provider-pages.ts';
import { inEachEngine } from './rig.ts';
import { elevenMinutesMs, setClocks, signedInTabs } from './tabs.ts';
import { app } from './world/names.ts';

const ways = ['redirect', 'popup'] as const;
type StepUpWay = (typeof ways)[number];

interface Where {
  readonly profile: Profile;
  readonly tab: Tab;
}

const required = { name: 'StepUpRequiredError', code: 'step_up_required', acrValues: 'phr' };
const failed = { ...required, code: 'step_up_failed', retryable: false };

inEachEngine('a stronger sign-in for an API', (rig) => {
  /** Ada, whose sign-in is not good enough for a transfer. */
  async function signedIn(): Promise<Where> {
    const profile = await rig.newProfile();
    const [tab] = await signedInTabs(profile, 1);
    return { profile, tab };
  }

  const transfer = (tab: Tab) => inApp(tab, (t) => t.transfers.make());

  /** Goes to the provider as the API has asked, up to the moment when that asks the person. */
  async function askAgain(way: StepUpWay, { profile, tab }: Where): Promise<Tab> {
    await inApp(tab, (t) => {
      const stepUp = t.transfers.demand;
      t.options = { call: { stepUp, appState: { transfer: 100 }, returnTo: '/bank' } };
    });
    const click = () => tab.click(`#${way}`);
    const atProvider = way === 'popup' ? await profile.nextTab(click) : tab;
    if (way === 'redirect') await click();
    await atProvider.waitFor("document.querySelector('h1')?.textContent.startsWith('Confirm')");
    return atProvider;
  }

  /** The person answers, and the page has the outcome. */
  async function answer(
    way: StepUpWay,
    { tab }: Where,
    atProvider: Tab,
    person?: typeof grace,
  ): Promise<Attempt> {
    await typePassword(atProvider, person);
    // Whom the provider has not seen here before has not allowed anything yet.
    if (person) await allow(atProvider);
    if (way === 'popup') return outcome(tab, 'popup');
    await appReady(tab);
    return outcome(tab, 'callback');
  }

  async function stepUp(way: StepUpWay, where: Where, person?: typeof grace): Promise<Attempt> {
    return answer(way, where, await askAgain(way, where), person);
  }

  const transfersMade = () =>
    rig.world.requests.filter(({ status, url }) => url === '/reports/transfers' && status === 200);

  /** Later for the provider, the API and the page. */
  async function letTimePass(tab: Tab, aheadMs: number): Promise<void> {
    vi.useRealTimers();
    const now = Date.now() + aheadMs;
    vi.useFakeTimers({ toFake: ['Date'], now, shouldAdvanceTime: true });
    onTestFinished(() => void vi.useRealTimers());
    await setClocks(rig.world, [tab], aheadMs);
  }

  it.each(ways)('by %s lets the call succeed', async (way) => {
    rig.world.settings.apiDemand = { acrValues: 'phr', maxAgeSeconds: 300 };
    const where = await signedIn();
    const { profile, tab } = where;
    expect(await transfer(tab)).toMatchObject({ error: { ...required, maxAge: 300 } });
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedIn' });

    expect(await stepUp(way, where)).toMatchObject({
      status: 'fulfilled',
      value: { status: 'signedIn', appState: { transfer: 100 }, returnTo: '/bank' },
    });

    expect(await inApp(tab, (t) => t.current())).toMatchObject({
      claims: { sub: 'ada', acr: 'phr', auth_time: expect.any(Number) },
    });
    expect(await transfer(tab)).toMatchObject({ status: 200, body: { sub: 'ada' } });
    expect(await inApp(tab, (t) => t.complaints)).toEqual([]);
    expect(profile.complaints.filter((text) => !text.includes('401'))).toEqual([]);
  });

  it.each(ways)('by %s is good after a reload, after a refresh and in another tab', async (way) => {
    const where = await signedIn();
    const { profile, tab } = where;
    const other = await openApp(profile);
    expect(await transfer(other)).toMatchObject({ error: required });
    await transfer(tab);
    await stepUp(way, where);
    await untilApp(other, (t) => t.current().claims?.['acr'] === 'phr');
    expect(await transfer(other)).toMatchObject({ status: 200 });
    await tab.reload();
    await appReady(tab);
    expect(await transfer(tab)).toMatchObject({ status: 200 });
    expect(rig.world.count('token')).toBe(2);
    await setClocks(rig.world, [tab], elevenMinutesMs);
    expect(await transfer(tab)).toMatchObject({ status: 200 });
    expect(rig.world.count('token')).toBe(3);
  });

  it.each<[StepUpWay, string, string, typeof grace | undefined]>(
    ways.flatMap((way) => [
      [way, 'in another way', 'step_up_acr', undefined],
      [way, 'as somebody else', 'step_up_sub', grace],
    ]),
  )('by %s %s is refused, and everything stays', async (way, _name, check, person) => {
    if (!person) rig.world.settings.acr = 'pwd';
    const where = await signedIn();
    const { tab } = where;
    await transfer(tab);
    const before = await inApp(tab, (t) => t.readStored());

    const attempt = await stepUp(way, where, person);

    expect(attempt).toMatchObject({
      status: 'rejected',
      error: { code: 'invalid_id_token', check: `id_token.${check}`, retryable: false },
    });
    // What the first person was about to do is known to nobody who could go on with it.
    expect(JSON.stringify(attempt)).not.toContain('transfer');
    expect(await inApp(tab, (t) => t.readStored())).toEqual(before);
    expect(await inApp(tab, (t) => t.current())).toMatchObject({ claims: { sub: 'ada' } });
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ body: { sub: 'ada' } });
    expect(await transfer(tab)).toMatchObject({ error: required });
    expect(transfersMade()).toEqual([]);
    if (person) {
      await eventually(async () => rig.world.count('revoke') === 1, 'nobody needs her tokens');
    } else {
      // Of the same person, a server may know only one grant.
      await setClocks(rig.world, [tab], elevenMinutesMs);
      expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
      expect(rig.world.count('revoke')).toBe(0);
    }
  });

  it.each(ways)(
    'by %s is of nobody else who finds the page after the person has left',
    async (way) => {
      const where = await signedIn();
      const { profile, tab } = where;
      const other = await openApp(profile);
      await transfer(tab);
      const atProvider = await askAgain(way, where);
      await clickWay(other, 'sign-out');
      await outcome(other, 'sign-out');

      expect(await answer(way, where, atProvider, grace)).toMatchObject({
        status: 'rejected',
        error: { code: 'invalid_id_token', check: 'id_token.step_up_sub' },
      });

      expect(await inApp(tab, (t) => t.current())).toMatchObject({ status: 'signedOut' });
      expect(transfersMade()).toEqual([]);
    },
  );

  it.each(ways)('by %s of which the provider says nothing is for the API to judge', async (way) => {
    rig.world.settings.acr = 'untold';
    const where = await signedIn();
    await transfer(where.tab);
    expect(await stepUp(way, where)).toMatchObject({ status: 'fulfilled' });
    const { claims } = await inApp(where.tab, (t) => t.current());
    expect(claims).not.toHaveProperty('acr');
    // It knows by other means.
    rig.world.settings.apiDemand = undefined;
    expect(await transfer(where.tab)).toMatchObject({ status: 200 });
  });

  it.each(ways)('by %s is asked for once by an API that is never content', async (way) => {
    rig.world.settings.acr = 'untold';
    const where = await signedIn();
    const { profile, tab } = where;
    const other = await openApp(profile);
    expect(await transfer(tab)).toMatchObject({ error: required });
    await stepUp(way, where);
    expect(await transfer(tab)).toMatchObject({ error: failed });
    await tab.reload();
    await appReady(tab);
    expect(await transfer(tab)).toMatchObject({ error: failed });
    await other.waitFor("window.t.events.some(({ via }) => via === 'elsewhere')");
    expect(await transfer(other)).toMatchObject({ error: failed });
    expect(await transfer(await openApp(profile))).toMatchObject({ error: failed });
    expect(await inApp(tab, (t) => t.callApi())).toMatchObject({ status: 200 });
    // Another sign-in, of the person's own accord, may change that.
    await clickWay(tab, 'popup');
    await outcome(tab, 'popup');
    expect(await transfer(tab)).toMatchObject({ error: required });
  });

  it.each(ways)('by %s is asked for again when it is too old', async (way) => {
    rig.world.settings.apiDemand = { maxAgeSeconds: 300 };
    const where = await signedIn();
    const { tab } = where;
    expect(await transfer(tab)).toMatchObject({ status: 200 });
    for (const round of [1, 2]) {
      await letTimePass(tab, round * 302_000);
      expect(await transfer(tab)).toMatchObject({
        error: { code: 'step_up_required', maxAge: 300 },
      });
      expect(await stepUp(way, where)).toMatchObject({ status: 'fulfilled' });
      expect(await transfer(tab)).toMatchObject({ status: 200 });
    }
    expect(await tab.url()).toMatch(app);
  });
});
