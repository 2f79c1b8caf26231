import { created, link, noContent, ok } from './answers.ts';
import { notFound, oktaError, validationFailed } from './errors.ts';
import { byId, findServer, serverPath } from './find-server.ts';
import { page } from './paging.ts';
import { flag, ignored, object, oneOf, readBody, text } from './shapes.ts';
import type { AuthorizationServer, Call, Json, Operation, Org } from './types.ts';

const collection = '/api/v1/authorizationServers/{authServerId}/scopes';
const one = `${collection}/{scopeId}`;

const shape = object(
  {
    name: text({ min: 1 }),
    description: text(),
    displayName: text(),
    consent: oneOf('FLEXIBLE', 'IMPLICIT', 'REQUIRED'),
    metadataPublish: oneOf('ALL_CLIENTS', 'NO_CLIENTS'),
    default: flag,
    optional: flag,
    system: ignored,
    id: ignored,
    _links: ignored,
  },
  ['name'],
);

/** What a scope is where nothing else is said; a live one without a description has null. */
const defaults = {
  description: null,
  displayName: null,
  consent: 'IMPLICIT',
  metadataPublish: 'NO_CLIENTS',
  default: false,
  optional: false,
  system: false,
};

export const scopes: readonly Operation[] = [
  {
    id: 'listOAuth2Scopes',
    method: 'GET',
    path: collection,
    query: ['q', 'filter', 'after', 'limit'],
    run(call) {
      const server = findServer(call);
      const asked = call.url.searchParams.get('q')?.toLowerCase() ?? '';
      const found = [...server.scopes.values()]
        .filter(({ name }) => String(name).toLowerCase().includes(asked))
        .filter(filterOf(call));
      return page(
        call,
        found.map((scope) => present(call, server, scope)),
        byId,
      );
    },
  },
  {
    id: 'createOAuth2Scope',
    method: 'POST',
    path: collection,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const scope = { ...defaults, ...readScope(call, server), id: call.org.id('scp') };
      server.scopes.set(scope.id, scope);
      return created(present(call, server, scope));
    },
  },
  {
    id: 'getOAuth2Scope',
    method: 'GET',
    path: one,
    run: (call) => ok(present(call, findServer(call), findScope(call))),
  },
  {
    id: 'replaceOAuth2Scope',
    method: 'PUT',
    path: one,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const { id, system } = findScope(call);
      const scope = { ...defaults, ...readScope(call, server, id), id, system };
      server.scopes.set(id as string, scope);
      return ok(present(call, server, scope));
    },
  },
  {
    id: 'deleteOAuth2Scope',
    method: 'DELETE',
    path: one,
    run(call) {
      const { id, system } = findScope(call);
      if (system) throw oktaError('E0000006');
      findServer(call).scopes.delete(id as string);
      return noContent;
    },
  },
];

const systemNames = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'];

export function systemScopes(org: Org): Json[] {
  return systemNames.map((name) => ({
    ...defaults,
    metadataPublish: 'ALL_CLIENTS',
    system: true,
    id: org.id('scp'),
    name,
  }));
}

function findScope(call: Call): Json {
  const id = call.params['scopeId'] ?? '';
  const scope = findServer(call).scopes.get(id);
  if (!scope) throw notFound(id, 'OAuth2Scope');
  return scope;
}

function readScope(call: Call, server: AuthorizationServer, own?: unknown): Json {
  const scope = readBody(call, 'name', shape);
  for (const { id, name } of server.scopes.values()) {
    if (name === scope['name'] && id !== own) {
      throw validationFailed('name', [
        'name: An object with this field already exists in the current organization',
      ]);
    }
  }
  return scope;
}

/** `property eq "value"`, the one form that programs are seen to use. */
function filterOf({ url }: Call): (scope: Json) => boolean {
  const filter = url.searchParams.get('filter');
  if (filter === null) return () => true;
  const match = /^(\w+) eq (?:"([^"]*)"|(true|false))$/.exec(filter);
  if (!match) throw oktaError('E0000031');
  const [, property = '', word, truth] = match;
  return (scope) => scope[property] === (word ?? truth === 'true');
}

export function present(call: Call, server: AuthorizationServer, scope: Json): Json {
  const path = `${serverPath(server)}/scopes/${scope['id'] as string}`;
  return { ...scope, _links: { self: link(call, path, 'GET', 'PUT', 'DELETE') } };
}
