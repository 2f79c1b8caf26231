import type { EngineName } from './engine.ts';

/** A test that does not run in an engine, because it cannot. */
export interface LeftOut {
  readonly engine: EngineName;
  /** What `inEachEngine` is called with. */
  readonly suite: string;
  /** The whole title of the test. */
  readonly test: string;
  readonly reason: string;
}

/** Everything that is not here runs in every engine. */
export const leftOut: readonly LeftOut[] = [
  {
    engine: 'firefox',
    suite: 'a tab whose process',
    test: 'crashes before the provider has seen its refresh leaves the next one to do so',
    reason: 'Playwright has Firefox end with the first page that crashes.',
  },
  {
    engine: 'webkit',
    suite: 'a tab whose process',
    test: 'crashes before the provider has seen its refresh leaves the next one to do so',
    reason: 'The driver ends its session with the first page that crashes.',
  },
  {
    engine: 'webkit',
    suite: 'a provider that cannot be reached',
    test: 'is asked again when the network is back, by itself, and once',
    reason: 'WebDriver cannot take the network away; the event alone is tested.',
  },
];

/** Why an engine does not run a test, if it does not. */
export function whyLeftOut(
  engine: EngineName,
  suite: string,
  test: string,
  table = leftOut,
): string | undefined {
  const isIt = (one: LeftOut) => one.engine === engine && one.suite === suite && one.test === test;
  return table.find(isIt)?.reason;
}

/** Tests that are left out of a suite but are not in it: nobody would miss them. */
export function unknownTests(
  suite: string,
  tests: readonly string[],
  table = leftOut,
): readonly string[] {
  return table
    .filter((one) => one.suite === suite && !tests.includes(one.test))
    .map(({ test }) => test);
}
