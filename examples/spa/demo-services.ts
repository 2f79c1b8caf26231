import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Plugin, PreviewServer, ViteDevServer } from 'vite';
import { webPage } from '../demo/clients.ts';
import { ada } from '../demo/provider/accounts.ts';
import { type Services, startServices } from '../demo/services.ts';
import { securityHeaders } from './security-headers.ts';
import type { PageConfig } from './src/settings.ts';

/**
 * Puts the demo's provider and API beside Vite's server, and serves what the page wants from its
 * server: `/config.json`, and the headers.
 */
export function demoServices(): Plugin {
  return { name: 'demo-services', configureServer: serve, configurePreviewServer: serve };
}

function serve(server: ViteDevServer | PreviewServer): void {
  const { httpServer, middlewares } = server;
  if (!httpServer) throw new Error('The example needs a server of its own.');
  const started = once(httpServer, 'listening').then(async () => {
    const { port } = httpServer.address() as AddressInfo;
    const pageOrigin = `http://localhost:${port}`;
    return { pageOrigin, services: await startServices({ pageOrigin }) };
  });
  httpServer.once('close', () => void started.then(({ services }) => services.close()));

  middlewares.use((request, response, next) => {
    started.then(({ pageOrigin, services }) => {
      const { pathname } = new URL(request.url ?? '/', pageOrigin);
      const config = configOf(services, pageOrigin);
      response.setHeaders(new Headers(securityHeaders(config, pathname)));
      if (pathname !== '/config.json') return next();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(config));
    }, next);
  });

  server.printUrls = () => {
    void started.then(({ pageOrigin }) => {
      console.log(`  Open ${pageOrigin}`);
      console.log(`  Sign in as ${ada.username}, password “${ada.password}”.\n`);
    });
  };
}

function configOf({ apiUrl, issuer }: Services, pageOrigin: string): PageConfig {
  return { issuer, clientId: webPage(pageOrigin).client_id, apiUrl };
}
