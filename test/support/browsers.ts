import type { LaunchOptions } from 'playwright-core';
import { locateChromium } from './browsers/chromium.ts';
import { locateFirefox } from './browsers/firefox.ts';
import { locateWebKit, type WebKitGtk } from './browsers/webkit.ts';

/**
 * Launch options for a Chromium of this machine, or undefined where `TEST_CHROMIUM=0` leaves it out.
 * Looks at `TEST_CHROMIUM` (a path), the system, Playwright's cache, and the one in node_modules.
 */
export async function findChromium(): Promise<LaunchOptions | undefined> {
  return find('chromium', locateChromium, {
    required: true,
    install: 'apt-get install chromium',
  });
}

/** The same for Firefox and `TEST_FIREFOX`; a missing one is only reported. */
export async function findFirefox(): Promise<LaunchOptions | undefined> {
  return find('firefox', locateFirefox, { install: 'apt-get install firefox-esr' });
}

/** The same for WebKit and `TEST_WEBKIT`. */
export async function findWebKit(): Promise<WebKitGtk | LaunchOptions | undefined> {
  return find('webkit', locateWebKit, { install: 'apt-get install webkit2gtk-driver xvfb' });
}

async function find<T>(
  name: string,
  locate: (wanted?: string) => T | Promise<T | undefined> | undefined,
  { required = false, install }: { required?: boolean; install: string },
): Promise<T | undefined> {
  const variable = `TEST_${name.toUpperCase()}`;
  const wanted = process.env[variable];
  const mustRun = isRequired(name);
  if (wanted === '0' && !mustRun) {
    console.warn(`SKIPPED: ${variable}=0, the tests in ${name} do not run`);
    return undefined;
  }
  const found = wanted === '0' ? undefined : await locate(wanted || undefined);
  if (found) return found;

  const problem =
    wanted === '0'
      ? `${variable}=0 leaves out what REQUIRE_BROWSERS asks for`
      : wanted
        ? `${variable}=${wanted} is not a program that can be used`
        : `No ${name} found`;
  // Somebody who names a browser wants it, so a wrong name is never a reason to skip.
  if (required || mustRun || wanted) {
    throw new Error(
      `${problem}. Install one (${install}), name one (${variable}=/path/to/it), ` +
        `or leave these tests out (${variable}=0).`,
    );
  }
  console.warn(`SKIPPED: ${name} not found, its browser tests do not run (${install})`);
  return undefined;
}

/** `REQUIRE_BROWSERS=chromium,firefox,webkit`: a silent skip is how an engine goes untested. */
function isRequired(name: string): boolean {
  return (process.env['REQUIRE_BROWSERS'] ?? '').split(',').includes(name);
}
