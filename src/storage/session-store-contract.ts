import { encodeBase64Url } from '../base64url.ts';
import { invalidOption, requireAmount, requireOptions } from '../options.ts';
import { type ContractPart, within } from './contract-bench.ts';
import { lockContract } from './contract-locks.ts';
import { recordContract } from './contract-records.ts';
import { watchContract } from './contract-watch.ts';
import type { SessionStore } from './session-store.ts';

/** What {@link sessionStoreContract} takes, for stores that need more time. */
export interface StoreContractOptions {
  /**
   * The lease of a lock that is kept for longer than that, in milliseconds. A living owner has to
   * show in this time that it lives.
   * @default 100
   */
  readonly leaseMs?: number | undefined;
  /**
   * How long one test may take, in milliseconds. A store that hangs fails after this time.
   * @default 5000
   */
  readonly limitMs?: number | undefined;
}

/** One test of {@link sessionStoreContract}. */
export interface StoreContractTest {
  /** What a store does, as a sentence about it without its subject. */
  readonly name: string;
  /** Rejects with an `Error` that says what this store did instead. */
  run(): Promise<void>;
}

/**
 * The tests that every `SessionStore` has to pass, for whoever writes one: hand each to the test
 * framework of your choice. They take real time, about two seconds in all, use keys of their own
 * and delete them. A store without `watch` passes the tests of it.
 *
 * @param createStore gives another handle on the *same* storage each time it is called, as another
 *   tab or process would have it
 * @param options times in milliseconds, for stores that need more
 * @returns the tests; each stands for itself
 * @throws {ConfigurationError} `invalid_option`
 *
 * @example
 * ```ts
 * import { memoryStore, sessionStoreContract } from 'relier'
 *
 * const store = memoryStore()
 * for (const { name, run } of sessionStoreContract(() => store)) {
 *   await run()
 *   console.log('A memory store', name)
 * }
 * ```
 */
export function sessionStoreContract(
  createStore: () => SessionStore | Promise<SessionStore>,
  options: StoreContractOptions = {},
): readonly StoreContractTest[] {
  if (typeof createStore !== 'function') throw invalidOption('createStore', 'must be a function');
  requireOptions(options);
  const leaseMs = requireAmount(options.leaseMs ?? 100, 'leaseMs');
  const limitMs = requireAmount(options.limitMs ?? 5_000, 'limitMs');
  const open = async () => createStore();

  const parts: ContractPart = { ...recordContract, ...lockContract, ...watchContract };
  return Object.entries(parts).map(([name, test]) => ({
    name,
    async run() {
      const used = new Set<string>();
      const own = `contract ${encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)))}`;
      const tidy = (key: string) => void used.add(key);
      const key = (suffix = '') => {
        tidy(own + suffix);
        return own + suffix;
      };
      const endings: (() => void)[] = [];
      const bench = {
        open,
        key,
        tidy,
        atEnd: (work: () => void) => void endings.push(work),
        calm: { leaseMs: limitMs, patienceMs: 2 * limitMs },
        leaseMs,
        soonMs: limitMs / 2,
      };
      try {
        await within(limitMs, test(bench), `The store took longer than ${limitMs} ms, or hangs.`);
      } finally {
        for (const end of endings) end();
        // What went wrong before is what matters.
        await within(limitMs, clean(open, used), '').catch(() => {});
      }
    },
  }));
}

async function clean(open: () => Promise<SessionStore>, keys: ReadonlySet<string>): Promise<void> {
  const store = await open();
  for (const key of keys) {
    const record = await store.read(key);
    if (record) await store.delete(key, record.revision);
  }
}
