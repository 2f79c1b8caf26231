import { basename } from 'node:path';
import { type LaunchOptions, webkit } from 'playwright-core';
import { findProgram, isProgram } from './programs.ts';

/** WebKitGTK: its WebDriver, and the browser that it drives. */
export interface WebKitGtk {
  readonly driver: string;
  readonly browser: string;
}

/**
 * The WebKit at `wanted` (a WebKitWebDriver, or a WebKit of Playwright's), or the first one that
 * this machine has.
 */
export function locateWebKit(wanted?: string): WebKitGtk | LaunchOptions | undefined {
  if (wanted && basename(wanted) !== 'WebKitWebDriver') {
    return isProgram(wanted) ? { executablePath: wanted } : undefined;
  }
  const driver = findProgram(wanted ? [] : ['WebKitWebDriver'], wanted ? [wanted] : []);
  const browser = findProgram([], miniBrowsers);
  if (driver && browser) return { driver, browser };
  return !wanted && isProgram(webkit.executablePath()) ? {} : undefined;
}

const miniBrowsers = [
  '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  '/usr/libexec/webkit2gtk-4.1/MiniBrowser',
  '/usr/lib/webkit2gtk-4.1/MiniBrowser',
];
