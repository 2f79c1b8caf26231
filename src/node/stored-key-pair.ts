import type { CryptoKeyPair } from 'oauth4webapi';
import { isRelierError, StorageError } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { invalidOption, requireMethods, requireOptions, requireText } from '../options.ts';
import { isEncrypted } from '../storage/encrypted-store.ts';
import type { SessionStore } from '../storage/session-store.ts';

/** What {@link storedKeyPair} takes. */
export interface StoredKeyPairOptions {
  /**
   * Tells several key pairs in one store apart.
   * @default 'default'
   */
  readonly name?: string | undefined;
  /**
   * Takes a store that `encryptedStore` has not made: whoever can read it can then use tokens that
   * are bound to the key.
   * @default false
   */
  readonly allowPlaintext?: boolean | undefined;
}

/** More rounds than there are programs that start for the first time at once. */
const ROUNDS = 100;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * A key pair for `dpop()` in an encrypted record beside the session's, so that bound tokens are still
 * good when the program starts again, and in all its processes. It is made when it is first needed; of
 * two processes that make one, both get the first. One that cannot be read any more, such as after the
 * store's key was lost, is replaced.
 *
 * @param store the session's `encryptedStore`.
 * @param options `name`, `allowPlaintext`.
 * @returns the value for `dpop({ keyPair })`.
 * @throws ConfigurationError `invalid_option`; what uses it throws the store's StorageError
 * @see RFC 9449 section 11.4
 *
 * @example
 * ```ts
 * import { createClient, dpop, type SessionStore } from 'relier'
 * import { storedKeyPair } from 'relier/node'
 *
 * export const clientOf = (store: SessionStore) =>
 *   createClient({
 *     issuer: 'https://login.example.com',
 *     clientId: 'my-app',
 *     dpop: dpop({ keyPair: storedKeyPair(store) }),
 *   })
 * ```
 */
export function storedKeyPair(
  store: SessionStore,
  options: StoredKeyPairOptions = {},
): () => Promise<CryptoKeyPair> {
  requireOptions(options);
  const { allowPlaintext, name = 'default' } = options;
  requireMethods(store, 'store', ['read', 'write']);
  // Not what is merely truthy, such as the text of a setting that says no.
  if (allowPlaintext !== true && !isEncrypted(store)) {
    throw invalidOption('store', 'must be an encryptedStore, or come with allowPlaintext');
  }
  const key = `dpop.${requireText(name, 'name')}`;

  return async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { pair, revision } = await readPair(store, key);
      if (pair) return pair;
      const made = (await crypto.subtle.generateKey(ALGORITHM, true, ['sign'])) as CryptoKeyPair;
      const jwk = await crypto.subtle.exportKey('jwk', made.privateKey);
      // Whoever was faster has left theirs, which is then read.
      await store.write(key, JSON.stringify({ version: 1, jwk }), revision);
    }
    throw new StorageError('The store does not keep what it is given.', {
      code: 'storage_failed',
      retryable: false,
    });
  };
}

async function readPair(
  store: SessionStore,
  key: string,
): Promise<{ pair?: CryptoKeyPair | undefined; revision: string | null }> {
  try {
    const record = await store.read(key);
    if (!record) return { revision: null };
    return { pair: await pairIn(record.value), revision: record.revision };
  } catch (error) {
    const isLost = isRelierError(error) && error.code === 'record_unreadable';
    if (isLost && error.revision !== undefined) return { revision: error.revision };
    throw error;
  }
}

/** The pair in a record, of which the private half cannot be taken out again. */
async function pairIn(text: string): Promise<CryptoKeyPair | undefined> {
  const { jwk, version } = parseJsonObject(text) ?? {};
  if (version !== 1) return undefined;
  try {
    const { crv, kty, x, y, d } = jwk as JsonWebKey;
    const half = (members: JsonWebKey, extractable: boolean, usage: KeyUsage) =>
      crypto.subtle.importKey('jwk', members, ALGORITHM, extractable, [usage]);
    const shared = { crv, kty, x, y } as JsonWebKey;
    return {
      privateKey: await half({ ...shared, d } as JsonWebKey, false, 'sign'),
      publicKey: await half(shared, true, 'verify'),
    };
  } catch {
    return undefined;
  }
}
