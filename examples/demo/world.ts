import * as clients from './clients.ts';
import { listen } from './listen.ts';
import { pageServer } from './page-server.ts';
import { type Services, startServices } from './services.ts';

/** The servers of the demo, and where they are. */
export interface World extends Services {
  readonly pageOrigin: string;
}

/** Starts provider, API and page; with `apiUrl`, an API that runs elsewhere is used. */
export async function startWorld(options: { apiUrl?: string } = {}): Promise<World> {
  const page = await listen('localhost');
  const services = await startServices({ ...options, pageOrigin: page.origin });
  const { apiUrl, issuer } = services;
  const { client_id: clientId } = clients.webPage(page.origin);
  page.serve(await pageServer({ issuer, clientId, apiUrl }));

  return {
    ...{ issuer, apiUrl, pageOrigin: page.origin },
    async close() {
      await Promise.all([page.close(), services.close()]);
    },
  };
}
