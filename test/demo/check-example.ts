/** Does what the README of examples/spa says: installs, builds, starts, and signs in with a browser. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { chromium } from 'playwright-core';
import { findChromium } from '../support/browsers.ts';
import { root } from './built-package.ts';
import { visit } from './page-visit.ts';

const cwd = join(root, 'examples/spa');
const launchOptions = await findChromium();

for (const command of ['ci --no-audit --no-fund', 'run build']) {
  execFileSync('npm', command.split(' '), { cwd, stdio: 'inherit' });
}
const started = spawn('npm', ['start'], {
  cwd,
  stdio: ['ignore', 'pipe', 'inherit'],
  // A group of its own, so that npm, its shell and Vite end together.
  detached: true,
});
try {
  const address = await printedAddress(started);
  if (launchOptions) await signInAt(address);
} finally {
  if (started.exitCode === null) {
    process.kill(-Number(started.pid), 'SIGTERM');
    await once(started, 'exit');
  }
}

async function printedAddress({
  stdout,
}: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  let printed = '';
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    printed += chunk;
    const [, address] = /Open (http:\S+)/.exec(printed) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`npm start named no page to open: ${printed}`);
}

async function signInAt(address: string): Promise<void> {
  const browser = await chromium.launch(launchOptions);
  try {
    const ada = await visit(await browser.newContext(), address);
    await ada.signInByRedirect();
    await ada.press('Call the API');
    await ada.says('Good day, ada. Three reports are waiting.');
    await ada.press('Sign out here');
    await ada.press('Sign in silently');
    await ada.says('Signed in as Ada Lovelace, without a question.');
    if (ada.complaints.length > 0) throw new Error(ada.complaints.join('\n'));
    console.log(`Signed in at ${address}, twice.`);
  } finally {
    await browser.close();
  }
}
