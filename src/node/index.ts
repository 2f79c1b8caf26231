export type { SessionStore, StoredValue, StoreLockOptions } from '../storage/session-store.ts';
export { type FileStoreOptions, fileStore } from './file-store.ts';
