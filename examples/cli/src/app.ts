import { type Client, createClient, createSession, type Session } from 'relier';
import { sessionStore } from './session-store.ts';
import type { Settings } from './settings.ts';

/** What every command works with. */
export interface App {
  readonly settings: Settings;
  readonly client: Client;
  readonly session: Session;
  /** Ends when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
}

export async function openApp(settings: Settings, signal: AbortSignal): Promise<App> {
  const { apiUrl, clientId, issuer } = settings;
  // The demo's provider is on this machine, without TLS; yours is not.
  const client = createClient({ issuer, clientId, allowInsecureRequests: 'loopback' });
  const session = createSession({
    client,
    store: await sessionStore(settings),
    resources: [{ url: apiUrl, resource: apiUrl }],
  });
  return { settings, client, session, signal };
}
