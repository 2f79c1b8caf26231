import { renameSync } from 'node:fs';
import { fileStore } from '../../src/node/index.ts';
import { describeOwner } from '../../src/node/lock-owner.ts';
import { everyFile } from './store-folder.ts';

/** The file whose name says who holds the only lock. */
export function lockFile(directory: string): string {
  return everyFile(directory).find((file) => /\.lock\/\d/.test(file)) as string;
}

/** The process that holds the only lock, if any. */
export function ownerOfLock(directory: string): number {
  return Number(lockFile(directory).split('.').at(-2));
}

/** Makes it so that somebody else holds the lock of `session`. */
export async function plantLock(directory: string, owner: string): Promise<string> {
  const store = fileStore({ directory });
  let file = '';
  const plant = async () => {
    file = lockFile(directory).replace(/held\..*$/, `held.${owner}`);
    renameSync(lockFile(directory), file);
  };
  await store.withLock('session', plant, { leaseMs: 1_000, patienceMs: 2_000 });
  return file;
}

/** This process as the owner of a lock, but for what is given. */
export function ownerWith(
  changes: Partial<Record<'host' | 'boot' | 'namespace' | 'pid' | 'started', string>>,
): string {
  const [host, boot, namespace, pid, started] = describeOwner().split('.');
  return Object.values({ host, boot, namespace, pid, started, ...changes }).join('.');
}
