import { allowInsecureRequests, KEY_SELECTION } from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import { type KeySet, type ServerKeys, serverKeys } from '../discovery/server-keys.ts';
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

/**
 * Sees to it that the keys are at hand, before something is used up whose answer has to be verified
 * with them.
 */
export async function prepareServerKeys(
  context: ClientContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  const prepare = async () => {
    // A server without keys may still do without an ID token.
    if ((await context.metadata.get()).jwks_uri) await serverKeysOf(context).current();
  };
  await abortable(prepare, signal, 'discovery');
}

/** Where the protocol core finds the server's keys. */
export interface CoreKeys {
  readonly server: KeySet['server'];
  readonly http: KeySet['http'] & { readonly [allowInsecureRequests]: boolean };
}

/** Has the core verify something, and once more with newer keys where it knows no fitting one. */
export async function withServerKeys<T>(
  context: ClientContext,
  verify: (keys: CoreKeys) => Promise<T>,
): Promise<T> {
  const keys = serverKeysOf(context);
  const verifyWith = ({ server, http }: KeySet) =>
    verify({ server, http: { ...http, [allowInsecureRequests]: context.allowLoopback } });

  const set = await keys.current();
  try {
    return await verifyWith(set);
  } catch (error) {
    const { code, cause } = Object(error);
    // No key, and not several: the server may have begun to use a new one.
    const isUnknown = code === KEY_SELECTION && !cause?.candidates?.length;
    const newer = isUnknown && (await keys.newerThan(set));
    if (!newer) throw error;
    return verifyWith(newer);
  }
}
