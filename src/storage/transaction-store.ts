import { TRANSACTION_LIFETIME_MS, type Transaction } from '../authorization/transaction.ts';
import { type Clock, systemClock } from '../clock.ts';
import { isRelierError, StorageError } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { invalidOption, requireMethods, requireOptions, requireText } from '../options.ts';
import type { SessionStore } from './session-store.ts';
import { storing } from './storing.ts';

/** What {@link transactionStore} takes. */
export interface TransactionStoreOptions {
  /**
   * Keeps the sign-ins of several applications, or of several browsers, apart in one store.
   * @default 'default'
   */
  readonly name?: string | undefined;
  /**
   * Keeps the `state` of what was taken for 15 minutes, so that `wasTaken` can tell.
   * @default false
   */
  readonly rememberTaken?: boolean | undefined;
  /**
   * Where the time comes from.
   * @default the platform's clock
   */
  readonly clock?: Clock | undefined;
}

/** Keeps sign-ins between their requests and their responses. */
export interface TransactionStore {
  /** Keeps a transaction until its response arrives, for 15 minutes at most. */
  save(transaction: Transaction): Promise<void>;
  /** The transaction of this `state`, once: whoever asks again, wherever, gets `undefined`. */
  take(state: string): Promise<Transaction | undefined>;
  /**
   * Whether somebody has taken this one lately, where that is remembered: a response that comes
   * twice, by a reload or the back button, is no attack.
   */
  wasTaken(state: string): Promise<boolean>;
}

/** A transaction, or what is left of one that was taken. */
type Kept =
  | Transaction
  | { readonly state: string; readonly createdAt: number; readonly isTaken: true };

/** More than anybody has open; more than that is a page that reloads itself. */
const KEPT = 50;
/** More rounds than there are sign-ins to compete with. */
const ROUNDS = 100;

/**
 * Keeps sign-ins between their requests and their responses, in any store, under their `state`.
 * `take` fits where `handleAuthorizationResponse` wants a transaction. All that are pending are one
 * record, so that taking one out is one step for everybody who shares the store; the 50 newest are
 * kept, none for longer than 15 minutes. What cannot be read is no sign-in, and is replaced by the
 * next one.
 *
 * They hold secrets of the browser that started them: keep them in that browser, or on a server
 * under a `name` that only this browser's session leads to.
 *
 * @param store where to keep them
 * @param options a `name`, where several keep theirs in the same store; a `clock` for tests
 * @returns what saves and takes them; both reject with the store's `StorageError`, and `save` with
 *   `invalid_option` for what is no transaction or no JSON
 * @throws {ConfigurationError} `invalid_option`
 *
 * @example
 * ```ts
 * import {
 *   type Client,
 *   createAuthorizationRequest,
 *   handleAuthorizationResponse,
 *   type SessionStore,
 *   transactionStore,
 * } from 'relier'
 *
 * export function signInWith(client: Client, store: SessionStore) {
 *   const transactions = transactionStore(store)
 *   return {
 *     async start(redirectUri: string): Promise<URL> {
 *       const { transaction, url } = await createAuthorizationRequest(client, { redirectUri })
 *       await transactions.save(transaction)
 *       return url
 *     },
 *     finish: (url: URL) => handleAuthorizationResponse(client, transactions.take, url),
 *   }
 * }
 * ```
 */
export function transactionStore(
  store: SessionStore,
  options: TransactionStoreOptions = {},
): TransactionStore {
  requireMethods(store, 'store', ['read', 'write', 'delete']);
  requireOptions(options);
  const { clock = systemClock, name = 'default', rememberTaken } = options;
  requireMethods(clock, 'clock', ['now']);
  const key = `transactions ${requireText(name, 'name')}`;

  // In both directions, for a clock that was set back; what has no time is too old as well.
  const isAlive = (one: Kept) => Math.abs(clock.now() - one?.createdAt) <= TRANSACTION_LIFETIME_MS;

  /** Changes the list in one step, and again if somebody else was there first. */
  async function update(change: (kept: readonly Kept[]) => readonly Kept[]): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { kept, revision } = await load(store, key);
      const next = change(kept.filter(isAlive));
      if (next.length === kept.length && next.every((one, at) => one === kept[at])) return;
      const done =
        next.length || revision === null
          ? await storing(() => store.write(key, toText(next), revision))
          : await storing(() => store.delete(key, revision));
      if (done) return;
    }
    throw new StorageError(`Others changed the pending sign-ins ${ROUNDS} times in a row.`, {
      code: 'storage_failed',
      retryable: true,
    });
  }

  return {
    async save(transaction) {
      const saved = requireTransaction(transaction);
      await update((kept) => [
        ...kept.filter((one) => one.state !== saved.state).slice(1 - KEPT),
        saved,
      ]);
    },

    async take(state) {
      let taken: Transaction | undefined;
      await update((kept) => {
        taken = undefined;
        return kept.flatMap((one) => {
          if (one.state !== state || 'isTaken' in one) return one;
          taken = one;
          return rememberTaken ? { state, createdAt: one.createdAt, isTaken: true } : [];
        });
      });
      return taken;
    },

    async wasTaken(state) {
      const { kept } = await load(store, key);
      return kept.some((one) => isAlive(one) && one.state === state && 'isTaken' in one);
    },
  };
}

/** A copy of what can be found again, as JSON has it. */
function requireTransaction(transaction: Transaction): Transaction {
  requireText(Object(transaction).state, 'state');
  if (!Number.isFinite(transaction.createdAt)) {
    throw invalidOption('transaction', 'must be one that createAuthorizationRequest made');
  }
  try {
    return JSON.parse(JSON.stringify(transaction));
  } catch {
    throw invalidOption('transaction', 'must be JSON, with its appState');
  }
}

const toText = (kept: readonly Kept[]) => JSON.stringify({ version: 1, pending: kept });

/** What is pending, and under which revision it may be replaced. */
async function load(
  store: SessionStore,
  key: string,
): Promise<{ kept: readonly Kept[]; revision: string | null }> {
  try {
    const { revision = null, value = '' } = (await storing(() => store.read(key))) ?? {};
    const record = parseJsonObject(value);
    const isOurs = record?.['version'] === 1 && Array.isArray(record['pending']);
    return { kept: isOurs ? (record['pending'] as Kept[]) : [], revision };
  } catch (error) {
    if (!isRelierError(error) || error.code !== 'record_unreadable' || !error.revision) throw error;
    return { kept: [], revision: error.revision };
  }
}
