import { invalidOption } from '../options.ts';
import type { ClientContext } from './create-client.ts';

/**
 * Remembers identifiers of tokens that were used. A service with several processes shares one, with
 * an atomic "set if absent".
 */
export interface ReplayGuard {
  /**
   * Whether `id` is new; it is not from then on, until `expiresAt` (milliseconds since the epoch, a
   * whole number).
   */
  isNew(id: string, expiresAt: number): boolean | Promise<boolean>;
}

const guards = new WeakMap<ClientContext, ReplayGuard>();

/** The guard that was given, or the one of this client in this process. */
export function guardOf(context: ClientContext, given: ReplayGuard | undefined): ReplayGuard {
  if (given !== undefined) {
    if (typeof given?.isNew === 'function') return given;
    throw invalidOption('replayGuard', 'must have the method of a ReplayGuard');
  }
  let guard = guards.get(context);
  if (!guard) {
    guard = memoryReplayGuard(context);
    guards.set(context, guard);
  }
  return guard;
}

const CLEAN_EVERY = 1000;

function memoryReplayGuard({ clock }: ClientContext): ReplayGuard {
  const known = new Map<string, number>();
  let untilCleaning = CLEAN_EVERY;
  return {
    isNew(id, expiresAt) {
      const now = clock.now();
      untilCleaning -= 1;
      if (untilCleaning === 0) {
        untilCleaning = CLEAN_EVERY;
        for (const [old, until] of known) if (until < now) known.delete(old);
      }
      if ((known.get(id) ?? 0) >= now) return false;
      known.set(id, expiresAt);
      return true;
    },
  };
}
