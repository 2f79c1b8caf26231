import { encodeBase64Url } from '../base64url.ts';
import { type Clock, LONGEST_TIMER_MS, systemClock } from '../clock.ts';
import { StorageError } from '../errors.ts';
import {
  invalidOption,
  requireAmount,
  requireClock,
  requireOptions,
  requireText,
} from '../options.ts';
import { type EncryptionKeys, encryptedStore } from '../storage/encrypted-store.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { type IoRedisClient, type RedisClient, scriptRunner } from './redis-client.ts';
import { withRedisLock } from './redis-lock.ts';

/** What {@link redisStore} takes besides the client. */
export interface RedisStoreOptions {
  /**
   * The keys that encrypt what is stored (AES-256-GCM): the first writes, all of them read, so a new
   * one is second everywhere before it is the first anywhere. Or a function that gets them when they
   * are first needed, and again after it failed.
   */
  readonly encryptionKeys: EncryptionKeys | (() => EncryptionKeys | Promise<EncryptionKeys>);
  /**
   * The beginning of all names in Redis.
   * @default 'relier'
   */
  readonly prefix?: string | undefined;
  /**
   * How long a record is kept after it was last written, in seconds.
   * @default 7_776_000, 90 days
   */
  readonly expireAfterSeconds?: number | undefined;
  /**
   * How long to wait for Redis, in milliseconds, whatever the client itself would do.
   * @default 2_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Where the time comes from. Locks and expiry go by Redis's own.
   * @default the platform's clock
   */
  readonly clock?: Clock | undefined;
}

const READ = `return redis.call('HMGET', KEYS[1], 'revision', 'value')`;

// A client that has lost its connection may send the same again: then it is done already.
const WRITE = `
local now = redis.call('HGET', KEYS[1], 'revision')
if now == ARGV[2] then return 1 end
if (now and '=' .. now or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'value', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

const DELETE = `
if redis.call('HGET', KEYS[1], 'revision') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

/** What Redis takes for a number of milliseconds, and more than anybody lives. */
const LONGEST_MS = 2 ** 50;

/**
 * Shares sessions and service tokens among all processes that use the same Redis. Values are
 * encrypted, names are digests, every step is atomic at Redis, and locks have a lease by its time.
 * The client stays yours: connected, told what to do about errors, and closed by you.
 *
 * Redis may lose what it has confirmed, and in a failover it does. What that means for locks and for
 * rotating refresh tokens, and how to set up the client, is in `docs/fleets.md`.
 *
 * @param client a connected client or cluster of the package `redis` or `ioredis`, or anything that
 *   can `eval` in the way of one of them
 * @param options `encryptionKeys`; `prefix`, `expireAfterSeconds`, `timeoutMs`, `clock`
 * @returns a store for any number of sessions, without `watch`. Its methods reject with a
 *   `StorageError`: `storage_failed` with a `reason` such as `ECONNREFUSED`, `timeout` or
 *   `READONLY`, `record_unreadable` where none of the keys opens a record, `lock_timeout`
 * @throws ConfigurationError `invalid_option`
 *
 * @example
 * ```ts
 * import { type Client, createServiceTokens } from 'relier'
 * import { type RedisClient, redisStore } from 'relier/redis'
 *
 * export const tokensOf = (client: Client, redis: RedisClient, key: Uint8Array) =>
 *   createServiceTokens({ client, store: redisStore(redis, { encryptionKeys: [key] }) })
 * ```
 */
export function redisStore(
  client: RedisClient | IoRedisClient,
  options: RedisStoreOptions,
): SessionStore {
  requireOptions(options);
  const { clock = systemClock, encryptionKeys, prefix = 'relier' } = options;
  const { expireAfterSeconds = 7_776_000, timeoutMs = 2_000 } = options;
  if (!encryptionKeys) throw invalidOption('encryptionKeys', 'must be given');
  // Braces say which part of a name decides about its place in a cluster.
  if (/[{}]/.test(requireText(prefix, 'prefix'))) {
    throw invalidOption('prefix', 'must not hold braces');
  }
  if (!requireAmount(expireAfterSeconds, 'expireAfterSeconds')) {
    throw invalidOption('expireAfterSeconds', 'must be more than 0');
  }
  requireClock(clock);
  const patienceMs = Math.min(requireAmount(timeoutMs, 'timeoutMs'), LONGEST_TIMER_MS);
  const run = scriptRunner(client, clock, patienceMs);
  const lifeMs = `${Math.ceil(Math.min(expireAfterSeconds * 1000, LONGEST_MS))}`;

  /** A key may be a secret, and names in Redis are seen by many. */
  const nameOf = async (key: string, what: 'record' | 'lock') => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));
    return `${prefix}:{${encodeBase64Url(new Uint8Array(digest))}}:${what}`;
  };

  const plain: SessionStore = {
    async read(key) {
      const [revision, value] = (await run(READ, await nameOf(key, 'record'))) as unknown[];
      if (isNothing(revision) && isNothing(value)) return undefined;
      if (isNothing(revision) || isNothing(value)) {
        throw new StorageError('Somebody else has written under the name of the record.', {
          code: 'record_unreadable',
          retryable: false,
        });
      }
      return { revision: `${revision}`, value: `${value}` };
    },
    async write(key, value, expectedRevision) {
      const revision = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
      const expected = expectedRevision === null ? '' : `=${expectedRevision}`;
      const name = await nameOf(key, 'record');
      return Number(await run(WRITE, name, expected, revision, value, lifeMs))
        ? revision
        : undefined;
    },
    async delete(key, expectedRevision) {
      return !!Number(await run(DELETE, await nameOf(key, 'record'), expectedRevision));
    },
    withLock: async (key, work, lock) =>
      withRedisLock(run, clock, await nameOf(key, 'lock'), work, lock),
  };
  return Object.freeze(encryptedStore(plain, encryptionKeys));
}

function isNothing(reply: unknown): boolean {
  return reply === null || reply === undefined;
}
