import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientSecret, createClient, createServiceTokens, isRelierError } from 'relier';
import { createCounters } from './counters.ts';
import type { Settings } from './settings.ts';
import { openSharedStore } from './shared-store.ts';

export interface Service {
  readonly url: string;
  close(): Promise<void>;
}

/** A service that answers with what it has asked an API for, on its own behalf. */
export async function startService(settings: Settings): Promise<Service> {
  const { apiUrl, clientId, issuer } = settings;
  const shared = settings.redis && (await openSharedStore(settings.redis));
  const counters = createCounters();
  const tokens = createServiceTokens({
    client: createClient({
      issuer,
      clientId,
      authentication: clientSecret(settings.clientSecret),
      // For the demo's provider on this machine; leave it out for yours.
      allowInsecureRequests: 'loopback',
    }),
    scope: 'reports:read',
    resource: apiUrl,
    resources: [{ url: apiUrl }],
    store: shared?.store,
    metrics: counters.count,
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(counters.text());
      return;
    }
    if (request.url !== '/') {
      response.writeHead(404).end();
      return;
    }
    try {
      const reports = await tokens.fetch(apiUrl);
      // Before our own head is written: the API may break off in the middle.
      const text = await reports.text();
      response.writeHead(reports.ok ? 200 : 502, { 'content-type': 'application/json' });
      response.end(text);
    } catch (error) {
      if (!isRelierError(error)) throw error;
      // No error of relier holds a token, so all of it may be logged.
      console.error(JSON.stringify(error));
      const headers = error.retryable ? { 'retry-after': '5' } : undefined;
      response.writeHead(error.retryable ? 503 : 500, headers).end();
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });
  server.listen(settings.port, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      tokens.close();
      shared?.close();
    },
  };
}
