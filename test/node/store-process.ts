// A process with a file store that does what its parent says: started by processes.ts.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { fileStore } from '../../src/node/index.ts';
import type { StoreLockOptions } from '../../src/storage/session-store.ts';

const store = fileStore({ directory: process.argv[2] as string });
const calls: string[] = [];
const unlocks = new Map<string, () => Promise<void>>();

const actions = {
  read: store.read,
  write: store.write,
  delete: store.delete,

  /** Returns when the lock is held; the work lasts until `unlock`. */
  lock(key: string, options: StoreLockOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = store.withLock(
        key,
        () =>
          new Promise<void>((release) => {
            unlocks.set(key, () => {
              release();
              return ended;
            });
            resolve();
          }),
        options,
      );
      ended.catch(reject);
    });
  },
  unlock: (key: string) => unlocks.get(key)?.(),

  /** Adds to a number, and says each time that it has. */
  async count(key: string, times: number, options?: StoreLockOptions): Promise<void> {
    for (let done = 0; done < times; ) {
      const add = async () => {
        const record = await store.read(key);
        const next = numberIn(record?.value) + 1;
        const value = String(next).padEnd(4_000, ` ${next}`);
        return store.write(key, value, record?.revision ?? null);
      };
      const revision = await (options ? store.withLock(key, add, options) : add());
      if (!revision) {
        // All at once and again would keep the disk busy with what comes too late.
        await pause(Math.random() * 8);
        continue;
      }
      done += 1;
      process.send?.({ counted: done });
    }
  },

  /**
   * Creates the record or deletes it, with the lock every other time, and says how often it did.
   * Fails where somebody else is at work under the same lock.
   */
  async churn(key: string, times: number, options: StoreLockOptions): Promise<[number, number]> {
    const inside = `${process.argv[2]}.inside`;
    let [created, deleted] = [0, 0];
    const turn = async () => {
      const record = await store.read(key);
      if (!record) created += (await store.write(key, 'value', null)) ? 1 : 0;
      else deleted += (await store.delete(key, record.revision)) ? 1 : 0;
    };
    const alone = async () => {
      await fs.mkdir(inside);
      await turn();
      await fs.rmdir(inside);
    };
    for (let round = 0; round < times; round += 1) {
      await (round % 2 ? store.withLock(key, alone, options) : turn());
    }
    return [created, deleted];
  },

  /** From now on, the process stops itself just before it renames a file to a name like this. */
  async freezeBefore(pattern: string): Promise<void> {
    const { rename } = fs;
    fs.rename = async (from, to) => {
      if (new RegExp(pattern).test(String(to))) process.kill(process.pid, 'SIGSTOP');
      return rename(from, to);
    };
    syncBuiltinESMExports();
  },
  /** From now on, the process stops itself just after it has renamed a file to a name like this. */
  async freezeAfter(pattern: string): Promise<void> {
    const { rename } = fs;
    fs.rename = async (from, to) => {
      await rename(from, to);
      if (new RegExp(pattern).test(String(to))) process.kill(process.pid, 'SIGSTOP');
    };
    syncBuiltinESMExports();
  },
  /** From now on, notes what is made durable and what is renamed, in this order. */
  async note(): Promise<void> {
    const { open, rename } = fs;
    fs.open = async (path, ...rest) => {
      const file = await open(path, ...rest);
      const { sync } = file;
      file.sync = async () => {
        await sync.call(file);
        calls.push(`sync ${kindOf(path)}`);
      };
      return file;
    };
    fs.rename = async (from, to) => {
      await rename(from, to);
      calls.push(`rename ${kindOf(from)} to ${kindOf(to)}`);
    };
    syncBuiltinESMExports();
  },
  noted: async () => calls.splice(0),
  async umask(mask: number): Promise<void> {
    process.umask(mask);
  },
  /** Lets go of the parent: with nothing else to do, the process ends. */
  async letGo(key: string): Promise<void> {
    store.watch?.(key, () => {});
    const endless = () => new Promise(() => {});
    store.withLock(key, endless, { leaseMs: 100, patienceMs: 200 }).catch(() => {});
    setTimeout(() => process.disconnect(), 50);
  },
};

export type Actions = typeof actions;

export interface Command {
  readonly id: number;
  readonly action: keyof Actions;
  readonly args: unknown[];
}

process.on('message', ({ id, action, args }: Command) => {
  const act = actions[action] as (...args: unknown[]) => Promise<unknown>;
  act(...args).then(
    (result) => process.send?.({ id, result }),
    (error) => process.send?.({ id, error: { ...error, message: error.message } }),
  );
});
process.send?.({ ready: true });

function kindOf(path: unknown): string {
  return /\.[a-z]+$/.exec(String(path))?.[0] ?? 'folder';
}

function numberIn(value = '0'): number {
  return Number.parseInt(value, 10);
}
