import { startApi } from './api.ts';
import * as clients from './clients.ts';
import { listen } from './listen.ts';
import { pageServer } from './page-server.ts';
import { startProvider } from './provider/provider.ts';

/** The servers of the demo, and where they are. */
export interface World {
  readonly issuer: string;
  readonly apiUrl: string;
  readonly pageOrigin: string;
  close(): Promise<void>;
}

/** Starts provider, API and page; with `apiUrl`, an API that runs elsewhere is used. */
export async function startWorld(options: { apiUrl?: string } = {}): Promise<World> {
  const page = await listen('localhost');
  const registration = clients.webPage(page.origin);
  const provider = await startProvider({
    clients: [clients.backendService, clients.passwordApp, clients.nativeApp, registration],
  });
  const { issuer } = provider;
  const api = options.apiUrl ? undefined : await startApi({ issuer, pageOrigin: page.origin });
  const apiUrl = options.apiUrl ?? api?.url ?? '';
  page.serve(
    await pageServer({
      issuer,
      clientId: registration.client_id,
      apiUrl,
      redirectUri: `${page.origin}/callback`,
      postLogoutRedirectUri: `${page.origin}/`,
    }),
  );

  return {
    issuer,
    apiUrl,
    pageOrigin: page.origin,
    async close() {
      await Promise.all([page.close(), provider.close(), api?.close()]);
    },
  };
}
