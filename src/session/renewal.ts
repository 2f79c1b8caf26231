import { abortable } from '../abortable.ts';
import { type Clock, LONGEST_TIMER_MS } from '../clock.ts';
import { StorageError } from '../errors.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { storing } from '../storage/storing.ts';
import type { SessionLifecycle } from './environment.ts';
import { type LockedRenewal, SEND_WITHIN_MS, type Wish } from './locked-renewal.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Pause } from './refresh-pause.ts';
import { isSameToken, type SessionView } from './session-view.ts';
import { storeLock } from './store-lock.ts';
import type { TokenSource } from './token-source.ts';

/** Gets newer access tokens, one refresh at a time. */
export interface Renewal {
  /** Callers with the same key share one answer. */
  renew(wish: Wish): Promise<string>;
  close(): void;
}

export interface RenewalOptions {
  readonly key: string;
  readonly store: SessionStore;
  readonly source: TokenSource;
  readonly clock: Clock;
  readonly keeper: RecordKeeper;
  readonly pause: Pause;
  readonly view: SessionView;
  readonly lifecycle: SessionLifecycle | undefined;
  readonly alone: LockedRenewal;
}

// Beyond the time of one request: what begins in time fits into the lease of a lock, and a lease
// into a waiter's patience.
const LEASE_MS = SEND_WITHIN_MS + 2_000;
const PATIENCE_MS = LEASE_MS + 5_000;
const MOST_TRIES = 10;

export function renewal(options: RenewalOptions): Renewal {
  const { alone, clock, keeper, key, lifecycle, pause, source, store, view } = options;
  const inFlight = new Map<string, Promise<string>>();
  const closing = new AbortController();
  let queue: Promise<unknown> = Promise.resolve();

  const renew = async (wish: Wish): Promise<string> => {
    const name = `${wish.id} ${wish.key}`;
    const joined = inFlight.get(name);
    if (!joined) return start(name, wish);
    const token = await joined;
    // It may have begun before the caller learned that this very token will not do.
    const isOld = token === wish.rejected || isSameToken(view.find(wish.key)?.token, wish.instead);
    return isOld ? (inFlight.get(name) ?? start(name, wish)) : token;
  };

  const start = (name: string, wish: Wish): Promise<string> => {
    const work = queue.then(() => prepareAndRenew(wish));
    inFlight.set(name, work);
    const done = () => inFlight.delete(name);
    queue = work.then(done, done);
    return work;
  };

  const prepareAndRenew = async (wish: Wish): Promise<string> => {
    if (lifecycle?.isSuspended()) await awake(lifecycle, closing.signal);
    if (pause.reason(wish.key)) {
      // Somebody else may have been luckier.
      const found = await keeper.sync();
      const token = alone.usable(wish);
      if (token !== undefined) return token;
      if (!found?.record.failure) pause.endShared();
      const reason = pause.reason(wish.key);
      if (reason) throw reason;
    }
    const { record } = keeper.known() ?? {};
    if (record?.refreshToken) {
      try {
        await source.prepare(record);
      } catch (error) {
        pause.beginHere(error);
        throw error;
      }
    }
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (lifecycle?.isSuspended()) await awake(lifecycle, closing.signal);
      const token = await lockedOrServed(wish);
      if (token !== undefined) return token;
    }
    throw lockLost('The lock was lost again and again.');
  };

  /** Waits no longer than until somebody else has brought what is wanted. */
  const lockedOrServed = async (wish: Wish): Promise<string | undefined> => {
    const served = new AbortController();
    const stop = view.subscribe(() => {
      if (alone.usable(wish) !== undefined) served.abort();
    });
    try {
      return await locked((waitedMs) => alone.renew(wish, waitedMs), served.signal);
    } catch (error) {
      // Of those who were frozen meanwhile, some find that what was brought is over: they ask again.
      const isServed = served.signal.aborted && !closing.signal.aborted;
      const token = isServed ? alone.usable(wish) : undefined;
      if (token === undefined && !(isServed && Object(error).code === 'aborted')) throw error;
      return token;
    } finally {
      stop();
    }
  };

  const locked = storeLock({
    clock,
    run: (work, signals) => {
      const signal = AbortSignal.any([closing.signal, ...signals]);
      const leaseMs = source.timeoutMs + LEASE_MS;
      const patienceMs = source.timeoutMs + PATIENCE_MS;
      return new Promise((resolve, reject) => {
        // A store that forgets about us does not make us wait for ever.
        const stop = clock.setTimer(
          () => reject(lockLost('The store has not answered.')),
          Math.min(patienceMs + PATIENCE_MS, LONGEST_TIMER_MS),
        );
        const begun = () => {
          stop();
          return work();
        };
        storing(() => store.withLock(key, begun, { leaseMs, patienceMs, signal }))
          .finally(stop)
          .then(resolve, reject);
      });
    },
    unsaved: keeper.unsaved,
    sureMs: SEND_WITHIN_MS,
  });

  return {
    renew,
    close: () => closing.abort(),
  };
}

function lockLost(message: string): StorageError {
  return new StorageError(message, { code: 'lock_timeout', retryable: true });
}

/** Whoever is about to be frozen begins nothing that has to be finished. */
async function awake(lifecycle: SessionLifecycle, closed: AbortSignal): Promise<void> {
  let stop = () => {};
  const wake = () =>
    new Promise<void>((resolve) => {
      stop = lifecycle.listen(() => {
        if (!lifecycle.isSuspended()) resolve();
      });
    });
  await abortable(wake, closed, 'session').finally(() => stop());
}
