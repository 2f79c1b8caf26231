import { createClient, dpop, frontChannel, par } from 'relier';
import { createBrowserSession, indexedDbStore, silent, storedKeyPair } from 'relier/browser';
import { forbid } from './forbid.ts';
import { pageClock } from './page-clock.ts';
import type { PageConfig } from './page-config.ts';
import { pausedStore } from './paused-store.ts';

/** The session that the world wants this page to have. */
export async function pageSession() {
  const response = await fetch('/config.json');
  const config = (await response.json()) as PageConfig;
  const { issuer, clientId, capabilities, makesKey } = config;
  forbid(config.forbidden ?? []);
  const clock = pageClock(config.clockAheadMs ?? 0);
  const store = pausedStore(indexedDbStore());
  const client = createClient({
    issuer,
    clientId,
    clock,
    ...(config.timeoutMs !== undefined && { timeoutMs: config.timeoutMs }),
    ...(capabilities.includes('dpop') && {
      dpop: dpop(makesKey ? {} : { keyPair: storedKeyPair() }),
    }),
    ...(capabilities.includes('frontChannel') && { frontChannel: frontChannel() }),
    ...(capabilities.includes('par') && { pushedAuthorization: par() }),
  });
  const session = createBrowserSession({
    client,
    store,
    redirectUri: config.redirectUri,
    postLogoutRedirectUri: config.postLogoutRedirectUri,
    authorization: { scope: config.scope, ...(config.asksForApi && { resource: config.apiUrl }) },
    resources: [{ url: config.apiUrl }],
    ...(config.renew && { renew: silent() }),
    ...(config.name !== undefined && { name: config.name }),
  });
  return { client, clock, config, session, store };
}
