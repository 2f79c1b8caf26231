import { startApi } from './api.ts';
import * as clients from './clients.ts';
import { startProvider } from './provider/provider.ts';

/** What a page needs around it: somebody who signs people in, and something to call. */
export interface Services {
  readonly issuer: string;
  readonly apiUrl: string;
  close(): Promise<void>;
}

/** Starts provider and API, for a page at that origin; `apiUrl` is an API that runs elsewhere. */
export async function startServices(options: {
  pageOrigin?: string | undefined;
  apiUrl?: string | undefined;
}): Promise<Services> {
  const { pageOrigin } = options;
  const provider = await startProvider({
    // One site with the page, so that its hidden frame gets the provider's cookies.
    host: 'localhost',
    clients: [
      clients.backendService,
      clients.passwordApp,
      clients.nativeApp,
      clients.commandLine,
      ...(pageOrigin ? [clients.webPage(pageOrigin)] : []),
    ],
  });
  const { issuer } = provider;
  const api = options.apiUrl ? undefined : await startApi({ issuer, pageOrigin });

  return {
    issuer,
    apiUrl: options.apiUrl ?? api?.url ?? '',
    async close() {
      await Promise.all([provider.close(), api?.close()]);
    },
  };
}
