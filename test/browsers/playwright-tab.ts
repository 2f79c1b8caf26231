import type { BrowserContext, Page } from 'playwright-core';
import type { EngineName, Tab } from './engine.ts';
import { eventually, patienceMs } from './eventually.ts';
import { fromJson, toJsonExpression } from './in-page.ts';

/** The windows of a Playwright context, the same object for the same window. */
export function playwrightTabs(name: EngineName, context: BrowserContext) {
  const known = new WeakMap<Page, Promise<Tab>>();

  function tabOf(page: Page): Promise<Tab> {
    const tab = known.get(page) ?? createTab(page);
    known.set(page, tab);
    return tab;
  }

  async function createTab(page: Page): Promise<Tab> {
    page.setDefaultTimeout(patienceMs);
    const evaluateJson = name === 'chromium' ? await inspector(context, page) : gesturing(page);

    async function evaluate<T>(expression: string): Promise<T> {
      return fromJson<T>(await evaluateJson(toJsonExpression(expression)), expression);
    }

    return {
      goto: async (url) => void (await page.goto(url)),
      reload: async () => void (await page.reload()),
      back: () => evaluate('void setTimeout(() => history.back())'),
      url: async () => page.url(),
      async click(selector) {
        const click = name === 'firefox' ? clickInMiddle(page, selector) : page.click(selector);
        // A click may close the window before it has been reported.
        await click.catch((error) => {
          if (!page.isClosed()) throw error;
        });
      },
      fill: (selector, text) => page.fill(selector, text),
      evaluate,
      waitFor<T>(expression: string, { timeoutMs }: { timeoutMs?: number } = {}) {
        return eventually(() => evaluate<T>(expression), expression, timeoutMs);
      },
      async focus() {
        // Without a screen, Chromium leaves the focus where it was.
        if (name === 'chromium') await evaluate("window.dispatchEvent(new Event('focus'))");
      },
      isClosed: async () => page.isClosed(),
      async waitForClose() {
        if (!page.isClosed()) await page.waitForEvent('close');
      },
      close: () => page.close(),
    };
  }

  context.on('page', (page) => void tabOf(page).catch(() => undefined));
  return tabOf;
}

/** Past Playwright, whose `evaluate` counts as a gesture: a popup blocker would never block. */
async function inspector(context: BrowserContext, page: Page) {
  const session = await context.newCDPSession(page);
  return async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value;
  };
}

/**
 * After the back button Playwright waits in vain for a page of Firefox that has long been there, and
 * clicks nothing until then. The mouse does not wait.
 */
async function clickInMiddle(page: Page, selector: string): Promise<void> {
  const middle = `(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    element.scrollIntoView({ block: 'nearest' });
    const { height, width, x, y } = element.getBoundingClientRect();
    return width && { x: x + width / 2, y: y + height / 2 };
  })()`;
  const find = () => page.evaluate<{ x: number; y: number }>(middle);
  const { x, y } = await eventually(find, selector);
  await page.mouse.click(x, y);
}

function gesturing(page: Page) {
  return (expression: string): Promise<unknown> => page.evaluate(expression);
}
