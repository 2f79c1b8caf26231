import type { RequestListener } from 'node:http';
import { endpointOf } from '../../examples/demo/provider/provider.ts';
import type { Attempt } from './page/test-page.ts';
import { apiHost } from './world/api-host.ts';
import { appHost } from './world/app-host.ts';
import { type Held, type HeldPart, heldRequests } from './world/held-requests.ts';
import { startHosts } from './world/hosts.ts';
import { api, app, appLookAlike, login, loginLookAlike, op, other } from './world/names.ts';
import { plainPages } from './world/plain-page.ts';
import { providerHost } from './world/provider-host.ts';
import type { Secret } from './world/secrets.ts';
import { defaultSettings, type WorldSettings } from './world/settings.ts';

export interface WorldRequest {
  readonly host: string;
  readonly method: string;
  /** First segment of the path, such as `token`; `discovery` for metadata. */
  readonly endpoint: string;
  readonly url: string;
  readonly status: number;
}

/** An application, its API, its providers and somebody hostile, each at a name of its own. */
export interface World {
  readonly proxyPort: number;
  /** Change at will; takes effect with the next request. */
  readonly settings: WorldSettings;
  /** Answered requests of all hosts, oldest first. */
  readonly requests: readonly WorldRequest[];
  /** How many requests an endpoint of a host has answered, preflights not counted. */
  count(endpoint: string, host?: string): number;
  /** How many have come, answered or not. */
  arrivals(endpoint: string, host?: string): number;
  /** Keeps back the next request for an endpoint, or the answer to it. */
  hold(part: HeldPart, endpoint: string, host?: string): Held;
  /** What the providers have sent and been sent that nobody else may have, oldest first. */
  readonly secrets: readonly Secret[];
  /** What pages of the application have tried and brought to its end, oldest first. */
  readonly reports: readonly Attempt[];
  /** For programs: reaches the same hosts. */
  readonly fetch: typeof globalThis.fetch;
  /** Default settings, no requests. */
  reset(): void;
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const settings = defaultSettings();
  const requests: WorldRequest[] = [];
  const reports: Attempt[] = [];
  const secrets: Secret[] = [];
  const arrived: { host: string; endpoint: string }[] = [];
  const held = heldRequests();
  const hosts = await startHosts(
    [app, api, op, login, other, appLookAlike, loginLookAlike].map((url) => new URL(url).host),
    (host) => settings.unreachable.includes(host),
  );

  function serve(origin: string, handler: RequestListener): void {
    const { host } = new URL(origin);
    hosts.serve(host, (request, response) => {
      const { method = '', url = '/' } = request;
      const endpoint = endpointOf(url);
      if (method !== 'OPTIONS') arrived.push({ host, endpoint });
      response.once('finish', () => {
        const status = response.statusCode;
        requests.push({ host, method, endpoint, url, status });
      });
      return held.handle(handler, { host, endpoint }, request, response);
    });
  }

  /** Besides the provider's own pages, `/rig` and `/frame` are pages of that origin. */
  async function serveProvider(issuer: string): Promise<void> {
    const provider = await providerHost(issuer, settings, hosts.fetch, (secret) =>
      secrets.push(secret),
    );
    serve(issuer, (request, response) => {
      for (const [name, value] of Object.entries(settings.providerHeaders)) {
        response.setHeader(name, value);
      }
      const isPlain = ['rig', 'frame'].includes(endpointOf(request.url));
      return (isPlain ? plainPages : provider)(request, response);
    });
  }

  serve(app, await appHost(settings, (attempt) => reports.push(attempt)));
  serve(api, apiHost([op, login], settings, hosts.fetch));
  await serveProvider(op);
  await serveProvider(login);
  for (const origin of [other, appLookAlike, loginLookAlike]) serve(origin, plainPages);

  return {
    proxyPort: hosts.proxyPort,
    settings,
    requests,
    reports,
    secrets,
    count: (endpoint, host = 'op.example') =>
      requests.filter((r) => r.host === host && r.endpoint === endpoint && r.method !== 'OPTIONS')
        .length,
    arrivals: (endpoint, host = 'op.example') =>
      arrived.filter((one) => one.host === host && one.endpoint === endpoint).length,
    hold: (part, endpoint, host = 'op.example') => held.hold(part, host, endpoint),
    fetch: hosts.fetch,
    reset() {
      Object.assign(settings, defaultSettings());
      held.releaseAll();
      arrived.length = 0;
      requests.length = 0;
      reports.length = 0;
      secrets.length = 0;
    },
    close: hosts.close,
  };
}
