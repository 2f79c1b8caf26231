import { createRequire } from 'node:module';
import { encryptedStore, type SessionStore } from '../../src/index.ts';
import { fileStore, keyringKey } from '../../src/node/index.ts';

/** Where all processes of a soak keep their session. */
export interface StoreSettings {
  readonly directory: string;
  /** The `package.json` beside which `@napi-rs/keyring` is installed, for an encrypted store. */
  readonly keyringPackage?: string | undefined;
}

/** Files, encrypted with a key of the system's keyring where there is one. */
export function soakStore({ directory, keyringPackage }: StoreSettings): SessionStore {
  const files = fileStore({ directory });
  if (!keyringPackage) return files;
  const keyring = createRequire(keyringPackage)('@napi-rs/keyring');
  // Ten processes on two cores, each of which asks a daemon.
  const timeoutMs = 15_000;
  return encryptedStore(files, keyringKey({ keyring, service: 'relier-soak', timeoutMs }));
}
