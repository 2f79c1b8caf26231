import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, test as base, beforeAll, describe, expect } from 'vitest';
import { grace } from '../../examples/demo/provider/accounts.ts';
import { startWorld, type World } from '../../examples/demo/world.ts';
import { ensureBuilt } from '../demo/built-package.ts';
import { signInAtProvider, typePassword, type Visit, visit } from '../demo/page-visit.ts';
import { findChromium } from '../support/browsers.ts';

const isChosen = (process.env['ENGINES'] ?? 'chromium').split(',').includes('chromium');
const launchOptions = isChosen ? await findChromium() : undefined;

let world: World;
let browser: Browser;

/** Everybody has a browser of their own, so the tests run side by side. */
const it = base.extend<{ ada: Visit }>({
  ada: async ({ task: _ }, use) => {
    const context = await browser.newContext();
    const ada = await visit(context, `${world.pageOrigin}/`);
    await ada.isSignedOut();
    await use(ada);
    await context.close();
  },
});

describe
  .runIf(launchOptions)
  .concurrent('the example page, in Chromium', { timeout: 30_000 }, () => {
    beforeAll(async () => {
      await ensureBuilt();
      world = await startWorld();
      browser = await chromium.launch(launchOptions);
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      await world?.close();
    });

    describe('signs in', () => {
      it('by redirect, and goes on where the person was', async ({ ada }) => {
        await ada.page.goto(`${world.pageOrigin}/?report=7#top`);
        await ada.signInByRedirect();

        expect(ada.page.url()).toBe(`${world.pageOrigin}/?report=7#top`);
        await ada.page.getByText('reports:read', { exact: true }).waitFor();
        await ada.page.getByRole('definition').getByText('ada@example.org').waitFor();
        expect(await ada.page.locator('#lifetime').textContent()).toMatch(
          /^(10 min 00|9 min \d\d) s$/,
        );
        expect(ada.complaints).toEqual([]);
      });

      it('by popup, which closes itself while the page stays', async ({ ada }) => {
        await ada.page.evaluate("document.body.dataset.sameDocument = 'yes'");
        const window = await ada.pressForWindow('Sign in by popup');
        await ada.says('The provider has a window of its own. Sign in there.');
        const closed = window.waitForEvent('close');
        await signInAtProvider(window);

        await closed;
        await ada.says('Signed in as Ada Lovelace. The window has closed itself.');
        expect(await ada.page.locator('body').getAttribute('data-same-document')).toBe('yes');
        expect(await ada.page.locator(':focus').textContent()).toBe('Hello, Ada Lovelace');
        expect(ada.complaints).toEqual([]);
      });

      it('silently where the provider knows the person, and leaves no frame behind', async ({
        ada,
      }) => {
        await ada.signInByRedirect();
        await ada.press('Sign out here');
        await ada.isSignedOut();

        await ada.press('Sign in silently');

        await ada.says('Signed in as Ada Lovelace, without a question.');
        expect(await ada.page.locator('iframe').count()).toBe(0);
        expect(ada.complaints).toEqual([]);
      });

      it('not silently where it does not', async ({ ada }) => {
        await ada.press('Sign in silently');

        const sentence = 'You are not signed in at the provider. Sign in another way.';
        await ada.complains(sentence, 'interaction_required · login_required');
        expect(ada.complaints).toEqual([]);
      });
    });

    it('calls the API, refreshes, and tells what relier did', async ({ ada }) => {
      await ada.signInByRedirect();

      await ada.press('Call the API');
      await ada.says('Good day, ada. Three reports are waiting.');
      await ada.press('Refresh');
      await ada.says(/^The access token changed from (\w{4}) to (?!\1)\w{4}\.$/);
      await ada.press('Call the API');
      await ada.says('Good day, ada. Three reports are waiting.');

      const told = await ada.page.locator('#activity').textContent();
      expect(told).toMatch(/authorization response .*state/s);
      expect(told).toMatch(/id token .*nonce.*signature/s);
      expect(told).toMatch(/Signed in.*GET \/reports.*POST \/token.*Tokens refreshed/s);
      expect(ada.complaints).toEqual([]);
    });

    describe('keeps the session', () => {
      it('over a reload', async ({ ada }) => {
        await ada.signInByRedirect();

        await ada.page.reload();

        await ada.isSignedIn();
        await ada.press('Call the API');
        await ada.says('Good day, ada. Three reports are waiting.');
      });

      it('in all tabs, until one of them signs out, and says where the news came from', async ({
        ada,
      }) => {
        const second = await visit(ada.page.context(), `${world.pageOrigin}/`);
        await second.isSignedOut();
        await ada.signInByRedirect();

        await second.isSignedIn();
        await second.says('Another tab has signed you in. This one follows.');
        await second.says('signedIn · via: elsewhere');
        await second.press('Call the API');
        await second.says('Good day, ada. Three reports are waiting.');
        await second.press('Sign out here');

        await ada.isSignedOut();
        await ada.says('signedOut · reason: elsewhere');
        expect(await ada.page.locator('#activity').textContent()).toMatch(
          /Signed in via: establish.*Signed out in another tab reason: elsewhere$/,
        );
      });

      it('while the provider cannot be reached', async ({ ada }) => {
        await ada.signInByRedirect();

        await ada.page.context().setOffline(true);
        await ada.press('Refresh');
        await ada.complains('The provider cannot be reached.', 'network_error');
        await ada.page.context().setOffline(false);

        await ada.isSignedIn();
        await ada.press('Call the API');
        await ada.says('Good day, ada. Three reports are waiting.');
      });
    });

    describe('shows a report that wants a stronger sign-in', () => {
      /** Ada has asked for it, and the provider asks her now. */
      async function windowThatAsks(ada: Visit): Promise<Page> {
        await ada.signInByRedirect();
        await ada.press('Open the report');
        await ada.page.getByText('It has refused, and wants acr_values phrmax_age 300').waitFor();
        const window = await ada.pressForWindow('Confirm that it is you');
        await window.getByRole('heading', { name: 'Confirm that it is you' }).waitFor();
        return window;
      }

      it('when the person has confirmed in a window', async ({ ada }) => {
        const window = await windowThatAsks(ada);
        const closed = window.waitForEvent('close');
        await typePassword(window);

        await closed;
        await ada.says('Payroll of November: 12 people, £ 48,200.');
        await ada.page.getByRole('definition').getByText('phr', { exact: true }).waitFor();
        expect(await ada.page.locator(':focus').textContent()).toBe('Open the report');
        expect(await ada.page.getByText('It has refused').isVisible()).toBe(false);
        // Chromium tells of every 401.
        expect(ada.complaints).toEqual([expect.stringContaining('401')]);
      });

      it('but not when somebody else has', async ({ ada }) => {
        await signInAtProvider(await windowThatAsks(ada), grace);

        const sentence = 'That was somebody else. Here, you are who you were.';
        await ada.complains(sentence, 'invalid_id_token · id_token.step_up_sub');
        await ada.isSignedIn();
        await ada.press('Call the API');
        await ada.says('Good day, ada. Three reports are waiting.');
      });
    });

    describe('signs out', () => {
      async function expectUnknownAtProvider(ada: Visit): Promise<void> {
        await ada.press('Sign in by redirect');
        await ada.page.getByLabel('Password').waitFor();
        expect(ada.complaints).toEqual([]);
      }

      it('here, and not at the provider', async ({ ada }) => {
        await ada.signInByRedirect();
        await ada.press('Sign out here');

        await ada.isSignedOut();
        await ada.says('Signed out here. The provider still knows you.');
        expect(await ada.page.locator(':focus').textContent()).toBe('Sign in, three ways');
        await ada.page.reload();
        await ada.isSignedOut();
        await ada.press('Sign in by redirect');
        await ada.isSignedIn();
      });

      it('at the provider by redirect', async ({ ada }) => {
        await ada.signInByRedirect();
        await ada.press('Sign out by redirect');
        await ada.page.getByRole('button', { name: 'Sign out' }).click();

        await ada.isSignedOut();
        expect(ada.page.url()).toBe(`${world.pageOrigin}/`);
        await expectUnknownAtProvider(ada);
      });

      it('at the provider by popup', async ({ ada }) => {
        await ada.signInByRedirect();
        const window = await ada.pressForWindow('Sign out by popup');
        const closed = window.waitForEvent('close');
        await window.getByRole('button', { name: 'Sign out' }).click();

        await closed;
        await ada.says('Signed out here, and the provider’s window is closed.');
        await ada.isSignedOut();
        await expectUnknownAtProvider(ada);
      });
    });

    describe('leaves behind', () => {
      it('no code in the address or the history, and nothing where any script could read it', async ({
        ada,
      }) => {
        await ada.signInByRedirect();

        expect(ada.page.url()).toBe(`${world.pageOrigin}/`);
        const addresses = await ada.page.evaluate<string[]>(
          'navigation.entries().map((entry) => entry.url)',
        );
        expect(addresses.filter((url) => /[?&#](?:code|state)=/.test(url))).toEqual([]);
        const stored = await ada.page.evaluate(
          '[...Object.entries(sessionStorage), ...Object.entries(localStorage)]',
        );
        expect(stored).toEqual([]);
      });

      it('no window when the person gives up', async ({ ada }) => {
        const window = await ada.pressForWindow('Sign in by popup');
        const closed = window.waitForEvent('close');

        await ada.press('Give up');

        await closed;
        await ada.complains('You gave up.', 'aborted');
        await ada.press('Close');
        expect(await ada.page.getByRole('alert').textContent()).toBe('');
      });
    });

    it('says so when the person says no at the provider', async ({ ada }) => {
      await ada.press('Sign in by redirect');
      await ada.page.getByRole('link', { name: 'Cancel' }).click();

      const sentence = 'You said no at the provider. Nothing has changed here.';
      await ada.complains(sentence, 'oauth_error · access_denied');
      expect(ada.page.url()).toBe(`${world.pageOrigin}/`);
      await ada.isSignedOut();
      expect(ada.complaints).toEqual([]);
    });

    it('refuses a response that it did not ask for', async ({ ada }) => {
      await ada.page.goto(
        `${world.pageOrigin}/callback?code=abc&state=${'forged'.padEnd(43, '-')}`,
      );

      const sentence = 'This is the answer to a sign-in that was not started here.';
      await ada.complains(sentence, 'transaction_not_found');
      expect(ada.page.url()).toBe(`${world.pageOrigin}/`);
      await ada.isSignedOut();
    });

    it('lets itself be framed by no page, its callback only by itself', async () => {
      const policyOf = async (path: string) =>
        (await fetch(`${world.pageOrigin}${path}`)).headers.get('content-security-policy');

      expect(await policyOf('/')).toContain("frame-ancestors 'none'");
      expect(await policyOf('/callback')).toContain("frame-ancestors 'self'");
    });
  });
