import { createHash, randomBytes } from 'node:crypto';
import { timestamp } from './answers.ts';
import { createServer } from './authorization-servers.ts';
import { serverOf } from './find-server.ts';
import { place } from './ordered.ts';
import type { App, Json, Org, Policy } from './types.ts';

export interface AppOptions {
  readonly clientId?: string;
  readonly tokenEndpointAuthMethod?: string;
  readonly requestObjectSigningAlg?: string;
  readonly grantedScopes?: readonly string[];
  readonly dpopBoundAccessTokens?: boolean;
  /** Public keys that it has from the beginning. */
  readonly keys?: readonly object[];
}

/** A new org has a default server with a policy and a rule that lets everybody in. */
export function createOrg(now: () => number): Org {
  let last = 0;
  const secret = randomBytes(16).toString('hex');
  const org: Org = {
    origin: '',
    now,
    id: (prefix) => `${prefix}${String(++last).padStart(17, '0')}`,
    servers: new Map(),
    apps: new Map(),
    apiTokens: new Set(),
    accessTokens: new Map(),
    spentIds: new Set(),
    dpopNonces() {
      // A new one each day, and each is good for three.
      const today = Math.floor(now() / 86_400_000);
      return [0, 1, 2].map((age) =>
        createHash('sha256')
          .update(`${secret} ${today - age}`)
          .digest('base64url'),
      );
    },
    faults: {},
    violate() {},
  };
  const server = createServer(
    { org },
    { name: 'default', audiences: ['api://default'], description: 'Default', default: true },
  );
  server.policies = place(server.policies, defaultPolicy(org), 1);
  return org;
}

function defaultPolicy(org: Org): Policy {
  const times = { created: timestamp({ org }), lastUpdated: timestamp({ org }) };
  return {
    data: {
      id: org.id('00p'),
      name: 'Default Policy',
      description: 'Default policy description',
      status: 'ACTIVE',
      system: false,
      ...times,
    },
    rules: [
      {
        id: org.id('0pr'),
        type: 'RESOURCE_ACCESS',
        name: 'Default Policy Rule',
        status: 'ACTIVE',
        system: true,
        conditions: {
          people: { users: { exclude: [] }, groups: { include: ['EVERYONE'] } },
          grantTypes: { include: ['authorization_code', 'client_credentials'] },
          scopes: { include: ['*'] },
        },
        ...times,
      },
    ],
  };
}

export function addApp(org: Org, options: AppOptions = {}): App {
  const id = org.id('0oa');
  const app: App = {
    id,
    clientId: options.clientId ?? id,
    tokenEndpointAuthMethod: options.tokenEndpointAuthMethod ?? 'client_secret_basic',
    ...(options.requestObjectSigningAlg && {
      requestObjectSigningAlg: options.requestObjectSigningAlg,
    }),
    grantedScopes: options.grantedScopes ?? [],
    dpopBoundAccessTokens: options.dpopBoundAccessTokens ?? false,
    secrets: new Map(),
    keys: new Map(),
  };
  for (const jwk of options.keys ?? []) {
    const keyId = org.id('pks');
    const times = { created: timestamp({ org }), lastUpdated: timestamp({ org }) };
    app.keys.set(keyId, { use: 'sig', status: 'ACTIVE', ...jwk, id: keyId, ...times });
  }
  org.apps.set(id, app);
  return app;
}

export function addRefreshTokens(
  org: Org,
  serverId: string,
  clientId: string,
  count = 1,
): string[] {
  const { clients } = serverOf(org, serverId);
  const client = clients.get(clientId) ?? {
    data: { client_id: clientId, client_name: 'My Web App', client_uri: null, logo_uri: null },
    tokens: new Map<string, Json>(),
  };
  clients.set(clientId, client);
  return Array.from({ length: count }, () => {
    const id = org.id('oar');
    client.tokens.set(id, {
      id,
      status: 'ACTIVE',
      created: timestamp({ org }),
      lastUpdated: timestamp({ org }),
      expiresAt: timestamp({ org }, 7),
      clientId,
      userId: '00u00000000000000001',
      scopes: ['offline_access', 'openid'],
    });
    return id;
  });
}
