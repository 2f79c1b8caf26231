import { encryptedStore, type SessionStore } from 'relier';
import { fileStore, keyringKey } from 'relier/node';
import type { Settings } from './settings.ts';

/** The session on the disk, encrypted, unless the person wants it otherwise. */
export async function sessionStore({ directory, key, store }: Settings): Promise<SessionStore> {
  const files = fileStore({ directory });
  if (store === 'plaintext') return files;
  if (store === 'key') return encryptedStore(files, Buffer.from(key, 'base64url'));
  const keyring = await import('@napi-rs/keyring');
  return encryptedStore(files, keyringKey({ keyring, service: 'relier-example-cli' }));
}
