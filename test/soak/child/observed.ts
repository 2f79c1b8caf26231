import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { SessionStore } from '../../../src/node/index.ts';
import type { Fetch } from '../../../src/transport.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Note } from '../journal.ts';

/** Something on the way of a refresh, at which a process can be made to wait or to stand still. */
export type Place = 'intent stored' | 'before sending' | 'answered';

export type Reached = (place: Place) => Promise<void> | void;

/** Tells the server who asks and when, and notes what is sent. */
export function observedFetch(name: string, note: Note, reached: Reached): Fetch {
  return async (input, init) => {
    // In the turn in which the client took the time that it counts the token's life from.
    const sentAt = Date.now();
    const headers = new Headers(init?.headers);
    const spent = new URLSearchParams(String(init?.body ?? '')).get('refresh_token');
    if (spent) await reached('before sending');
    headers.set('x-process', name);
    headers.set('x-sent-at', String(sentAt));
    if (!spent) return fetch(input, { ...init, headers });
    const token = fingerprint(spent);
    note({ what: 'sent', token });
    const response = await fetch(input, { ...init, headers });
    note({ what: 'answered', token, status: response.status });
    await reached('answered');
    return response;
  };
}

/** Notes what has been stored. */
export function observedStore(inner: SessionStore, note: Note, reached: Reached): SessionStore {
  return {
    ...inner,
    async write(key, value, expected) {
      const revision = await inner.write(key, value, expected);
      const record = JSON.parse(value);
      if (revision) {
        const token = fingerprint(record.refreshToken);
        note({ what: 'stored', token, isPending: !!record.pending });
        if (record.intent) await reached('intent stored');
      }
      return revision;
    },
    async delete(key, expected) {
      const isDone = await inner.delete(key, expected);
      if (isDone) note({ what: 'deleted' });
      return isDone;
    },
  };
}

const HELD = /\.held\.(?:[^.]*\.){3}(\d+)\.[^.]*$/;

/** Notes when this process takes a lock from another one. */
export function noteTakenLocks(note: Note): void {
  const { rename } = fs;
  fs.rename = async (from, to) => {
    await rename(from, to);
    const [before, after] = [from, to].map((path) => HELD.exec(String(path))?.[1]);
    if (before && after && before !== after) note({ what: 'tookLock', from: Number(before) });
  };
  syncBuiltinESMExports();
}

/** While the disk is full, names can be made and nothing can be written. */
export function createDisk(): { isFull: boolean } {
  const disk = { isFull: false };
  const { open } = fs;
  fs.open = async (path, ...rest) => {
    const file = await open(path, ...rest);
    if (disk.isFull) {
      file.writeFile = async () => {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      };
    }
    return file;
  };
  syncBuiltinESMExports();
  return disk;
}
