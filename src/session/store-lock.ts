import { type Clock, stopwatch } from '../clock.ts';

export interface StoreLockOptions {
  readonly clock: Clock;
  /** Runs work under the lock of the store. */
  readonly run: (work: () => Promise<void>, signals: readonly AbortSignal[]) => Promise<void>;
  /** What only this context has; while there is such a thing, nobody else may get the lock. */
  readonly unsaved: () => Promise<void> | undefined;
  /** How long a lock is surely ours after the last sign of life. */
  readonly sureMs: number;
}

/** How often a context that keeps the lock looks whether it still runs. */
const BEAT_MS = 1_000;

/**
 * Runs work under a store's lock; it is told how long the lock was waited for. While the store
 * refuses what only this context has, the lock stays ours, so that nobody spends what is already
 * spent; the callers do not wait for that, and go on as guests of the lock.
 */
export function storeLock({ clock, run, sureMs, unsaved }: StoreLockOptions) {
  let held: { sinceSign: () => number; guests: Promise<unknown> } | undefined;
  /** Those who have asked for the lock: once this context keeps it, they go on as guests, too. */
  const waiting = new Set<() => void>();

  const locked = <T>(work: (waitedMs: number) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (held && held.sinceSign() < sureMs) {
      const result = work(held.sinceSign());
      held.guests = Promise.allSettled([held.guests, result]);
      return result;
    }
    return new Promise((resolve, reject) => {
      const sinceAsked = stopwatch(clock);
      const joining = new AbortController();
      const join = () => {
        waiting.delete(join);
        joining.abort();
        locked(work, signal).then(resolve, reject);
      };
      waiting.add(join);
      const alone = async () => {
        if (!waiting.delete(join)) return;
        await work(sinceAsked()).then(resolve, reject);
        while (unsaved() && (await keep()));
      };
      run(alone, [joining.signal, ...(signal ? [signal] : [])]).catch((error) => {
        if (waiting.delete(join)) reject(error);
      });
    });
  };

  /** Until all is saved; `false` if this context stood still for so long that the lock may be lost. */
  const keep = async (): Promise<boolean> => {
    if (held) return false;
    const own = { sinceSign: stopwatch(clock), guests: Promise.resolve() as Promise<unknown> };
    held = own;
    for (const join of [...waiting]) join();
    let stop = () => {};
    const lost = new Promise<boolean>((resolve) => {
      const beat = () => {
        stop = clock.setTimer(() => {
          if (own.sinceSign() > sureMs) return resolve(true);
          own.sinceSign = stopwatch(clock);
          beat();
        }, BEAT_MS);
      };
      beat();
    });
    const isLost = await Promise.race([lost, unsaved()]);
    stop();
    held = undefined;
    await own.guests;
    // Whoever has it now will not have it for ever.
    if (isLost) locked(async () => {}).catch(() => {});
    return !isLost;
  };

  return locked;
}
