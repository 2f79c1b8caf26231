/**
 * Starts a provider and both APIs on free ports of this machine, calls them in all the ways that go
 * well or wrong, and says so. `--once` ends after that, otherwise the APIs stay up.
 */
import { getRequestListener } from '@hono/node-server';
import {
  type Client,
  clientCredentialsGrant,
  clientSecretBasic,
  createClient,
  dpop,
  fetchResource,
  fetchResourceMetadata,
} from 'relier';
import { backendService } from '../../demo/clients.ts';
import { listen } from '../../demo/listen.ts';
import { startProvider } from '../../demo/provider/provider.ts';
import { honoApi } from '../src/hono-api.ts';
import { nodeApi } from '../src/node-api.ts';

const provider = await startProvider({
  clients: [backendService],
  apiScopes: ['reports:read', 'reports:write'],
  features: { dPoP: { enabled: true } },
});
const { issuer } = provider;
const servers = [await listen('127.0.0.1'), await listen('127.0.0.1')] as const;
const apis = servers.map(({ origin }, index) => ({
  name: index === 0 ? 'node:http' : 'Hono',
  settings: { issuer, url: `${origin}/reports` },
}));
const [onNode, onHono] = apis as [(typeof apis)[0], (typeof apis)[0]];
servers[0].serve(nodeApi(onNode.settings));
servers[1].serve(getRequestListener(honoApi(onHono.settings).fetch));

const service = (options = {}): Client =>
  createClient({
    issuer,
    clientId: backendService.client_id,
    authentication: clientSecretBasic(backendService.client_secret),
    allowInsecureRequests: 'loopback',
    ...options,
  });
const bearer = service();
const bound = service({ dpop: dpop() });

let unexpected = 0;
for (const { name, settings } of apis) {
  const { url } = settings;
  console.log(`\n${name}: ${url}\n`);
  const scope = 'reports:read';
  const mine = await clientCredentialsGrant(bearer, { scope, resource: url });
  const others = await clientCredentialsGrant(bearer, { scope, resource: 'https://other.example' });
  const proven = await clientCredentialsGrant(bound, { scope, resource: url });
  const stolen = { accessToken: proven.accessToken };

  const { authorization_servers: [trusted] = [] } = await fetchResourceMetadata(bearer, url, {
    allowedHosts: [new URL(url).host],
  });
  if (trusted !== issuer) unexpected += 1;

  await expectStatus(401, 'without a token', () => fetch(url));
  await expectStatus(200, 'with one', () => fetchResource(bearer, mine, url));
  await expectStatus(403, 'with one, to write', () =>
    fetchResource(bearer, mine, url, { method: 'POST' }),
  );
  await expectStatus(401, 'with one, where a person must have signed in lately', () =>
    fetchResource(bearer, mine, `${url}/payroll`),
  );
  await expectStatus(401, 'with one for another API', () => fetchResource(bearer, others, url));
  await expectStatus(200, 'with one that is bound to a key', () =>
    fetchResource(bound, proven, url),
  );
  await expectStatus(401, 'with that one, stolen', () => fetchResource(bearer, stolen, url));
  if (!process.argv.includes('--once')) {
    console.log(`\n  Your turn, for ten minutes:`);
    console.log(`  curl -i ${url} -H 'authorization: Bearer ${mine.accessToken}'`);
  }
}

if (process.argv.includes('--once')) {
  await Promise.all([provider.close(), ...servers.map(({ close }) => close())]);
  console.log(`\n${unexpected === 0 ? 'All as expected.' : `${unexpected} not as expected.`}`);
  process.exitCode = unexpected > 0 ? 1 : 0;
}

async function expectStatus(status: number, what: string, call: () => Promise<Response>) {
  const response = await call();
  const isExpected = response.status === status;
  if (!isExpected) unexpected += 1;
  console.log(`${isExpected ? '✓' : '✗'} ${response.status} ${what}`);
  const challenge = response.headers.get('www-authenticate');
  if (challenge) console.log(`      ${challenge}`);
  await response.body?.cancel();
}
