import { findChromium, findFirefox, findWebKit } from '../support/browsers.ts';
import type { Engine, EngineName } from './engine.ts';
import { playwrightEngine } from './playwright-engine.ts';
import { webDriverEngine } from './webdriver-engine.ts';

export interface EngineChoice {
  readonly name: EngineName;
  start(): Promise<Engine>;
}

/** What `ENGINES=chromium,firefox,webkit` names and this machine has. */
export async function chosenEngines(): Promise<EngineChoice[]> {
  const names = (process.env['ENGINES'] ?? 'chromium').split(',');
  const choices = await Promise.all(names.map(choose));
  return choices.filter((choice) => choice !== undefined);
}

async function choose(name: string): Promise<EngineChoice | undefined> {
  if (name === 'chromium') {
    const found = await findChromium();
    return found && { name, start: async () => playwrightEngine(name, found) };
  }
  if (name === 'firefox') {
    const found = await findFirefox();
    return found && { name, start: async () => playwrightEngine(name, found) };
  }
  if (name === 'webkit') {
    const found = await findWebKit();
    if (!found) return undefined;
    return 'driver' in found
      ? { name, start: () => webDriverEngine(found) }
      : { name, start: async () => playwrightEngine(name, found) };
  }
  throw new Error(`ENGINES names ${name}, which is none of chromium, firefox, webkit.`);
}
