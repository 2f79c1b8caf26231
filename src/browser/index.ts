export type { SessionStore, StoredValue, StoreLockOptions } from '../storage/session-store.ts';
export { completePopup } from './complete-popup.ts';
export {
  type BrowserSession,
  type BrowserSessionOptions,
  createBrowserSession,
  type SignInOptions,
  type SignInParameters,
  type SignOutOptions,
} from './create-browser-session.ts';
export { handleFrontchannelLogout } from './frontchannel-logout-page.ts';
export { type IndexedDbStoreOptions, indexedDbStore } from './indexed-db-store.ts';
export type { SignInMethod, SignOutMethod, SilentMethod } from './journey.ts';
export { type PopupOptions, popup } from './popup.ts';
export { type RedirectOptions, redirect } from './redirect.ts';
export type { SignInResult } from './sign-in-result.ts';
export { type SilentOptions, silent } from './silent.ts';
export { type StoredKeyOptions, storedKey, storedKeyPair } from './stored-key.ts';
export type { WindowResponseMode } from './window-answer.ts';
