import okta from '@okta/okta-sdk-nodejs';
import { apiToken, createManagementClient } from '../../dist/management.js';
import { type Okta, startOkta } from '../../test/support/okta/okta.ts';
import { startRawServer } from '../../test/support/raw-server.ts';
import { table } from '../measure.ts';

// The first server of every org; by its alias the peer's cache would not know it again.
const id = 'aus00000000000000001';

/** The same thing by either client, at an org of its own each. */
interface Behaviour {
  readonly what: string;
  arrange?(org: Okta): unknown;
  relier(client: ReturnType<typeof relierAt>): Promise<unknown>;
  peer(client: ReturnType<typeof peerAt>): Promise<unknown>;
  /** What came of it; for both by default what they gave back. */
  outcome?(org: Okta, result: unknown): unknown;
}

const requests = (org: Okta) => `${org.requests.length} requests`;
const addScopes = (org: Okta) => {
  for (let count = 0; count < 500; count++) {
    org.atConsole('createOAuth2Scope', { authServerId: id }, { name: `scope:${count}` });
  }
};

const differences: readonly Behaviour[] = [
  {
    what: 'keys are rotated by an awaited call',
    relier: (client) => client.authorizationServers.keys.rotate(id),
    peer: async (client) =>
      client.authorizationServerApi.rotateAuthorizationServerKeys({
        authServerId: id,
        use: { use: 'sig' },
      }),
    outcome: requests,
  },
  {
    what: 'the second reading of an object asks again',
    async relier({ authorizationServers }) {
      await authorizationServers.get(id);
      await authorizationServers.get(id);
    },
    async peer({ authorizationServerApi }) {
      await authorizationServerApi.getAuthorizationServer({ authServerId: id });
      await authorizationServerApi.getAuthorizationServer({ authServerId: id });
    },
    outcome: requests,
  },
  {
    what: '506 scopes, one page of which is empty',
    arrange(org) {
      addScopes(org);
      org.faults.emptyMiddlePage = true;
    },
    relier: (client) => client.authorizationServers.scopes.list(id).toArray(),
    async peer({ authorizationServerApi }) {
      const found: unknown[] = [];
      const scopes = await authorizationServerApi.listOAuth2Scopes({ authServerId: id });
      await scopes.each((scope: unknown) => void found.push(scope));
      return found;
    },
    outcome: (_, found) => (Array.isArray(found) ? `${found.length} scopes` : found),
  },
  {
    what: 'the API token where the next page is at another origin',
    arrange(org) {
      addScopes(org);
      org.faults.nextAtOrigin = elsewhere.origin;
    },
    relier: (client) => client.authorizationServers.scopes.list(id).toArray(),
    async peer({ authorizationServerApi }) {
      const scopes = await authorizationServerApi.listOAuth2Scopes({ authServerId: id });
      await scopes.each(() => {});
    },
    outcome: () => (leaked.splice(0).length > 0 ? 'sent there' : 'kept'),
  },
  {
    what: '429 without a Date, reset in 1 to 2 s',
    arrange(org) {
      org.faults.noDate = true;
      org.happen('rateLimit', { resetAfterMs: 1_000 });
    },
    relier: timed((client: ReturnType<typeof relierAt>) => client.authorizationServers.get(id)),
    peer: timed((client: ReturnType<typeof peerAt>) =>
      client.authorizationServerApi.getAuthorizationServer({ authServerId: id }),
    ),
  },
  {
    what: 'a scope that is created as a default one',
    relier: async (client) =>
      (await client.authorizationServers.scopes.create(id, { name: 'a', default: true })).default,
    peer: async (client) => {
      const created = await client.authorizationServerApi.createOAuth2Scope({
        authServerId: id,
        oAuth2Scope: { name: 'a', default: true } as never,
      });
      return (created as unknown as { default?: boolean }).default;
    },
    outcome: (org) => {
      const scopes = [...(org.org.servers.values().next().value?.scopes.values() ?? [])];
      return scopes.at(-1)?.['default'] ? 'is one' : 'is none';
    },
  },
  {
    what: "deleting the server with the id '..'",
    relier: (client) => client.authorizationServers.delete('..'),
    peer: (client) =>
      client.authorizationServerApi.deleteAuthorizationServer({ authServerId: '..' }),
    outcome: ({ requests: [first] }) => (first ? `${first.method} ${first.target}` : 'not sent'),
  },
];

const leaked: string[] = [];
const elsewhere = await startRawServer();
elsewhere.answer(({ headers }, response) => {
  if (headers.authorization) leaked.push(headers.authorization);
  response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
});

/** What both do where the answers of a real org are hard, or a caller is careless. */
export async function behaviours(): Promise<string> {
  const rows = [['what happens', 'relier/management', '@okta/okta-sdk-nodejs']];
  for (const { arrange, outcome = (_, result) => result, peer, relier, what } of differences) {
    const outcomes: string[] = [];
    for (const run of [(org: Okta) => relier(relierAt(org)), (org: Okta) => peer(peerAt(org))]) {
      await using org = await startOkta();
      arrange?.(org);
      const result = await run(org).catch((error: Error) => error.name);
      outcomes.push(String(outcome(org, result)));
    }
    rows.push([what, ...outcomes]);
  }
  await elsewhere.close();
  return table(rows);
}

function relierAt({ apiToken: token, origin }: Okta) {
  return createManagementClient({ orgUrl: origin, auth: apiToken(token) });
}

function peerAt({ apiToken: token, origin }: Okta) {
  return new okta.Client({ orgUrl: origin, token, testing: { disableHttpsCheck: true } } as never);
}

function timed<Client>(run: (client: Client) => Promise<unknown>) {
  return async (client: Client) => {
    const start = performance.now();
    await run(client);
    return `waited ${((performance.now() - start) / 1_000).toFixed(1)} s`;
  };
}
