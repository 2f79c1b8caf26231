import type { Profile, Tab } from './engine.ts';
import { eventually } from './eventually.ts';
import type { Attempt, ClickOptions, TestPage, Way } from './page/test-page.ts';
import { app } from './world/names.ts';
import type { World } from './world.ts';

/** Opens the application and waits until it has done what it does by itself. */
export async function openApp(profile: Profile, path = '/'): Promise<Tab> {
  const tab = await profile.open(app + path);
  await appReady(tab);
  return tab;
}

/** Waits until the window shows the application, and that has done what it does by itself. */
export async function appReady(tab: Tab): Promise<void> {
  await tab.waitFor(`location.origin === '${app}' && window.t?.isReady`);
}

/** Runs a function in the page: it sees nothing of the test but its arguments, as JSON. */
export function inApp<T, Args extends unknown[]>(
  tab: Tab,
  run: (t: TestPage, ...args: Args) => T,
  ...args: Args
): Promise<Awaited<T>> {
  return tab.evaluate(call(run, args));
}

/** The same, again and again until it is truthy. */
export function untilApp<T, Args extends unknown[]>(
  tab: Tab,
  run: (t: TestPage, ...args: Args) => T,
  ...args: Args
): Promise<NonNullable<Awaited<T>>> {
  return tab.waitFor(call(run, args));
}

/** Clicks the button of a way, which passes on the options. */
export async function clickWay(tab: Tab, way: Way, options: ClickOptions = {}): Promise<void> {
  const setOptions = (t: TestPage, given: ClickOptions) => {
    t.options = given;
  };
  await inApp(tab, setOptions, options);
  await tab.click(`#${way}`);
}

/** The end of the newest attempt on a way. */
export function outcome(tab: Tab, way: Attempt['way']): Promise<Attempt> {
  return untilApp(
    tab,
    (t, wanted) => {
      const attempt = t?.attempts.filter((one) => one.way === wanted).at(-1);
      return attempt?.status === 'pending' ? undefined : attempt;
    },
    way,
  );
}

/** The same for a test that must not look into the page, because that would be a gesture. */
export function reportedOutcome(
  world: World,
  way: Attempt['way'],
  status: Attempt['status'] = 'fulfilled',
): Promise<Attempt> {
  // A page of the test before may still have something to say.
  const isIt = (one: Attempt) => one.way === way && one.status === status;
  return eventually(
    async () => world.reports.findLast(isIt),
    `a report about ${way}`,
  ) as Promise<Attempt>;
}

function call(run: unknown, args: unknown[]): string {
  return `(${run})(window.t, ...${JSON.stringify(args)})`;
}
