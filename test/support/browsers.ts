import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { LaunchOptions } from 'playwright-core';

const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Launch options for a Chromium of this machine, or undefined where `TEST_CHROMIUM=0` leaves it out.
 * Looks at `TEST_CHROMIUM` (a path), PATH, macOS' applications, and the one in node_modules.
 */
export async function findChromium(): Promise<LaunchOptions | undefined> {
  const wanted = process.env['TEST_CHROMIUM'];
  if (wanted === '0') {
    console.warn('SKIPPED: TEST_CHROMIUM=0, the tests in Chromium do not run');
    return undefined;
  }
  const executablePath = wanted || systemChromium() || (await bundledChromium());
  if (!executablePath || !isExecutable(executablePath)) {
    const tried = executablePath ? `${executablePath} is not a program` : 'No Chromium found';
    throw new Error(
      `${tried}. Install one (apt-get install chromium), name one (TEST_CHROMIUM=/path/to/chrome), ` +
        'or leave these tests out (TEST_CHROMIUM=0).',
    );
  }
  // Chromium's own sandbox refuses to work for root.
  const chromiumSandbox = process.getuid?.() !== 0;
  return {
    executablePath,
    chromiumSandbox,
    args: chromiumSandbox ? args : [...args, '--no-sandbox'],
  };
}

function systemChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ].find(isExecutable);
}

/** `@sparticuz/chromium`: for Linux only, unpacked into the temporary folder on first use. */
async function bundledChromium(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  if (!hasSystemLibrary('libnss3.so')) {
    // Read at import: makes the package unpack and use its own copy of NSS and its friends.
    process.env['AWS_EXECUTION_ENV'] ??= 'AWS_Lambda_nodejs22.x';
  }
  const { default: chromium } = await import('@sparticuz/chromium');
  return chromium.executablePath();
}

function hasSystemLibrary(name: string): boolean {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return stdout?.includes(name) ?? false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
