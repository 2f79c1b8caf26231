import { abortable } from '../abortable.ts';
import { encodeBase64Url } from '../base64url.ts';
import { type Clock, LONGEST_TIMER_MS, stopwatch } from '../clock.ts';
import { StorageError } from '../errors.ts';
import { requireAmount } from '../options.ts';
import type { StoreLockOptions } from '../storage/session-store.ts';
import type { RunScript } from './redis-client.ts';

// Taken and kept by the same words, so that an owner whose lease ran out while it was away keeps a
// lock that nobody else wanted meanwhile. Time is Redis's own.
const HOLD = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** Runs work while nobody else holds the lock under this name at the same Redis. */
export async function withRedisLock<T>(
  run: RunScript,
  clock: Clock,
  name: string,
  work: () => Promise<T>,
  { leaseMs, patienceMs, signal }: StoreLockOptions,
): Promise<T> {
  requireAmount(patienceMs, 'patienceMs');
  const lease = Math.ceil(
    Math.min(Math.max(1, requireAmount(leaseMs, 'leaseMs')), LONGEST_TIMER_MS),
  );
  const owner = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
  const hold = () => run(HOLD, name, owner, `${lease}`);
  const release = () => run(RELEASE, name, owner).catch(() => {});
  await acquire(hold, release, clock, patienceMs, signal);

  const timer = setInterval(() => void hold().catch(() => {}), lease / 3);
  // A sign of life keeps nobody alive.
  Object(timer).unref?.();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    // Whoever cannot release it gives no more signs of life, and loses it all the same.
    await release();
  }
}

async function acquire(
  hold: () => Promise<unknown>,
  release: () => Promise<unknown>,
  clock: Clock,
  patienceMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const waited = stopwatch(clock);
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 50)) {
    let isSent = false;
    const attempt = () => {
      isSent = true;
      return hold();
    };
    try {
      if (Number(await abortable(attempt, signal, 'storage'))) return;
    } catch (error) {
      // Redis may hear of the attempt yet. Commands arrive in their order, so this undoes it.
      if (isSent) void release();
      throw error;
    }
    const leftMs = patienceMs - waited();
    if (leftMs <= 0) {
      throw new StorageError(`Others held the lock for ${patienceMs} ms.`, {
        code: 'lock_timeout',
        retryable: true,
      });
    }
    const restMs = Math.min(leftMs, pauseMs * (0.5 + Math.random()));
    await abortable(() => rest(clock, restMs), signal, 'storage');
  }
}

function rest(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, ms);
  });
}
