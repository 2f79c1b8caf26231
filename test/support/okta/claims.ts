import { created, link, noContent, ok } from './answers.ts';
import { notFound, oktaError, validationFailed } from './errors.ts';
import { findServer, serverPath } from './find-server.ts';
import { flag, ignored, list, object, oneOf, readBody, text } from './shapes.ts';
import type { AuthorizationServer, Call, Json, Operation, Org } from './types.ts';

const collection = '/api/v1/authorizationServers/{authServerId}/claims';
const one = `${collection}/{claimId}`;

const shape = object(
  {
    name: text({ min: 1 }),
    status: oneOf('ACTIVE', 'INACTIVE'),
    claimType: oneOf('IDENTITY', 'RESOURCE'),
    valueType: oneOf('EXPRESSION', 'GROUPS', 'SYSTEM'),
    value: text(),
    group_filter_type: oneOf('CONTAINS', 'EQUALS', 'REGEX', 'STARTS_WITH'),
    alwaysIncludeInToken: flag,
    conditions: object({ scopes: list(text()) }),
    system: ignored,
    id: ignored,
    apiResourceId: ignored,
    _links: ignored,
  },
  ['name', 'claimType', 'valueType'],
);

export const claims: readonly Operation[] = [
  {
    id: 'listOAuth2Claims',
    method: 'GET',
    path: collection,
    run(call) {
      const server = findServer(call);
      return ok([...server.claims.values()].map((claim) => present(call, server, claim)));
    },
  },
  {
    id: 'createOAuth2Claim',
    method: 'POST',
    path: collection,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const claim = { ...readClaim(call, server), id: call.org.id('ocl'), system: false };
      server.claims.set(claim.id, claim);
      return created(present(call, server, claim));
    },
  },
  {
    id: 'getOAuth2Claim',
    method: 'GET',
    path: one,
    run: (call) => ok(present(call, findServer(call), findClaim(call))),
  },
  {
    id: 'replaceOAuth2Claim',
    method: 'PUT',
    path: one,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const { id, system } = findClaim(call);
      const claim = { ...readClaim(call, server, system), id, system };
      server.claims.set(id as string, claim);
      return ok(present(call, server, claim));
    },
  },
  {
    id: 'deleteOAuth2Claim',
    method: 'DELETE',
    path: one,
    run(call) {
      const { id, system } = findClaim(call);
      if (system) throw oktaError('E0000006');
      findServer(call).claims.delete(id as string);
      return noContent;
    },
  },
];

/** A system claim carries no `value`. */
export function systemClaims(org: Org): Json[] {
  return [
    {
      id: org.id('ocl'),
      name: 'sub',
      status: 'ACTIVE',
      claimType: 'RESOURCE',
      valueType: 'SYSTEM',
      alwaysIncludeInToken: true,
      conditions: { scopes: [] },
      system: true,
    },
  ];
}

function findClaim(call: Call): Json {
  const id = call.params['claimId'] ?? '';
  const claim = findServer(call).claims.get(id);
  if (!claim) throw notFound(id, 'OAuth2Claim');
  return claim;
}

function readClaim(call: Call, server: AuthorizationServer, system: unknown = false): Json {
  const claim = readBody(call, 'claim', shape);
  const { valueType, value } = claim;
  const causes: string[] = [];
  if ((valueType === 'SYSTEM') !== system) causes.push('valueType: SYSTEM is for system claims');
  if (valueType !== 'SYSTEM' && !value) causes.push('value: The field cannot be left blank');
  if ((valueType === 'GROUPS') !== (claim['group_filter_type'] !== undefined)) {
    causes.push('group_filter_type: is for the value type GROUPS, which needs it');
  }
  const { scopes = [] } = (claim['conditions'] ?? {}) as { scopes?: string[] };
  const names = [...server.scopes.values()].map(({ name }) => name);
  for (const name of scopes) {
    if (!names.includes(name)) causes.push(`conditions.scopes: There is no scope '${name}'`);
  }
  if (causes.length > 0) throw validationFailed('claim', causes);
  return {
    status: 'ACTIVE',
    ...claim,
    // Always true for a claim of access tokens.
    alwaysIncludeInToken:
      claim['claimType'] === 'RESOURCE' || claim['alwaysIncludeInToken'] === true,
    conditions: { scopes },
  };
}

function present(call: Call, server: AuthorizationServer, claim: Json): Json {
  const path = `${serverPath(server)}/claims/${claim['id'] as string}`;
  return {
    ...claim,
    apiResourceId: null,
    _links: { self: link(call, path, 'GET', 'PUT', 'DELETE') },
  };
}
