import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { violation } from './answers.ts';
import type { ClientRegistration, Json, Op } from './types.ts';

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** The client's registered keys, fetched when it registered a `jwks_uri`. */
export async function clientKeys(op: Op, client: ClientRegistration): Promise<JWTVerifyGetKey> {
  const set = client.jwks ?? (await fetchKeys(client.jwks_uri));
  if (!set)
    throw violation(op, 'REQ-08', 'the client has registered no keys', 'invalid_client', 401);
  return createLocalJWKSet({ keys: set.keys } as unknown as JSONWebKeySet);
}

export function hasPrivateMember(jwk: Json): boolean {
  return privateMembers.some((name) => name in jwk);
}

async function fetchKeys(uri: string | undefined): Promise<{ keys: Json[] } | undefined> {
  if (!uri) return undefined;
  const response = await fetch(uri, { redirect: 'manual' });
  return (await response.json()) as { keys: Json[] };
}
