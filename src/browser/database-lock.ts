import { abortable } from '../abortable.ts';
import { LONGEST_TIMER_MS, systemClock } from '../clock.ts';
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
  let place: Place | undefined;
  const enter = () => {
    place = takePlace(database, `relier:locks:${databaseName}`, ['lock', key], options);
    return place.turn;
  };
  try {
    await abortable(enter, options.signal, 'storage');
    return await work();
  } finally {
    void place?.leave();
  }
}

/** A place among those who want the lock. */
interface Place {
  readonly turn: Promise<void>;
  /** Gives up waiting, or the lock; never rejects. */
  leave(): Promise<void>;
}

function takePlace(
  database: Database,
  channelName: string,
  lockKey: IDBValidKey,
  { leaseMs, patienceMs }: StoreLockOptions,
): Place {
  const owner = `relier:lock:${randomName()}`;
  const leaving = new AbortController();
  const { signal } = leaving;
  const left = new Promise((resolve) => signal.addEventListener('abort', resolve));
  /** They may end before it is known here that they have begun. */
  const ended = new Set<unknown>();
  let hear = (_: Message) => {};
  let cancelPatience: (() => void) | undefined;

  const channel = new BroadcastChannel(channelName);
  const say = (kind: Message['kind'], owner: string) => channel.postMessage({ kind, owner });
  channel.onmessage = ({ data }) => {
    const message: Message = Object(data);
    if (message.kind === 'free') ended.add(message.owner);
    if (message.kind !== 'knock') hear(message);
    else if (message.owner === owner) say('alive', owner);
  };

  /** Puts somebody in the place of us, of nobody, or of one who is gone. Returns who else is there. */
  const install = (next: Holder | undefined, gone?: string) =>
    database(
      lockKey,
      (stored, store) => {
        const holder: Holder = Object(stored);
        const isOther = typeof holder.owner === 'string' && holder.owner !== owner;
        if (isOther && holder.owner !== gone) return holder;
        if (next) store.put(next, lockKey);
        else store.delete(lockKey);
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
      // Knocks are counted, not time: while we slept, nobody had a chance to answer.
      const knock = () => {
        if (unanswered === KNOCKS) return end();
        unanswered += 1;
        say('knock', other.owner);
        cancel = setTimer(knock, leaseMs / KNOCKS);
      };
      knock();
      void left.then(end);
      if (ended.has(other.owner)) end();
      // Shared, so that a waiter who sleeps keeps no other one waiting.
      const request = { mode: 'shared', signal } as const;
      const locks = other.isHeld ? webLocks() : undefined;
      locks?.request(other.owner, request, end).catch(() => {});
    });

  const take = async () => {
    const own = { owner, isHeld: await holdWebLock(owner, left) };
    for (let other = await install(own); other && !signal.aborted; ) {
      cancelPatience ??= setTimer(losePatience, patienceMs);
      await endOf(other);
      if (!signal.aborted) other = await install(own, other.owner);
    }
  };

  let losePatience = () => {};
  const impatience = new Promise<never>((_, reject) => {
    losePatience = () => reject(lockTimeout(patienceMs));
  });
  const taken = take();
  return {
    turn: Promise.race([taken, impatience]),
    async leave() {
      cancelPatience?.();
      // No signs of life from now on.
      channel.onmessage = null;
      leaving.abort();
      await taken.catch(() => {});
      // Where this fails, others find out that the owner has ended.
      await install(undefined).catch(() => {});
      say('free', owner);
      channel.close();
    },
  };
}

/** Holds a Web Lock of one's own. Says whether it does: `false` where there are none. */
function holdWebLock(name: string, until: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const refused = () => resolve(false);
    const request = webLocks()?.request(name, () => {
      resolve(true);
      return until;
    });
    if (request) request.catch(refused);
    else refused();
  });
}

function webLocks(): LockManager | undefined {
  return globalThis.navigator?.locks;
}

function setTimer(callback: () => void, delayMs: number): () => void {
  return systemClock.setTimer(callback, Math.min(delayMs, LONGEST_TIMER_MS));
}

function lockTimeout(patienceMs: number): StorageError {
  return new StorageError(`Others held the lock for ${patienceMs} ms.`, {
    code: 'lock_timeout',
    retryable: true,
  });
}
