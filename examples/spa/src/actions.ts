import { type BrowserSession, popup, redirect, silent } from 'relier/browser';
import { callApi } from './call-api.ts';
import { fingerprint } from './fingerprint.ts';
import type { Action } from './notice.ts';
import type { PageConfig } from './settings.ts';

/** The buttons of the page, by their ids. */
export function createActions(session: BrowserSession, config: PageConfig) {
  const name = () => session.current().claims?.['name'] ?? session.current().claims?.sub;
  const returnTo = () => location.pathname + location.search + location.hash;
  const ownFingerprint = async () => fingerprint(await session.getAccessToken());

  return {
    'sign-in-redirect': {
      waiting: 'On the way to the provider …',
      async run(signal) {
        await session.signIn({ via: redirect(), returnTo: returnTo(), signal });
        return undefined;
      },
    },
    'sign-in-popup': {
      waiting: 'The provider has a window of its own. Sign in there.',
      async run(signal) {
        await session.signIn({ via: popup(), signal });
        return `Signed in as ${name()}. The window has closed itself.`;
      },
    },
    'sign-in-silent': {
      waiting: 'Asking the provider …',
      async run(signal) {
        await session.signIn({ via: silent(), signal });
        return `Signed in as ${name()}, without a question.`;
      },
    },
    'call-api': {
      waiting: 'Asking the API …',
      run: (signal) => callApi(session, config.apiUrl, signal),
    },
    refresh: {
      waiting: 'Asking for new tokens …',
      async run(signal) {
        const before = await ownFingerprint();
        await session.getAccessToken({ force: true, signal });
        return `The access token changed from ${before} to ${await ownFingerprint()}.`;
      },
    },
    'sign-out-here': {
      waiting: 'Signing out …',
      async run() {
        await session.signOut();
        return 'Signed out here. The provider still knows you.';
      },
    },
    'sign-out-redirect': {
      waiting: 'On the way to the provider …',
      async run(signal) {
        await session.signOut({ via: redirect(), signal });
        return undefined;
      },
    },
    'sign-out-popup': {
      waiting: 'The provider has a window of its own. Sign out there.',
      async run(signal) {
        await session.signOut({ via: popup(), signal });
        return 'Signed out here, and the provider’s window is closed.';
      },
    },
  } satisfies Record<string, Action>;
}
