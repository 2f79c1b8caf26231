import { StorageError } from '../../src/errors.ts';
import type { StoreLockOptions } from '../../src/storage/session-store.ts';
import type { Context, LockFate } from './context.ts';
import type { Ledger } from './ledger.ts';
import { between } from './random.ts';
import type { Simulator } from './simulator.ts';

/** One lock that contexts share, as `SessionStore` describes it. */
export interface Locks {
  withLock<T>(context: Context, work: () => Promise<T>, options: StoreLockOptions): Promise<T>;
  /** What a context's end or standstill does to the lock. */
  stopped(context: Context, fate: LockFate | 'frozen'): void;
}

interface Claim {
  readonly context: Context;
  readonly leaseMs: number;
  state: 'waiting' | 'granted' | 'over';
  /** The last sign of life, once there are no more. */
  lastSignAt: number | undefined;
  grant(): void;
}

export interface LocksOptions {
  readonly simulator: Simulator;
  readonly ledger: Ledger;
  /**
   * Whether a store looks again before it lets an owner begin that was frozen just when the lock
   * became its own. Not all can.
   */
  readonly isChecked: boolean;
  readonly onTakeover: (from: Context) => void;
}

export function createLocks({ isChecked, ledger, onTakeover, simulator }: LocksOptions): Locks {
  let owner: Claim | undefined;
  let waiting: Claim[] = [];

  const next = () => {
    waiting = waiting.filter(({ context, state }) => state === 'waiting' && !context.isCrashed());
    if (owner) takeOverWhenDue(owner);
    if (owner || waiting.length === 0) return;
    owner = waiting.shift() as Claim;
    owner.state = 'granted';
    owner.lastSignAt = owner.context.isRunning() ? undefined : simulator.now();
    owner.grant();
    if (owner.lastSignAt !== undefined) takeOverLater(owner);
  };

  const release = (claim: Claim) => {
    if (owner !== claim) return;
    owner = undefined;
    next();
  };

  const takeOverLater = (claim: Claim) => {
    const due = (claim.lastSignAt as number) + claim.leaseMs - simulator.now();
    simulator.after(due + 1, () => {
      if (owner === claim) next();
    });
  };

  const takeOverWhenDue = (claim: Claim) => {
    const { context, lastSignAt, leaseMs } = claim;
    if (context.isRunning() || lastSignAt === undefined) return;
    if (simulator.now() <= lastSignAt + leaseMs || waiting.length === 0) return;
    ledger.count('takeovers');
    ledger.note(() => `the lock of ${context.name} is taken over`);
    onTakeover(context);
    owner = undefined;
  };

  return {
    withLock: <T>(context: Context, work: () => Promise<T>, lockOptions: StoreLockOptions) => {
      const { leaseMs, patienceMs, signal } = lockOptions;
      return context.operation<T>((settle) => {
        let answer = (): void => {};
        const run = () => {
          if (claim.state === 'over') return release(claim);
          if (isChecked && owner !== claim) return ask();
          forget();
          ledger.note(() => `${context.name} has the lock`);
          work().then(
            (result) => end(() => settle.resolve(result)),
            (error) => end(() => settle.reject(error)),
          );
        };
        const end = (tell: () => void) => {
          if (context.isCrashed()) return;
          answer = tell;
          claim.state = 'over';
          simulator.after(context.latency(), () => release(claim));
          context.later(context.latency(), () => answer());
        };
        const claim: Claim = {
          context,
          leaseMs,
          state: 'waiting',
          lastSignAt: undefined,
          grant: () => context.later(context.latency(), run),
        };
        let isImpatient = false;
        const ask = () => {
          claim.state = 'waiting';
          if (isImpatient) return giveUp(lockTimeout());
          waiting.push(claim);
          next();
        };
        const giveUp = (reason: unknown) => {
          if (claim.state !== 'waiting') return;
          claim.state = 'over';
          forget();
          settle.reject(reason);
        };
        const abort = () => giveUp(signal?.reason);
        const forget = () => signal?.removeEventListener('abort', abort);
        signal?.addEventListener('abort', abort);
        context.later(patienceMs, () => {
          isImpatient = true;
          giveUp(lockTimeout());
        });
        simulator.after(context.latency(), () => {
          if (claim.state === 'waiting' && !context.isCrashed()) ask();
        });
      });
    },
    stopped(context, fate) {
      if (owner?.context !== context) return;
      if (fate === 'released') {
        simulator.after(context.latency(), () => next());
        const lost = owner;
        owner = undefined;
        ledger.note(() => `the lock of ${lost.context.name} is released`);
        return;
      }
      // Signs of life come now and then, the last one some time ago.
      const claim = owner;
      const hadStopped = fate === 'leased' && context.frozenFor() > 0;
      if (claim.lastSignAt === undefined || !hadStopped) {
        claim.lastSignAt = simulator.now() - between(context.random, 0, claim.leaseMs / 4);
      }
      takeOverLater(claim);
    },
  };
}

function lockTimeout(): StorageError {
  return new StorageError('The lock was not free in time.', {
    code: 'lock_timeout',
    retryable: true,
  });
}
