import type { Tab } from './engine.ts';
import { eventually, patienceMs } from './eventually.ts';
import { fromJson, toJsonExpression } from './in-page.ts';
import type { WebDriverCommand, WebDriverSession } from './webdriver.ts';

const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

/** The windows of a WebDriver session, the same object for the same window. */
export function webDriverTabs(session: WebDriverSession) {
  const known = new Map<string, Tab>();
  let current: string | undefined;

  /** Switching gives the window the focus, so it is done only where it must. */
  async function select(run: WebDriverCommand, handle: string): Promise<void> {
    if (current === handle) return;
    current = undefined;
    await run('POST', '/window', { handle });
    current = handle;
  }

  function tabOf(handle: string): Tab {
    const tab = known.get(handle) ?? createTab(handle);
    known.set(handle, tab);
    return tab;
  }

  async function handles(): Promise<string[]> {
    return session.command<string[]>('GET', '/window/handles');
  }

  function createTab(handle: string): Tab {
    function command<T>(...[method, path, body]: Parameters<WebDriverCommand>): Promise<T> {
      return session.exclusively(async (run) => {
        await select(run, handle);
        return run<T>(method, path, body);
      });
    }

    async function find(selector: string): Promise<string> {
      const using = { using: 'css selector', value: selector };
      const element = await eventually(
        () => command<Record<string, string>>('POST', '/element', using),
        selector,
      );
      return `/element/${element[elementKey]}`;
    }

    async function isClosed(): Promise<boolean> {
      return !(await handles()).includes(handle);
    }

    /** A click may close the window before it has been reported. */
    async function unlessClosed(act: Promise<unknown>): Promise<void> {
      await act.catch(async (error) => {
        if (!(await isClosed())) throw error;
      });
    }

    async function evaluate<T>(expression: string, timeoutMs = patienceMs): Promise<T> {
      const script = `const done = arguments[arguments.length - 1];
        ${toJsonExpression(expression)}.then(done);`;
      const json = await session.exclusively(async (run) => {
        await select(run, handle);
        await run('POST', '/timeouts', { script: timeoutMs });
        // A page that goes to the bfcache with a script in it neither ends the script nor times it out.
        return run('POST', '/execute/async', { script, args: [] }, timeoutMs + 1_000);
      });
      return fromJson<T>(json, expression);
    }

    return {
      goto: (url) => command('POST', '/url', { url }),
      reload: () => command('POST', '/refresh'),
      back: () => evaluate('void setTimeout(() => history.back())'),
      url: () => command('GET', '/url'),
      async click(selector) {
        const element = await find(selector);
        await unlessClosed(command('POST', `${element}/click`));
      },
      async fill(selector, text) {
        const element = await find(selector);
        await command('POST', `${element}/clear`);
        await command('POST', `${element}/value`, { text });
      },
      evaluate,
      waitFor<T>(expression: string, { timeoutMs }: { timeoutMs?: number } = {}) {
        // The driver does not notice that the page which it asked is gone.
        return eventually(() => evaluate<T>(expression, 1_000), expression, timeoutMs);
      },
      focus: async () => undefined,
      isClosed,
      async waitForClose() {
        await eventually(isClosed, 'the window to close');
      },
      async close() {
        await command('DELETE', '/window');
        current = undefined;
      },
    };
  }

  return {
    all: async () => (await handles()).map(tabOf),
    /** Of type `window`: a `tab` would be hidden and could not open windows. */
    create: async () =>
      tabOf(
        (await session.command<{ handle: string }>('POST', '/window/new', { type: 'window' }))
          .handle,
      ),
  };
}
