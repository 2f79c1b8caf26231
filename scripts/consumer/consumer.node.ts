// A consumer's first file for what only Node has.
import { type Client, encryptedStore } from 'relier';
import {
  type FileStoreOptions,
  fileStore,
  type Keyring,
  keyringKey,
  type SessionStore,
  signInWithLoopback,
} from 'relier/node';

const options: FileStoreOptions = { directory: '/var/lib/consumer/sessions' };
export const store: SessionStore = fileStore(options);

export async function stored(): Promise<string | undefined> {
  return (await store.read('session'))?.value;
}

export const encrypted = (keyring: Keyring): SessionStore =>
  encryptedStore(store, keyringKey({ keyring, service: 'com.example.consumer' }));

export const signIn = (client: Client) => signInWithLoopback(client, { port: [8420, 8421] });

// @ts-expect-error A directory is mandatory: the types arrived, they are not `any`.
fileStore({});

// @ts-expect-error The redirect URI is made from host, port and path.
export const wrong = (client: Client) => signInWithLoopback(client, { redirectUri: 'x' });
