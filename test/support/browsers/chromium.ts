import { spawnSync } from 'node:child_process';
import { chromium, type LaunchOptions } from 'playwright-core';
import { findProgram, isProgram, windowsPlaces } from './programs.ts';

const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Launch options for the Chromium at `wanted`, or for the first one that this machine has. */
export async function locateChromium(wanted?: string): Promise<LaunchOptions | undefined> {
  const executablePath =
    wanted || systemChromium() || playwrightsChromium() || (await bundledChromium());
  if (!executablePath || !isProgram(executablePath)) return undefined;
  // Chromium's own sandbox refuses to work for root.
  const chromiumSandbox = process.getuid?.() !== 0;
  return {
    executablePath,
    chromiumSandbox,
    args: chromiumSandbox ? args : [...args, '--no-sandbox'],
  };
}

function systemChromium(): string | undefined {
  return findProgram(
    ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      ...windowsPlaces('Google/Chrome/Application/chrome.exe', 'Chromium/Application/chrome.exe'),
    ],
  );
}

function playwrightsChromium(): string | undefined {
  return [chromium.executablePath()].find(isProgram);
}

/** `@sparticuz/chromium`: for Linux only, unpacked into the temporary folder on first use. */
async function bundledChromium(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  if (!hasSystemLibrary('libnss3.so')) {
    // Read at import: makes the package unpack and use its own copy of NSS and its friends.
    process.env['AWS_EXECUTION_ENV'] ??= 'AWS_Lambda_nodejs22.x';
  }
  const { default: bundled } = await import('@sparticuz/chromium');
  return bundled.executablePath();
}

function hasSystemLibrary(name: string): boolean {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return stdout?.includes(name) ?? false;
}
