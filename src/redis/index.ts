export type { EncryptionKey, EncryptionKeys } from '../storage/encrypted-store.ts';
export type { SessionStore, StoredValue, StoreLockOptions } from '../storage/session-store.ts';
export type { IoRedisClient, RedisClient } from './redis-client.ts';
export { type RedisStoreOptions, redisStore } from './redis-store.ts';
