import type { CryptoKey } from 'oauth4webapi';
import { decodeBase64Url, encodeBase64Url } from '../base64url.ts';
import { StorageError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { keptBeside } from './kept-beside.ts';
import type { SessionStore, StoredValue } from './session-store.ts';
import { requireDelete, requireKey, requireWrite } from './store-arguments.ts';
import { storing } from './storing.ts';

/** A key of 256 bits for AES-GCM: of Web Crypto (it need not be extractable), or its 32 bytes. */
export type EncryptionKey = CryptoKey | Uint8Array;

/** One key, or several: the first encrypts, all of them decrypt. */
export type EncryptionKeys = EncryptionKey | readonly EncryptionKey[];

const VERSION = 'relier1';
const ALGORITHM = 'AES-GCM';
/** What NIST SP 800-38D section 8.2.2 wants of a random one. */
const IV_BYTES = 12;

/**
 * Encrypts what another store keeps: AES-256-GCM with a new random IV for each write, each record
 * bound to its name, so that none can be put in another's place. What nobody can hide is hidden from
 * nobody: names, sizes and times stay visible, and an old record can be brought back by whoever
 * writes into the inner store. To rotate keys, put the new one in front, and take the old one away
 * when its records are gone; where several processes share the store, first put the new one behind
 * the old one in all of them. A key is good for about four thousand million writes.
 *
 * A record that none of the keys opens (a lost key, another's record, text that was never
 * encrypted) stays where it is and is `record_unreadable`, with the revision under which a new
 * sign-in replaces it.
 *
 * @param inner the store that keeps the records, and has the locks
 * @param keys the key, or a list of them, newest first; or a function that gets them, which is
 *   asked once, when a key is first needed, and again after it failed. It is given `inner`, whose
 *   lock keeps others away while it makes a key
 * @returns a store that reads and writes plain values
 * @throws {ConfigurationError} `invalid_option`; at first use where a function gave the keys
 * @see NIST SP 800-38D
 *
 * @example
 * ```ts
 * import { encryptedStore, type SessionStore } from 'relier'
 *
 * export const storeOf = (inner: SessionStore, newKey: CryptoKey, oldKey: Uint8Array) =>
 *   encryptedStore(inner, [newKey, oldKey])
 * ```
 */
export function encryptedStore(
  inner: SessionStore,
  keys: EncryptionKeys | ((inner: SessionStore) => EncryptionKeys | Promise<EncryptionKeys>),
): SessionStore {
  if (typeof inner?.withLock !== 'function') {
    throw invalidOption('inner', 'must have the methods of a SessionStore');
  }
  const given = typeof keys === 'function' ? async () => keys(inner) : requireKeys(keys);
  let ring: Promise<readonly [CryptoKey, ...CryptoKey[]]> | undefined;
  const getKeys = () => {
    if (ring) return ring;
    const asked = importKeys(given);
    ring = asked;
    asked.catch(() => {
      if (ring === asked) ring = undefined;
    });
    return asked;
  };

  const opened = async (key: string, record: StoredValue): Promise<StoredValue> => ({
    value: await open(await getKeys(), key, record),
    revision: record.revision,
  });

  const store: SessionStore = {
    async read(key) {
      const record = await inner.read(requireKey(key));
      const isBeside = keptBeside.has(keys);
      // The key may be gone with the record.
      if (!record && isBeside) ring = undefined;
      if (!record || !isBeside) return record && opened(key, record);
      const tried = ring;
      return opened(key, record).catch((error) => {
        if (!tried || error?.code !== 'record_unreadable') throw error;
        // Somebody else may have made another one since.
        if (ring === tried) ring = undefined;
        return opened(key, record);
      });
    },
    async write(key, value, expectedRevision) {
      requireWrite(key, value, expectedRevision);
      const [newest] = await getKeys();
      return inner.write(key, await seal(newest, key, value), expectedRevision);
    },
    // No key is needed for these: who cannot open a keychain can still sign out.
    async delete(key, expectedRevision) {
      requireDelete(key, expectedRevision);
      return inner.delete(key, expectedRevision);
    },
    withLock: async (key, work, options) => inner.withLock(requireKey(key), work, options),
    ...(inner.watch && {
      watch: (key: string, listener: () => void) =>
        (inner as Required<SessionStore>).watch(requireKey(key), listener),
    }),
  };
  encrypted.add(store);
  return store;
}

const encrypted = new WeakSet<SessionStore>();

/** Whether it is a store that `encryptedStore` has made. */
export function isEncrypted(store: SessionStore): boolean {
  return encrypted.has(store);
}

/** Checks the keys, and copies bytes, which their owner may wipe or reuse. */
function requireKeys(keys: EncryptionKeys): readonly EncryptionKey[] {
  const list = [keys].flat() as EncryptionKey[];
  if (!list.length) throw invalidOption('keys', 'must hold a key');
  return list.map((key) => {
    if (ArrayBuffer.isView(key)) {
      if (!isBytes(key) || key.byteLength !== 32) {
        throw invalidOption('keys', 'must be a Uint8Array of 32 bytes');
      }
      const own = new Uint8Array(key);
      if (own.every((byte) => byte === 0)) {
        throw invalidOption('keys', 'must be random: all bytes are zero');
      }
      return own;
    }
    const { algorithm, usages } = Object(key);
    if (algorithm?.name !== ALGORITHM || algorithm.length !== 256) {
      throw invalidOption('keys', 'must be AES-GCM keys of 256 bits');
    }
    if (!['encrypt', 'decrypt'].every((usage) => usages?.includes(usage))) {
      throw invalidOption('keys', "must have the usages 'encrypt' and 'decrypt'");
    }
    return key;
  });
}

/** Of any realm: an array of larger numbers, or of clamped ones, has other bytes than it seems. */
function isBytes(view: ArrayBufferView): boolean {
  return Object.prototype.toString.call(view) === '[object Uint8Array]';
}

async function importKeys(
  given: readonly EncryptionKey[] | (() => Promise<EncryptionKeys>),
): Promise<readonly [CryptoKey, ...CryptoKey[]]> {
  const keys = typeof given === 'function' ? requireKeys(await storing(given)) : given;
  const ready = keys.map((key) =>
    ArrayBuffer.isView(key)
      ? crypto.subtle.importKey('raw', key as Uint8Array<ArrayBuffer>, ALGORITHM, false, [
          'encrypt',
          'decrypt',
        ])
      : key,
  );
  return (await Promise.all(ready)) as [CryptoKey, ...CryptoKey[]];
}

async function seal(key: CryptoKey, name: string, value: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(value);
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(iv, name), key, plain));
  const bytes = new Uint8Array(IV_BYTES + sealed.length);
  bytes.set(iv);
  bytes.set(sealed, IV_BYTES);
  return envelope(bytes);
}

