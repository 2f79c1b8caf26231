import { type Clock, stopwatch } from '../clock.ts';
import { type AnyRelierError, isRelierError } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { requireTokenSet } from '../session/require-token-set.ts';
import type { KeptToken } from '../session/session-record.ts';
import { within } from '../session/within.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { storing } from '../storage/storing.ts';
import type { ServiceTokenEvent } from './service-token-event.ts';

/** That the provider gave no token, as others have to know it. Times in ms since the epoch. */
export interface ServiceFailure {
  readonly code: string;
  /** How many there were in a row. */
  readonly attempts: number;
  readonly failedAt: number;
  readonly retryAt: number;
}

/** What came of a request to the provider. */
export interface Outcome {
  readonly token?: KeptToken | undefined;
  readonly failure?: ServiceFailure | undefined;
}

/** A token that this process wants. */
export interface Want {
  /** Its name in the store. */
  readonly key: string;
  /** Gives up waiting for others. */
  readonly signal: AbortSignal;
  /** Takes a token of somebody else's if it is of any use; whether it spares us asking. */
  offer(token: KeptToken): boolean;
  /** Takes that somebody else has failed lately; whether it is too early to ask again. */
  postpone(failure: ServiceFailure): boolean;
  /** Asks the provider, after so many failures, and has the callers served. Never rejects. */
  request(attempts?: number): Promise<Outcome>;
}

export interface SharedTokenOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** How long to wait for the lock, in milliseconds. */
  readonly patienceMs: number;
  readonly emit: (event: ServiceTokenEvent) => void;
}

/** How long an owner of the lock may be silent before somebody else asks the provider. */
const LEASE_MS = 3_000;
/** How long a store may take to read or to write; our own give up before. */
const STORE_MS = 5_000;
/** How long a store that has failed is left alone. */
const STORE_PAUSE_MS = 2_000;
/** How often somebody who waits for the lock looks whether it is still worth it. */
const LOOK_MS = 100;

/**
 * Gets a token for all who share a store, with one request. The store is a help and no condition:
 * a second token does no harm, so whoever cannot use it asks the provider alone.
 */
export function sharedToken(options: SharedTokenOptions): (want: Want) => Promise<void> {
  const { clock, emit, patienceMs, store } = options;
  let sinceFailure: (() => number) | undefined;

  /** A store that says nothing has failed as well: keys that it waits for, a disk, a network. */
  const use = <T>(work: () => Promise<T>) => storing(() => within(clock, STORE_MS, work));

  const load = async (key: string) => {
    const { revision = null, value = '' } =
      (await use(() => store.read(key)).catch(replaceable)) ?? {};
    const { failure, token, version } = parseJsonObject(value) ?? {};
    const isOurs = version === 1 && isTokenOf(key, token);
    return {
      revision,
      token: isOurs ? (token as KeptToken) : undefined,
      failure: isFailure(failure) ? failure : undefined,
    };
  };

  /** Looks again and again, until it has found something or is stopped. */
  const lookOut = (look: () => Promise<boolean>, found: AbortController) => {
    let stop = () => {};
    let isOver = false;
    const wait = () => {
      stop = clock.setTimer(() => void lookOnce(), LOOK_MS);
    };
    const lookOnce = async () => {
      // A store that fails says so to whoever wants the lock.
      if (await look().catch(() => false)) found.abort();
      else if (!isOver) wait();
    };
    wait();
    return () => {
      isOver = true;
      stop();
    };
  };

  return async ({ key, offer, postpone, request, signal }) => {
    let isServed = false;
    const takes = ({ failure, token }: Outcome) => {
      const isEnough = (!!token && offer(token)) || (!!failure && postpone(failure));
      isServed ||= isEnough;
      return isEnough;
    };
    const underLock = async () => {
      const { revision, ...found } = await load(key);
      // It may have come while we got the lock.
      if (isServed || takes(found)) return;
      isServed = true;
      const outcome = { token: found.token, ...(await request(found.failure?.attempts)) };
      // Where that is refused, somebody else has written one that will do as well.
      await use(() => store.write(key, JSON.stringify({ version: 1, ...outcome }), revision));
    };
    if (!sinceFailure || sinceFailure() >= STORE_PAUSE_MS) {
      try {
        // Mostly somebody else was there before, and nobody has to wait in line for that.
        if (!takes(await load(key))) {
          // All who wait are served at once, and not one after the other by way of the lock.
          const served = new AbortController();
          const stop = lookOut(async () => takes(await load(key)), served);
          const lock = {
            ...{ leaseMs: LEASE_MS, patienceMs },
            signal: AbortSignal.any([signal, served.signal]),
          };
          const work = () => {
            stop();
            return underLock();
          };
          await storing(() => store.withLock(key, work, lock)).finally(stop);
        }
        if (sinceFailure) emit({ type: 'storeRecovered' });
        sinceFailure = undefined;
      } catch (error) {
        // Neither says anything about the store.
        if (!/^(?:aborted|lock_timeout)$/.test(Object(error).code)) {
          if (!sinceFailure) emit({ type: 'storeFailed', error: error as AnyRelierError });
          sinceFailure = stopwatch(clock);
        }
      }
    }
    // Nobody waits for what was given up meanwhile.
    if (!isServed && !signal.aborted) await request();
  };
}

/** A record that cannot be read is none; it tells under which revision it can be replaced. */
function replaceable(error: unknown): { revision: string; value: string } {
  if (isRelierError(error) && error.code === 'record_unreadable' && error.revision) {
    return { revision: error.revision, value: '' };
  }
  throw error;
}

function isFailure(value: unknown): value is ServiceFailure {
  const { attempts, failedAt, retryAt } = Object(value);
  return [attempts, failedAt, retryAt].every(Number.isFinite);
}

function isTokenOf(key: string, token: unknown): boolean {
  try {
    requireTokenSet(token as KeptToken, 'token');
    return (token as KeptToken).key === key;
  } catch {
    return false;
  }
}
