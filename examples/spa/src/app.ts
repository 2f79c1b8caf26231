import type { BrowserSession } from 'relier/browser';
import { showAccount } from './account.ts';
import { createActions } from './actions.ts';
import { createActivity } from './activity.ts';
import { createAttempt } from './attempt.ts';
import { element } from './elements.ts';
import { createPageSession } from './page-session.ts';
import { callbackPath, type PageConfig } from './settings.ts';

/** Brings the page to life, and finishes a sign-in if it was called with the answer to one. */
export async function startApp(): Promise<void> {
  const activity = createActivity(element('activity'));
  const attempt = createAttempt();

  await attempt({
    waiting: 'Looking who is signed in …',
    async run() {
      const config = await fetchConfig();
      const session = createPageSession(config, activity.trace);
      session.subscribe((event) => {
        activity.tell(event);
        showAccount(session);
      });
      for (const [id, action] of Object.entries(createActions(session, config))) {
        element(id).addEventListener('click', () => void attempt(action));
      }
      await arrive(session);
      return undefined;
    },
  });
}

/** Goes on after a redirect, or where the last visit of this page ended. */
async function arrive(session: BrowserSession): Promise<void> {
  let goesOnAt = location.href;
  try {
    if (location.pathname === callbackPath) {
      goesOnAt = '/';
      goesOnAt = (await session.handleRedirect())?.returnTo ?? goesOnAt;
    }
  } finally {
    history.replaceState(null, '', goesOnAt);
    await session.restore();
  }
}

async function fetchConfig(): Promise<PageConfig> {
  const response = await fetch('/config.json');
  return response.json();
}
