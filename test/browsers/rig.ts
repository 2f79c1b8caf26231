import { afterAll, beforeAll, beforeEach, describe, it, onTestFinished } from 'vitest';
import type { Engine, EngineName, Profile, ProfileOptions } from './engine.ts';
import { chosenEngines } from './engines.ts';
import { unknownTests, whyLeftOut } from './left-out.ts';
import { startWorld, type World } from './world.ts';

export interface Rig {
  readonly engine: EngineName;
  readonly world: World;
  /** A person's browser for this test; closed with it. */
  newProfile(options?: Omit<ProfileOptions, 'proxyPort'>): Promise<Profile>;
}

const choices = await chosenEngines();

/**
 * Runs the tests in every chosen engine, all in one world, which each test finds untouched. Those of
 * the table in `left-out.ts` show up as skipped, with the reason.
 */
export function inEachEngine(title: string, tests: (rig: Rig) => void): void {
  if (choices.length === 0) {
    describe(title, () => it.skip('needs a browser'));
    return;
  }
  describe.each(choices)(`${title}, in $name`, (choice) => {
    let world: World | undefined;
    let engine: Engine | undefined;

    beforeAll(async () => {
      [world, engine] = await Promise.all([startWorld(), choice.start()]);
    });
    afterAll(async () => {
      await engine?.close();
      await world?.close();
    });
    beforeEach(({ skip, task }) => {
      const unknown = unknownTests(title, task.suite?.tasks.map(({ name }) => name) ?? []);
      if (unknown.length) throw new Error(`Left out, but not there: ${unknown.join('; ')}.`);
      const reason = whyLeftOut(choice.name, title, task.name);
      skip(reason !== undefined, reason);
      world?.reset();
    });

    tests({
      engine: choice.name,
      get world() {
        if (!world) throw new Error('The world begins with the first test.');
        return world;
      },
      async newProfile(options = {}) {
        if (!engine || !world) throw new Error('The engine starts with the first test.');
        const profile = await engine.newProfile({ ...options, proxyPort: world.proxyPort });
        onTestFinished(() => profile.close());
        return profile;
      },
    });
  });
}
