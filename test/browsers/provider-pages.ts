import { type Account, ada } from '../../examples/demo/provider/accounts.ts';
import type { Tab } from './engine.ts';

export { ada, grace } from '../../examples/demo/provider/accounts.ts';

/** At the provider's sign-in page: signs in, and allows what the application asks for. */
export async function signInAtProvider(tab: Tab, account: Account = ada): Promise<void> {
  await typePassword(tab, account);
  await allow(tab);
}

export async function typePassword(tab: Tab, account: Account = ada): Promise<void> {
  await tab.fill('input[name=username]', account.username);
  await tab.fill('input[name=password]', account.password);
  await tab.click('button[type=submit]');
}

/** At the consent page. */
export async function allow(tab: Tab): Promise<void> {
  await tab.waitFor("document.querySelector('h1')?.textContent === 'Allow access'");
  await tab.click('button[type=submit]');
}

/** At the sign-in or the consent page: the person says no. */
export async function cancel(tab: Tab): Promise<void> {
  await tab.click('a[href="?cancel"]');
}

/** At the page that asks whether to sign out at the provider as well. */
export async function confirmSignOut(tab: Tab): Promise<void> {
  await tab.click('button[name=logout]');
}
