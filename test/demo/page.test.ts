import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ada } from '../../examples/demo/provider/accounts.ts';
import { startWorld, type World } from '../../examples/demo/world.ts';
import { findChromium } from '../support/browsers.ts';
import { ensureBuilt } from './built-package.ts';

const launchOptions = await findChromium();

describe.runIf(launchOptions)('the page of the demo, in Chromium', { timeout: 30_000 }, () => {
  let world: World;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await ensureBuilt();
    world = await startWorld();
    browser = await chromium.launch(launchOptions);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  beforeEach(async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(world.pageOrigin);
    return () => context.close();
  });

  async function signIn(): Promise<void> {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('User name').fill(ada.username);
    await page.getByLabel('Password').fill(ada.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
  }

  function addressesInHistory(): Promise<string[]> {
    return page.evaluate('navigation.entries().map((entry) => entry.url)');
  }

  function stored(): Promise<string[]> {
    return page.evaluate('[...Object.entries(sessionStorage), ...Object.entries(localStorage)]');
  }

  it('signs in, shows who it is, calls the API, refreshes and signs out', async () => {
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await signIn();

    await page.getByText('ada@example.org').waitFor();
    await page.getByRole('button', { name: 'Call the API' }).click();
    await page.getByRole('status').getByText('Good day, ada.').waitFor();
    await page.getByRole('button', { name: 'Refresh the tokens' }).click();
    await page.getByText(/refresh token changed from (\w{4}) to (?!\1)\w{4}/).waitFor();
    await page.getByRole('button', { name: 'Call the API' }).click();
    await page.getByRole('status').getByText('Good day, ada.').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Do you want to sign out here as well?').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();

    // The provider has forgotten the person, too: it asks for the password again.
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Password').waitFor();
    expect(complaints).toEqual([]);
  });

  it('leaves neither the code in the history nor a token in the storage', async () => {
    await signIn();

    expect(page.url()).toBe(`${world.pageOrigin}/`);
    expect((await addressesInHistory()).filter((url) => /code=|state=/.test(url))).toEqual([]);
    expect(await stored()).toEqual([]);
  });

  it('remembers only the transaction while the person is at the provider', async () => {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('User name').waitFor();
    await page.goto(world.pageOrigin);

    const entries = await stored();
    expect(entries).toHaveLength(1);
    expect(entries[0]?.[0]).toMatch(/^sign-in:/);
  });

  it('keeps tokens in memory only, so a reload forgets them', async () => {
    await signIn();

    await page.reload();

    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect(await stored()).toEqual([]);
  });

  it('says so when the person cancels', async () => {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Cancel' }).click();

    const problem = page.getByRole('alert');
    await problem.getByText('That did not work').waitFor();
    expect(await problem.getByRole('code').textContent()).toContain('access_denied');
    expect(page.url()).toBe(`${world.pageOrigin}/`);
    expect(await stored()).toEqual([]);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('refuses a response that it did not ask for', async () => {
    await page.goto(`${world.pageOrigin}/callback?code=abc&state=${'forged'.padEnd(43, '-')}`);

    const problem = page.getByRole('alert');
    await problem.getByRole('code').getByText('transaction_not_found').waitFor();
    expect(page.url()).toBe(`${world.pageOrigin}/`);
  });
});
