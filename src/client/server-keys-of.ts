import { type ServerKeys, serverKeys } from '../discovery/server-keys.ts';
import type { ClientContext } from './create-client.ts';

// Beside the client and not in it, so that a bundle that verifies nothing carries no key handling.
const keysOf = new WeakMap<ClientContext, ServerKeys>();

/** The keys of a client's server. */
export function serverKeysOf(context: ClientContext): ServerKeys {
  let keys = keysOf.get(context);
  if (!keys) {
    keys = serverKeys(context);
    keysOf.set(context, keys);
  }
  return keys;
}
