// A consumer's first file for what only Node has.
import { type FileStoreOptions, fileStore, type SessionStore } from 'relier/node';

const options: FileStoreOptions = { directory: '/var/lib/consumer/sessions' };
export const store: SessionStore = fileStore(options);

export async function stored(): Promise<string | undefined> {
  return (await store.read('session'))?.value;
}

// @ts-expect-error A directory is mandatory: the types arrived, they are not `any`.
fileStore({});
