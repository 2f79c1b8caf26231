import { renameSync } from 'node:fs';
import { abortable } from '../abortable.ts';
import { LONGEST_TIMER_MS } from '../clock.ts';
import { StorageError } from '../errors.ts';
import { requireAmount, requireOptions } from '../options.ts';
import type { StoreLockOptions } from '../storage/session-store.ts';
import { enterQueue } from './local-queue.ts';
import { describeOwner, isDead } from './lock-owner.ts';
import { type CellName, DELETED, type NameCell, nameCell, nextName } from './name-cell.ts';
import { onFiles } from './system-errors.ts';

/**
 * Runs work while nobody else holds the lock, in this process or another. The head of the folder's
 * names says who holds it, so taking it from somebody who is gone is one rename, like all else: of
 * two who try, one fails, and an owner that was robbed in its sleep finds nothing to release.
 *
 * @param name names the lock within this process, where the order of arrival counts.
 * @param open gives the lock's folder, whose parent has to exist.
 * @param isLastUse whether nobody is likely to need the lock again, so that its folder may go.
 */
export async function withFileLock<T>(
  name: string,
  open: () => Promise<string>,
  isLastUse: () => Promise<boolean>,
  work: () => Promise<T>,
  options: StoreLockOptions,
): Promise<T> {
  requireOptions(options);
  const leaseMs = requireAmount(options.leaseMs, 'leaseMs');
  const patience = patienceOf(options);
  const leave = await enterQueue(name, patience.wait);
  try {
    const cell = nameCell(await open(), /^(?:free|held\..*)$/, 'free');
    const held = await onFiles(cell.folder, () => acquire(cell, leaseMs, patience));
    const stop = startHeartbeat(cell, held, leaseMs);
    try {
      return await work();
    } finally {
      const state = (await isLastUse().catch(() => false)) ? DELETED : 'free';
      const last = stop();
      // Who cannot release gives no signs of life any more, and loses the lock all the same.
      await cell.swap(last, nextName(last, state)).catch(() => false);
      // This removes what is deleted.
      if (state === DELETED) await cell.read().catch(() => {});
    }
  } finally {
    leave();
  }
}

interface Patience {
  /** Waits for something, as long as the caller has patience. */
  wait(what: Promise<unknown>): Promise<void>;
  /** A pause, and throws once patience has ended. */
  pause(ms: number): Promise<void>;
}

function patienceOf({ patienceMs, signal }: StoreLockOptions): Patience {
  requireAmount(patienceMs, 'patienceMs');
  const end = performance.now() + patienceMs;
  const timeout = () =>
    new StorageError(`Others held the lock for ${patienceMs} ms.`, {
      code: 'lock_timeout',
      retryable: true,
    });

  async function wait(what: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(timeout()),
        Math.min(end - performance.now(), LONGEST_TIMER_MS),
      );
    });
    try {
      await abortable(() => Promise.race([what, ended]), signal, 'storage');
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    wait,
    pause: (ms) => wait(new Promise((resolve) => setTimeout(resolve, ms))),
  };
}

async function acquire(cell: NameCell, leaseMs: number, patience: Patience): Promise<CellName> {
  const isSilent = silenceFor(leaseMs);
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 50)) {
    const { head } = await cell.open();
    if (!head) throw damaged(cell.folder);
    const owner = head.state.replace(/^held\./, '');
    if (head.state === 'free' || isDead(owner) || isSilent(head)) {
      const held = nextName(head, `held.${describeOwner()}`);
      if (await cell.swap(head, held)) return held;
    }
    await patience.pause(pauseMs * (0.5 + Math.random()));
  }
}

/**
 * Tells whether an owner has given no sign of life for a whole lease. Only time counts in which we
 * were awake to see one: when a whole machine slept, its owners had no chance to give any.
 */
function silenceFor(leaseMs: number): (head: CellName) => boolean {
  let seen = '';
  let seenAt = 0;
  let silentMs = 0;
  return ({ id }) => {
    const now = performance.now();
    silentMs = id === seen ? silentMs + Math.min(now - seenAt, leaseMs / 4) : 0;
    [seen, seenAt] = [id, now];
    return silentMs >= leaseMs;
  };
}

/**
 * Gives signs of life: a new name each time. So no clock has a say, and a thief who takes an owner
 * for dead that comes back to life comes too late. Synchronously, because lookups of names in a
 * network that hangs can keep all of Node's threads busy for longer than a lease.
 *
 * @returns what to call in the end; it gives the last name.
 */
function startHeartbeat(cell: NameCell, held: CellName, leaseMs: number): () => CellName {
  let head = held;
  const timer = setInterval(
    () => {
      const next = nextName(head, head.state);
      try {
        renameSync(cell.path(head), cell.path(next));
        head = next;
      } catch {
        // Robbed, or a disk that fails: the work decides when it ends.
      }
    },
    Math.min(leaseMs / 4, LONGEST_TIMER_MS),
  );
  timer.unref();
  return () => {
    clearInterval(timer);
    return head;
  };
}

function damaged(path: string): StorageError {
  return new StorageError(`${path} is damaged, or was not made by this library.`, {
    code: 'storage_failed',
    retryable: false,
    path,
  });
}
