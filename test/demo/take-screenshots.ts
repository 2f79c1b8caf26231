/**
 * Takes the pictures of examples/spa/README.md: `npx tsx --tsconfig tsconfig.base.json
 * test/demo/take-screenshots.ts`. They are large: reduce their colours before they are committed.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, firefox, type Page } from 'playwright-core';
import { ada } from '../../examples/demo/provider/accounts.ts';
import { startWorld } from '../../examples/demo/world.ts';
import { eventually } from '../browsers/eventually.ts';
import { startDisplay, startWebDriver } from '../browsers/webdriver.ts';
import { webDriverTabs } from '../browsers/webdriver-tab.ts';
import { findChromium, findFirefox, findWebKit } from '../support/browsers.ts';
import { arrangeWindows } from './arrange-windows.ts';
import { ensureBuilt, root } from './built-package.ts';
import { signInAtProvider, visit } from './page-visit.ts';

const size = { width: 1240, height: 860 };
const file = (name: string) => join(root, 'examples/spa/screenshots', `${name}.png`);

await ensureBuilt();
const world = await startWorld();
try {
  await inChromium();
  await inFirefox();
  await inWebKit();
} finally {
  await world.close();
}

async function inChromium(): Promise<void> {
  const browser = await chromium.launch(await findChromium());
  const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
  const { page, press, says, signInByRedirect } = await visit(context, world.pageOrigin);

  async function shoot(name: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: file(`${name}-${colorScheme}`) });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }

  await page.getByText('Nobody is signed in').waitFor();
  await page.setViewportSize({ ...size, height: 720 });
  await shoot('signed-out');
  await page.setViewportSize(size);
  await signInByRedirect();
  await press('Call the API');
  await says('Good day, ada. Three reports are waiting.');
  await page.mouse.move(0, 0);
  await shoot('signed-in');
  await press('Sign out by redirect');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signInByPopup(page);
  await page.screenshot({ path: file('chromium') });
  for (const colorScheme of ['light', 'dark'] as const) {
    await writeFile(file(`step-up-${colorScheme}`), await stepUp(browser, colorScheme));
    await writeFile(file(`two-tabs-${colorScheme}`), await twoTabs(browser, colorScheme));
  }
  await browser.close();
}

/** The page, and in front of it the window in which the provider asks again. */
async function stepUp(browser: Browser, colorScheme: 'light' | 'dark'): Promise<Buffer> {
  const viewport = { ...size, height: 760 };
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const { page, press, pressForWindow, signInByRedirect } = await visit(context, world.pageOrigin);
  await signInByRedirect();
  await press('Open the report');
  const window = await pressForWindow('Confirm that it is you');
  await window.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
  const windows = [
    { picture: await page.screenshot(), left: 0, top: 0 },
    { picture: await window.screenshot(), left: 856, top: 84, width: 372 },
  ];
  await context.close();
  return arrangeWindows(browser, viewport, windows);
}

/** One tab in which somebody has signed in, and one that has heard of it. */
async function twoTabs(browser: Browser, colorScheme: 'light' | 'dark'): Promise<Buffer> {
  const viewport = { width: 614, height: 740 };
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const first = await visit(context, world.pageOrigin);
  const second = await visit(context, world.pageOrigin);
  await second.isSignedOut();
  await signInByPopup(first.page);
  await second.says('signedIn · via: elsewhere');
  const windows = [
    { picture: await first.page.screenshot(), left: 0, top: 0 },
    { picture: await second.page.screenshot(), left: 626, top: 0 },
  ];
  await context.close();
  return arrangeWindows(browser, { ...viewport, width: 1240 }, windows);
}

async function inFirefox(): Promise<void> {
  const browser = await firefox.launch(await findFirefox());
  const context = await browser.newContext({ viewport: size });
  const { page } = await visit(context, world.pageOrigin);
  await signInByPopup(page);
  await page.screenshot({ path: file('firefox') });
  await browser.close();
}

async function signInByPopup(page: Page): Promise<void> {
  const opened = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Sign in by popup' }).click();
  await signInAtProvider(await opened);
  await page.getByText('The window has closed itself.').waitFor();
  await page.mouse.move(0, 0);
}

async function inWebKit(): Promise<void> {
  const found = await findWebKit();
  if (!found || !('driver' in found)) throw new Error('There is no WebKitGTK.');
  const display = await startDisplay();
  const session = await startWebDriver({
    driver: found.driver,
    display: display.name,
    capabilities: {
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary: found.browser, args: ['--automation'] },
    },
  });
  try {
    const tabs = webDriverTabs(session);
    const [page] = await tabs.all();
    if (!page) throw new Error('The browser has no window.');
    await page.goto(world.pageOrigin);
    await session.command('POST', '/window/rect', { ...size, x: 0, y: 0 });
    await page.waitFor("document.getElementById('sign-in')?.hidden === false");
    await page.click('#sign-in-popup');
    const opened = await eventually(
      async () => (await tabs.all()).find((tab) => tab !== page),
      'the window of the provider',
    );
    await opened?.fill('[name=username]', ada.username);
    await opened?.fill('[name=password]', ada.password);
    await opened?.click('[type=submit]');
    await opened?.waitFor("document.title.startsWith('Allow')");
    await opened?.click('[type=submit]');
    await page.waitFor("document.body.innerText.includes('The window has closed itself.')");
    // What is in the document need not have been painted.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
    const picture = await session.command<string>('GET', '/screenshot');
    await writeFile(file('webkit'), Buffer.from(picture, 'base64'));
  } finally {
    await session.close();
    await display.stop();
  }
}
