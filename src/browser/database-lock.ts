import { abortable } from '../abortable.ts';
import { systemClock } from '../clock.ts';
import { StorageError } from '../errors.ts';
import { requireAmount, requireOptions } from '../options.ts';
import type { StoreLockOptions } from '../storage/session-store.ts';
import type { Database } from './database.ts';
import { randomName } from './random-name.ts';

/** Who has a lock, as it stands in the database. */
interface Holder {
  /** Names this very use of the lock. */
  readonly owner: string;
  /** Whether the owner has a Web Lock of that name for as long as it wants this lock. */
  readonly isHeld: boolean;
}

/** What owners and waiters say to each other. An owner's name is good for nothing else. */
interface Message {
  readonly kind: 'knock' | 'alive' | 'free';
  readonly owner: string;
}

/** So many knocks without an answer make a lease. */
const KNOCKS = 4;
// What a browser takes for a number of milliseconds; more becomes 1.
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs work while nobody else holds the lock, in this page or another. The database says who holds
 * it, so taking it from somebody who is gone is one transaction, like all else: of two who try, one
 * fails, and nobody can take it from the wrong one. A Web Lock tells when an owner ends or dies.
 * Whether it is awake is asked on a channel: messages come through in the background, where timers
 * do not, and while the database is full.
 */
export async function withDatabaseLock<T>(
  database: Database,
  databaseName: string,
  key: string,
  work: () => Promise<T>,
  options: StoreLockOptions,
): Promise<T> {
  requireOptions(options);
  requireAmount(options.leaseMs, 'leaseMs');
  requireAmount(options.patienceMs, 'patienceMs');
  let leave = () => {};
  const enter = () => {
    const place = takePlace(database, `relier:locks:${databaseName}`, ['lock', key], options);
    leave = place.leave;
    return place.turn;
  };
  try {
    await abortable(enter, options.signal, 'storage');
    return await work();
  } finally {
    leave();
  }
}

/** A place among those who want the lock. To leave it is to give up waiting, or the lock. */
function takePlace(
  database: Database,
  channelName: string,
  lockKey: IDBValidKey,
  { leaseMs, patienceMs }: StoreLockOptions,
): { readonly turn: Promise<unknown>; leave(): void } {
  const owner = `relier:lock:${randomName()}`;
  const leaving = new AbortController();
  const { signal } = leaving;
  const left = new Promise((resolve) => signal.addEventListener('abort', resolve));
  /** They may end before it is known here that they have begun. */
  const ended = new Set<unknown>();
  let hear = (_: Message) => {};
  let cancelPatience: (() => void) | undefined;
  let losePatience = () => {};

  const channel = new BroadcastChannel(channelName);
  const say = (kind: Message['kind'], owner: string) => channel.postMessage({ kind, owner });
  channel.onmessage = ({ data }) => {
    const message: Message = Object(data);
    if (message.kind === 'free') ended.add(message.owner);
    if (message.kind !== 'knock') hear(message);
    else if (message.owner === owner) say('alive', owner);
  };

  /** Whoever holds the lock, unless it is ours now. */
  const claim = (gone: string | undefined, isHeld: boolean) =>
    database(
      lockKey,
      (stored, store) => {
        const holder: Holder = Object(stored);
        const isOthers = ![gone, owner].includes(holder.owner);
        if (typeof holder.owner === 'string' && isOthers) return holder;
        store.put({ owner, isHeld } satisfies Holder, lockKey);
        return undefined;
      },
      'relaxed',
    );

  /** Until the other one has ended, or given no sign of life for a whole lease. */
  const endOf = (other: Holder) =>
    new Promise<void>((resolve) => {
      let unanswered = 0;
      let cancel = () => {};
      const end = () => {
        cancel();
        resolve();
      };
      hear = ({ kind, owner }) => {
        if (owner !== other.owner) return;
        unanswered = 0;
        if (kind === 'free') end();
      };
      // Knocks are counted, not time: when we slept, the other one had no chance to answer.
      const knock = () => {
        if (unanswered === KNOCKS) return end();
        unanswered += 1;
        say('knock', other.owner);
        cancel = systemClock.setTimer(knock, Math.min(leaseMs / KNOCKS, MAX_TIMER_MS));
      };
      knock();
      void left.then(end);
      if (ended.has(other.owner)) end();
      // Shared, so that a waiter who sleeps keeps nobody waiting.
      if (other.isHeld) {
        webLocks()
          ?.request(other.owner, { mode: 'shared', signal }, end)
          .catch(() => {});
      }
    });

  const take = async () => {
    const isHeld = await holdWebLock(owner, left);
    for (let gone: string | undefined; !signal.aborted; ) {
      const other = await claim(gone, isHeld);
      if (!other) return true;
      cancelPatience ??= systemClock.setTimer(losePatience, Math.min(patienceMs, MAX_TIMER_MS));
      await endOf(other);
      gone = other.owner;
    }
    return false;
  };

  const release = () =>
    database(
      lockKey,
      (stored, store) => {
        if (Object(stored).owner === owner) store.delete(lockKey);
      },
      'relaxed',
    );

  const impatience = new Promise<never>((_, reject) => {
    losePatience = () => reject(lockTimeout(patienceMs));
  });
  const taken = take();
  return {
    turn: Promise.race([taken, impatience]),
    leave() {
      cancelPatience?.();
      channel.onmessage = null;
      leaving.abort();
      // Nobody waits for this: where it fails, the lock is free without it.
      taken
        .then(async (isOurs) => {
          if (isOurs) await release();
        })
        .catch(() => {})
        .then(() => {
          say('free', owner);
          channel.close();
        });
    },
  };
}

/** Holds a Web Lock of one's own. `false` where there are none. */
function holdWebLock(name: string, until: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const request = webLocks()?.request(name, () => {
      resolve(true);
      return until;
    });
    if (request) request.catch(() => resolve(false));
    else resolve(false);
  });
}

function webLocks(): LockManager | undefined {
  return globalThis.navigator?.locks;
}

function lockTimeout(patienceMs: number): StorageError {
  return new StorageError(`Others held the lock for ${patienceMs} ms.`, {
    code: 'lock_timeout',
    retryable: true,
  });
}
