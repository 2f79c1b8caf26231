import { created, lifecycleLink, link, noContent, ok, times, timestamp } from './answers.ts';
import { systemClaims } from './claims.ts';
import { validationFailed } from './errors.ts';
import { byId, collection, findServer, serverPath } from './find-server.ts';
import { page } from './paging.ts';
import { systemScopes } from './scopes.ts';
import { anything, flag, ignored, list, object, oneOf, readBody, text } from './shapes.ts';
import { createKeys } from './signing-keys.ts';
import type { AuthorizationServer, Call, Json, Operation } from './types.ts';

const one = `${collection}/{authServerId}`;

const encryptionKey = object({
  kid: text(),
  kty: oneOf('RSA'),
  use: oneOf('enc'),
  status: oneOf('ACTIVE', 'INACTIVE'),
  e: text(),
  n: text(),
  id: ignored,
});

const shape = object(
  {
    name: text({ min: 1 }),
    description: text(),
    audiences: list(text({ min: 1 })),
    issuerMode: oneOf('ORG_URL', 'CUSTOM_URL', 'DYNAMIC'),
    credentials: object({
      signing: object({
        rotationMode: oneOf('AUTO', 'MANUAL'),
        use: oneOf('sig'),
        kid: ignored,
        lastRotated: ignored,
        nextRotation: ignored,
      }),
    }),
    accessTokenEncryptedResponseAlgorithm: oneOf('RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'),
    jwks: object({ keys: list(encryptionKey) }),
    jwks_uri: text(),
    status: oneOf('ACTIVE', 'INACTIVE'),
    issuer: ignored,
    default: flag,
    id: ignored,
    created: ignored,
    lastUpdated: ignored,
    _links: anything,
  },
  ['name', 'audiences'],
);

export const authorizationServers: readonly Operation[] = [
  {
    id: 'listAuthorizationServers',
    method: 'GET',
    path: collection,
    query: ['q', 'limit', 'after'],
    run: (call) => page(call, search(call, [...call.org.servers.values()]), byId),
  },
  {
    id: 'createAuthorizationServer',
    method: 'POST',
    path: collection,
    body: 'required',
    run: (call) => created(present(call, createServer(call, readServer(call)))),
  },
  {
    id: 'getAuthorizationServer',
    method: 'GET',
    path: one,
    run: (call) => ok(present(call, findServer(call))),
  },
  {
    id: 'replaceAuthorizationServer',
    method: 'PUT',
    path: one,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const { id, status, default: isDefault } = server.data;
      const { status: _, default: __, ...changed } = readServer(call);
      server.data = { ...changed, id, status, default: isDefault, ...times(call, server.data) };
      return ok(present(call, server));
    },
  },
  {
    id: 'deleteAuthorizationServer',
    method: 'DELETE',
    path: one,
    run(call) {
      const { data } = findServer(call);
      call.org.servers.delete(data['id'] as string);
      for (const { trusted } of call.org.servers.values()) trusted.delete(data['id'] as string);
      return noContent;
    },
  },
  lifecycle('activate', 'ACTIVE'),
  lifecycle('deactivate', 'INACTIVE'),
];

function lifecycle(verb: 'activate' | 'deactivate', status: string): Operation {
  return {
    id: `${verb}AuthorizationServer`,
    method: 'POST',
    path: `${one}/lifecycle/${verb}`,
    run(call) {
      Object.assign(findServer(call).data, { status, lastUpdated: timestamp(call) });
      return noContent;
    },
  };
}

function readServer(call: Call): Json {
  const { _links, ...server } = readBody(call, 'name', shape);
  const audiences = server['audiences'] as string[];
  if (audiences.length !== 1) {
    throw validationFailed('audiences', ['audiences: Exactly one audience is supported']);
  }
  const [audience = ''] = audiences;
  if (audience.includes(':') && !URL.canParse(audience)) {
    throw validationFailed('audiences', [`audiences: '${audience}' is not a valid URI`]);
  }
  const keys = ((server['jwks'] as Json | undefined)?.['keys'] ?? []) as Json[];
  if (keys.filter(({ status }) => status === 'ACTIVE').length > 1) {
    throw validationFailed('jwks', ["Only one active encryption key is allowed in the 'jwks'."]);
  }
  return server;
}

/** A new server has Okta's own scopes and claims, and a key that signs. */
export function createServer(call: Pick<Call, 'org'>, data: Json): AuthorizationServer {
  const id = call.org.id('aus');
  const server: AuthorizationServer = {
    data: { default: false, status: 'ACTIVE', ...data, id, ...times(call) },
    scopes: new Map(),
    claims: new Map(),
    policies: [],
    keys: createKeys(),
    trusted: new Set(),
    clients: new Map(),
  };
  for (const scope of systemScopes(call.org)) server.scopes.set(scope['id'] as string, scope);
  for (const claim of systemClaims(call.org)) server.claims.set(claim['id'] as string, claim);
  call.org.servers.set(id, server);
  return server;
}

export function present(call: Call, server: AuthorizationServer): Json {
  const { credentials, ...data } = server.data;
  const path = serverPath(server);
  const { rotationMode = 'AUTO' } = ((credentials as Json | undefined)?.['signing'] ?? {}) as Json;
  return {
    description: '',
    issuerMode: 'ORG_URL',
    ...data,
    issuer: `${call.org.origin}/oauth2/${data['id'] as string}`,
    credentials: {
      signing: {
        rotationMode,
        kid: server.keys.find(({ status }) => status === 'ACTIVE')?.['kid'],
        lastRotated: data['lastUpdated'],
        ...(rotationMode === 'AUTO' && { nextRotation: timestamp(call, 90) }),
        use: 'sig',
      },
    },
    _links: {
      self: link(call, path, 'GET', 'DELETE', 'PUT'),
      ...lifecycleLink(call, path, data['status']),
      ...Object.fromEntries(
        ['scopes', 'claims', 'policies'].map((part) => [
          part,
          link(call, `${path}/${part}`, 'GET'),
        ]),
      ),
      keys: link(call, `${path}/credentials/keys`, 'GET'),
      rotateKey: link(call, `${path}/credentials/lifecycle/keyRotate`, 'POST'),
    },
  };
}

/** What `q` finds in names and audiences. */
export function search(call: Call, servers: readonly AuthorizationServer[]): Json[] {
  const asked = call.url.searchParams.get('q')?.toLowerCase() ?? '';
  const matches = (value: unknown) => String(value).toLowerCase().includes(asked);
  return servers
    .filter(({ data }) => [data['name'], ...(data['audiences'] as string[])].some(matches))
    .map((server) => present(call, server));
}
