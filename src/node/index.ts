export type { SessionStore, StoredValue, StoreLockOptions } from '../storage/session-store.ts';
export type { CallbackTexts } from './callback-page.ts';
export { createTransport, type HttpTransport } from './create-transport.ts';
export { type FileStoreOptions, fileStore } from './file-store.ts';
export {
  type Keyring,
  type KeyringEntry,
  type KeyringKeyOptions,
  keyringKey,
} from './keyring-key.ts';
export type { LoopbackHost } from './loopback-listener.ts';
export { openBrowser } from './open-browser.ts';
export { type DeviceSignInOptions, signInWithDevice } from './sign-in-with-device.ts';
export { type LoopbackSignInOptions, signInWithLoopback } from './sign-in-with-loopback.ts';
export { type StoredKeyPairOptions, storedKeyPair } from './stored-key-pair.ts';
export {
  type TerminalOutput,
  type TerminalPromptOptions,
  terminalPrompt,
} from './terminal-prompt.ts';
export type { TransportOptions } from './transport-options.ts';
export type { TransportProxy } from './transport-proxy.ts';
export type { ClientCertificate } from './transport-tls.ts';
