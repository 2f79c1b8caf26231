import type { BrowserContext, Page } from 'playwright-core';
import { type Account, ada } from '../../examples/demo/provider/accounts.ts';

/** What a person does at the example page, and sees. */
export interface Visit {
  readonly page: Page;
  /** Console errors and uncaught errors of all windows. */
  readonly complaints: readonly string[];
  press(button: string): Promise<void>;
  /** The same, for a button that opens a window. */
  pressForWindow(button: string): Promise<Page>;
  signInByRedirect(): Promise<void>;
  isSignedIn(): Promise<void>;
  isSignedOut(): Promise<void>;
  /** What the page says that came of the last button. */
  says(text: string | RegExp): Promise<void>;
  /** What the page says that went wrong: a plain sentence, and the code for programs. */
  complains(sentence: string, code: string): Promise<void>;
}

/** Opens the page in a browser of somebody who has never been there. */
export async function visit(context: BrowserContext, address: string): Promise<Visit> {
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const page = await context.newPage();
  await page.goto(address);

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const isSignedIn = () => page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor();
  return {
    ...{ page, complaints, press, isSignedIn },
    async pressForWindow(button) {
      const opened = page.waitForEvent('popup');
      await press(button);
      return opened;
    },
    async signInByRedirect() {
      await press('Sign in by redirect');
      await signInAtProvider(page);
      await isSignedIn();
    },
    isSignedOut: () => page.getByRole('heading', { name: 'Sign in, three ways' }).waitFor(),
    says: (text) => page.getByRole('status').getByText(text).waitFor(),
    async complains(sentence, code) {
      const problem = page.getByRole('alert');
      await problem.getByText(sentence).waitFor();
      await problem.getByRole('code').getByText(code, { exact: true }).waitFor();
    },
  };
}

/** Fills in the provider's pages, in whichever window they are. */
export async function signInAtProvider(window: Page, account: Account = ada): Promise<void> {
  await typePassword(window, account);
  await window.getByRole('button', { name: 'Allow' }).click();
}

export async function typePassword(window: Page, account: Account = ada): Promise<void> {
  await window.getByLabel('User name').fill(account.username);
  await window.getByLabel('Password').fill(account.password);
  await window.getByRole('button', { name: 'Sign in' }).click();
}
