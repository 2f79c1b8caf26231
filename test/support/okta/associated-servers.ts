import { noContent, ok } from './answers.ts';
import { present, search } from './authorization-servers.ts';
import { notFound, oktaError, validationFailed } from './errors.ts';
import { byId, findServer, serverOf } from './find-server.ts';
import { page } from './paging.ts';
import { list, object, readBody, text } from './shapes.ts';
import type { AuthorizationServer, Call, Json, Operation } from './types.ts';

const collection = '/api/v1/authorizationServers/{authServerId}/associatedServers';
const shape = object({ trusted: list(text({ min: 1 })) }, ['trusted']);

export const associatedServers: readonly Operation[] = [
  {
    id: 'listAssociatedServersByTrustedType',
    method: 'GET',
    path: collection,
    query: ['trusted', 'q', 'limit', 'after'],
    run(call) {
      const own = findServer(call);
      const asked = call.url.searchParams.get('trusted') ?? 'true';
      if (asked !== 'true' && asked !== 'false') throw oktaError('E0000031');
      const found = [...call.org.servers.values()].filter(
        (server) => server !== own && own.trusted.has(idOf(server)) === (asked === 'true'),
      );
      return page(call, search(call, found).map(withoutLinks), byId, Number.POSITIVE_INFINITY);
    },
  },
  {
    id: 'createAssociatedServers',
    method: 'POST',
    path: collection,
    body: 'required',
    run(call) {
      const own = findServer(call);
      const { trusted } = readBody(call, 'trusted', shape) as { trusted: string[] };
      const found = trusted.map((id) => serverOf(call.org, id));
      if (found.includes(own)) {
        throw validationFailed('trusted', [
          'trusted: An authorization server cannot trust itself.',
        ]);
      }
      for (const server of found) own.trusted.add(idOf(server));
      return ok(found.map((server) => withoutLinks(present(call, server))));
    },
  },
  {
    id: 'deleteAssociatedServer',
    method: 'DELETE',
    path: `${collection}/{associatedServerId}`,
    run(call) {
      const id = associatedId(call);
      if (!findServer(call).trusted.delete(id)) throw notFound(id, 'AssociatedServer');
      return noContent;
    },
  },
];

function associatedId(call: Call): string {
  return call.params['associatedServerId'] ?? '';
}

function idOf({ data }: AuthorizationServer): string {
  return data['id'] as string;
}

/** Live answers carry `_links: null` here. */
function withoutLinks(server: Json): Json {
  return { ...server, _links: null };
}
