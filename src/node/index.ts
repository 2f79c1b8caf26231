export type { LockOptions, SessionStore, StoredValue } from '../storage/session-store.ts';
export { type FileStoreOptions, fileStore } from './file-store.ts';
