import type { BrowserSession } from 'relier/browser';
import { showAccount } from './account.ts';
import { createActions } from './actions.ts';
import { createActivity } from './activity.ts';
import { element } from './elements.ts';
import { newsFromElsewhere } from './elsewhere.ts';
import { fingerprint } from './fingerprint.ts';
import { createNotice } from './notice.ts';
import { createPageSession } from './page-session.ts';
import { createPayroll } from './payroll.ts';
import { callbackPath, type PageConfig } from './settings.ts';

/** Brings the page to life, and finishes a sign-in if it was called with the answer to one. */
export async function startApp(): Promise<void> {
  const activity = createActivity(element('activity'));
  const { announce, attempt } = createNotice();

  await attempt({
    waiting: 'Looking who is signed in …',
    async run() {
      const config = await fetchConfig();
      const session = createPageSession(config, activity.trace);
      session.subscribe((event) => {
        activity.tell(event);
        showAccount(session);
        const news = newsFromElsewhere(event);
        if (news.length > 0) announce(...news);
        if (event.type === 'signedIn' || event.type === 'refreshed') void showFingerprint(session);
      });
      const actions = { ...createActions(session, config), ...createPayroll(session, config) };
      for (const [id, action] of Object.entries(actions)) {
        element(id).addEventListener('click', () => void attempt(action));
      }
      await arrive(session);
      return undefined;
    },
  });
}

/** Goes on after a redirect, or where the last visit of this page ended. */
async function arrive(session: BrowserSession): Promise<void> {
  try {
    if (location.pathname === callbackPath) await goOn(session);
  } finally {
    await session.restore();
  }
}

/** Nobody who looks at the address or the history finds an answer of the provider there. */
async function goOn(session: BrowserSession): Promise<void> {
  let returnTo: string | undefined;
  try {
    returnTo = (await session.handleRedirect())?.returnTo;
  } finally {
    history.replaceState(null, '', returnTo ?? '/');
  }
}

/** Shows by what one token can be told from the next. */
async function showFingerprint(session: BrowserSession): Promise<void> {
  // A token that has expired is renewed here. If that fails, the session tells everybody.
  const token = await session.getAccessToken().catch(() => undefined);
  element('fingerprint').textContent = token ? await fingerprint(token) : 'none';
}

async function fetchConfig(): Promise<PageConfig> {
  const response = await fetch('/config.json');
  return response.json();
}
