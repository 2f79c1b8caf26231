import { randomBytes } from 'node:crypto';
import { LONGEST_TIMER_MS } from '../clock.ts';
import { StorageError } from '../errors.ts';
import { requireAmount, requireMethods, requireOptions, requireText } from '../options.ts';
import type { SessionStore } from '../storage/session-store.ts';

/** The part of the package `@napi-rs/keyring` (2.1 or later) that is needed: pass the whole module. */
export interface Keyring {
  /** One secret in the keyring of the operating system. */
  readonly AsyncEntry: new (
    service: string,
    username: string,
    options?: { linux?: { store?: 'secret-service' } },
  ) => KeyringEntry;
}

/** One secret in the keyring of the operating system. */
export interface KeyringEntry {
  /** The secret, or nothing. */
  getPassword(signal?: AbortSignal): Promise<string | null | undefined>;
  /** Writes the secret. */
  setPassword(password: string, signal?: AbortSignal): Promise<unknown>;
  /** Deletes the secret, and says whether there was one. */
  deletePassword(signal?: AbortSignal): Promise<boolean>;
}

/** What {@link keyringKey} takes. */
export interface KeyringKeyOptions {
  /** The module `@napi-rs/keyring`. */
  readonly keyring: Keyring;
  /** Names the application in the keyring, such as `com.example.my-app`. People may see it there. */
  readonly service: string;
  /**
   * Tells several keys of one application apart.
   * @default 'session'
   */
  readonly account?: string | undefined;
  /**
   * How long the keyring may take to answer, in milliseconds. A keyring that asks the person for a
   * password takes longer: what uses the key then fails with `keyring_unavailable`, and works when it
   * is tried again after that.
   * @default 3_000
   */
  readonly timeoutMs?: number | undefined;
}

/** Short enough for Windows, which takes 2,560 bytes. */
const KEY_BYTES = 32;
const VERSION = 'relier1.';
/** Waits a little longer than whoever makes a key may take: six answers. */
const ANSWERS = 6;

/**
 * A key for `encryptedStore()` that the keyring of the operating system keeps: Keychain, Credential
 * Manager, or the Secret Service (GNOME Keyring, KWallet, KeePassXC) on Linux, and never the keyring
 * of the Linux kernel, which forgets when the machine is turned off. Only the key is there; sessions
 * are not, because some keyrings take no more than 2,560 bytes.
 *
 * The key is made when it is first needed, once for all processes that use the store, after a test
 * secret was written, read and deleted. A key that is lost, or that somebody has changed, is replaced:
 * what it has encrypted is `record_unreadable`, which a session takes for signed out.
 *
 * @param options `keyring`, `service`, `account`, `timeoutMs`.
 * @returns the value for `encryptedStore(inner, keys)`.
 * @throws ConfigurationError `invalid_option`; what uses it throws StorageError
 * `keyring_unavailable`, and never stores anything unencrypted
 *
 * @example
 * ```ts
 * import { homedir } from 'node:os'
 * import { join } from 'node:path'
 * import { encryptedStore } from 'relier'
 * import { fileStore, type Keyring, keyringKey } from 'relier/node'
 *
 * // import * as keyring from '@napi-rs/keyring'
 * export const createStore = (keyring: Keyring) =>
 *   encryptedStore(
 *     fileStore({ directory: join(homedir(), '.config', 'my-app', 'session') }),
 *     keyringKey({ keyring, service: 'com.example.my-app' }),
 *   )
 * ```
 */
export function keyringKey(
  options: KeyringKeyOptions,
): (store: SessionStore) => Promise<Uint8Array> {
  requireOptions(options);
  const { account = 'session', keyring, service, timeoutMs: givenMs = 3_000 } = options;
  requireMethods(keyring, 'keyring', ['AsyncEntry']);
  requireText(service, 'service');
  requireText(account, 'account');
  const timeoutMs = Math.min(requireAmount(givenMs, 'timeoutMs'), LONGEST_TIMER_MS);
  const entryOf = (name: string) =>
    asking(timeoutMs, async () => {
      return new keyring.AsyncEntry(service, name, { linux: { store: 'secret-service' } });
    });

  return async (store) => {
    requireMethods(store, 'store', ['withLock']);
    const entry = await entryOf(account);
    const read = async () => keyIn(await asking(timeoutMs, (signal) => entry.getPassword(signal)));
    const make = async () => {
      const made = await read();
      if (made) return made;
      await probe(await entryOf(`${account}.probe`), timeoutMs);
      const key = randomBytes(KEY_BYTES);
      const secret = VERSION + key.toString('base64url');
      await asking(timeoutMs, (signal) => entry.setPassword(secret, signal));
      return key;
    };
    const leaseMs = (timeoutMs + 1_000) * ANSWERS;
    return (
      (await read()) ??
      store.withLock(`${account}.keyring`, make, { leaseMs, patienceMs: leaseMs + 5_000 })
    );
  };
}

/** A keyring that takes a secret and does not give it back would lose the session. */
async function probe(entry: KeyringEntry, timeoutMs: number): Promise<void> {
  const secret = randomBytes(KEY_BYTES).toString('base64url');
  await asking(timeoutMs, async (signal) => {
    await entry.setPassword(secret, signal);
    const isKept = (await entry.getPassword(signal)) === secret;
    const isDeleted = await entry.deletePassword(signal);
    if (!isKept || !isDeleted) throw unavailable('forgets');
  });
}

function keyIn(secret: string | null | undefined): Uint8Array | undefined {
  if (!secret?.startsWith(VERSION)) return undefined;
  const key = Buffer.from(secret.slice(VERSION.length), 'base64url');
  return key.length === KEY_BYTES && VERSION + key.toString('base64url') === secret
    ? key
    : undefined;
}

/** Asks the keyring, which may show a dialogue, or may not be there at all. */
async function asking<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(unavailable('timeout'));
      over.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(over.signal), late]);
  } catch (error) {
    // What it says may hold the secret.
    throw error instanceof StorageError ? error : unavailable('failed');
  } finally {
    clearTimeout(timer);
  }
}

const REASONS = {
  failed: 'refuses: it is locked, or there is none',
  forgets: 'does not keep what it is given',
  timeout: 'does not answer',
};

function unavailable(reason: keyof typeof REASONS): StorageError {
  return new StorageError(`The keyring of this system ${REASONS[reason]}.`, {
    code: 'keyring_unavailable',
    retryable: true,
    reason,
  });
}