async function open(
  keys: readonly CryptoKey[],
  name: string,
  { revision, value }: StoredValue,
): Promise<string> {
  const bytes = contentOf(value);
  const algorithm = parameters(bytes.subarray(0, IV_BYTES), name);
  for (const key of keys) {
    const plain = await crypto.subtle
      .decrypt(algorithm, key, bytes.subarray(IV_BYTES))
      .catch(() => undefined);
    // A byte order mark at the start is part of the text.
    if (plain) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(plain);
  }
  throw new StorageError('None of the keys opens the record.', {
    code: 'record_unreadable',
    retryable: false,
    revision,
  });
}

function envelope(bytes: Uint8Array): string {
  return `${VERSION}.${encodeBase64Url(bytes)}`;
}

/** What is in the envelope; nothing if it is not one of ours, to the letter. */
function contentOf(value: string): Uint8Array<ArrayBuffer> {
  try {
    const text = decodeBase64Url(value.slice(VERSION.length + 1));
    const bytes = new Uint8Array(text.length);
    // Twenty times as fast as Uint8Array.from, which matters with a megabyte.
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
    if (envelope(bytes) === value) return bytes;
  } catch {
    // Not base64url, or no text at all.
  }
  return new Uint8Array();
}

/** Names the format and the record, so that neither can be exchanged. */
function parameters(iv: Uint8Array<ArrayBuffer>, name: string): AesGcmParams {
  // As JSON, in which half a surrogate pair is still itself.
  const additionalData = new TextEncoder().encode(VERSION + JSON.stringify(name));
  return { name: ALGORITHM, iv, additionalData };
}
