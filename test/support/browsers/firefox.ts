import { firefox, type LaunchOptions } from 'playwright-core';
import { findProgram, isProgram, windowsPlaces } from './programs.ts';

/** Launch options for the Firefox at `wanted`, or for the first one that this machine has. */
export function locateFirefox(wanted?: string): LaunchOptions | undefined {
  const executablePath = wanted || systemFirefox();
  // The channel makes Playwright speak WebDriver BiDi, as any unpatched Firefox understands it.
  if (executablePath && isProgram(executablePath))
    return { executablePath, channel: 'moz-firefox' };
  return !wanted && isProgram(firefox.executablePath()) ? {} : undefined;
}

function systemFirefox(): string | undefined {
  return findProgram(
    ['firefox-esr', 'firefox'],
    [
      '/Applications/Firefox.app/Contents/MacOS/firefox',
      ...windowsPlaces('Mozilla Firefox/firefox.exe'),
    ],
  );
}
