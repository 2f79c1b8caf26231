import { randomBytes } from 'node:crypto';
import { link, ok } from './answers.ts';
import { validationFailed } from './errors.ts';
import { findServer, serverPath } from './find-server.ts';
import { ignored, object, readBody } from './shapes.ts';
import type { AuthorizationServer, Call, Json, Operation } from './types.ts';

const one = '/api/v1/authorizationServers/{authServerId}';
const shape = object({ use: (value) => value, kid: ignored });

export const signingKeys: readonly Operation[] = [
  {
    id: 'listAuthorizationServerKeys',
    method: 'GET',
    path: `${one}/credentials/keys`,
    run(call) {
      const server = findServer(call);
      return ok(server.keys.map((key) => present(call, server, key)));
    },
  },
  {
    id: 'rotateAuthorizationServerKeys',
    method: 'POST',
    path: `${one}/credentials/lifecycle/keyRotate`,
    body: 'required',
    run(call) {
      const server = findServer(call);
      const { use = 'sig' } = readBody(call, 'rotateKeys', shape);
      if (use !== 'sig') {
        throw validationFailed('rotateKeys', ["Invalid value specified for key 'use' parameter"]);
      }
      server.keys = rotated(server.keys);
      return ok(server.keys.map((key) => present(call, server, key)));
    },
  },
];

/** A new server signs with its first key and knows the next one. */
export function createKeys(): Json[] {
  return [createKey('ACTIVE'), createKey('NEXT')];
}

/** ACTIVE becomes EXPIRED, NEXT becomes ACTIVE, what was EXPIRED is forgotten. */
function rotated(keys: readonly Json[]): Json[] {
  const was = (status: string) => keys.find((key) => key['status'] === status);
  return [
    { ...(was('NEXT') ?? createKey('NEXT')), status: 'ACTIVE' },
    createKey('NEXT'),
    { ...was('ACTIVE'), status: 'EXPIRED' },
  ];
}

/** Nobody verifies anything with it, so a modulus of the right length will do. */
function createKey(status: string): Json {
  const modulus = randomBytes(256);
  modulus[0] = 0xff;
  return {
    status,
    alg: 'RS256',
    e: 'AQAB',
    n: modulus.toString('base64url'),
    kid: randomBytes(32).toString('base64url'),
    kty: 'RSA',
    use: 'sig',
  };
}

function present(call: Call, server: AuthorizationServer, key: Json): Json {
  const path = `${serverPath(server)}/credentials/keys/${key['kid'] as string}`;
  return { ...key, _links: { self: link(call, path, 'GET') } };
}
