import { createClient, type Trace } from 'relier';
import { type BrowserSession, createBrowserSession } from 'relier/browser';
import { authorization, callbackPath, clientOptions, type PageConfig } from './settings.ts';

/** The one session of this page, and of every other tab that shows it. */
export function createPageSession(config: PageConfig, trace: Trace): BrowserSession {
  const callback = `${location.origin}${callbackPath}`;
  return createBrowserSession({
    client: createClient({ ...clientOptions(config), trace }),
    redirectUri: callback,
    postLogoutRedirectUri: callback,
    authorization: authorization(config),
    resources: [{ url: config.apiUrl, resource: config.apiUrl }],
  });
}
