import { requireOptions, requireText } from '../options.ts';
import { keptBeside } from '../storage/kept-beside.ts';
import { database } from './database.ts';

/** What {@link storedKeyPair} and {@link storedKey} take. */
export interface StoredKeyOptions {
  /**
   * Tells several keys of one origin apart.
   * @default 'default'
   */
  readonly name?: string | undefined;
  /**
   * The database that `indexedDbStore` uses.
   * @default 'relier'
   */
  readonly databaseName?: string | undefined;
}

/**
 * A key pair for `dpop()` that this browser keeps beside its sessions, so that tokens are still good
 * after a reload, and in all tabs. It is made when it is first needed; of two tabs that make one, both
 * get the first. No script can read the private half, but scripts of this origin can sign with it.
 *
 * @param options `name`, `databaseName`.
 * @returns the value for `dpop({ keyPair })`.
 * @throws ConfigurationError `invalid_option`; what uses it throws StorageError `storage_failed`
 * @see RFC 9449 section 11.4
 *
 * @example
 * ```ts
 * import { createClient, dpop } from 'relier'
 * import { storedKeyPair } from 'relier/browser'
 *
 * export const client = createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'spa',
 *   dpop: dpop({ keyPair: storedKeyPair() }),
 * })
 * ```
 */
export function storedKeyPair(options: StoredKeyOptions = {}): () => Promise<CryptoKeyPair> {
  return stored(
    'pair',
    options,
    () => {
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
      return crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    },
    (value) => isKey(Object(value).privateKey) && isKey(Object(value).publicKey),
  );
}

/**
 * A key for `encryptedStore()` that this browser keeps, and that no script can read. What it encrypts
 * can be read by scripts of this origin all the same, and by nobody who only gets at the files.
 *
 * @param options `name`, `databaseName`.
 * @returns the value for `encryptedStore(inner, keys)`.
 * @throws ConfigurationError `invalid_option`; what uses it throws StorageError `storage_failed`
 *
 * @example
 * ```ts
 * import { encryptedStore } from 'relier'
 * import { indexedDbStore, storedKey } from 'relier/browser'
 *
 * export const store = encryptedStore(indexedDbStore(), storedKey())
 * ```
 */
export function storedKey(options: StoredKeyOptions = {}): () => Promise<CryptoKey> {
  const key = stored(
    'key',
    options,
    () => {
      const algorithm = { name: 'AES-GCM', length: 256 };
      return crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt']);
    },
    isKey,
  );
  keptBeside.add(key);
  return key;
}

function stored<T>(
  kind: string,
  options: StoredKeyOptions,
  make: () => Promise<T>,
  isFit: (value: unknown) => boolean,
): () => Promise<T> {
  requireOptions(options);
  const { databaseName = 'relier', name = 'default' } = options;
  const key = [kind, requireText(name, 'name')];
  const inDatabase = database(requireText(databaseName, 'databaseName'));

  return async () => {
    const kept = await inDatabase(key, (stored) => stored);
    if (isFit(kept)) return kept as T;
    const made = await make();
    return inDatabase(
      key,
      (stored, store) => {
        // Another tab was faster.
        if (isFit(stored)) return stored as T;
        store.put(made, key);
        return made;
      },
      'strict',
    );
  };
}

function isKey(value: unknown): boolean {
  return value instanceof CryptoKey;
}
