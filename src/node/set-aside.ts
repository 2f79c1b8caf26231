import { randomUUID } from 'node:crypto';
import { lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from './private-files.ts';
import { unless } from './system-errors.ts';

const asideOf = (folder: string) => `${folder}.unreadable`;

/** Moves what nobody can read beside the folder, for somebody who may: whether it was there. */
export async function setAside(folder: string, file: string): Promise<boolean> {
  const from = join(folder, file);
  // Of a foreign file's name no more than fits.
  const to = join(asideOf(folder), `${randomUUID()}.${file.slice(-60)}`);
  const move = async () => {
    await lstat(from);
    await makePrivateFolder(asideOf(folder));
    await rename(from, to);
    return true;
  };
  return (await unless('ENOENT', move())) ?? false;
}

/** Removes what was set aside: it may hold a token. */
export async function removeAside(folder: string): Promise<void> {
  await rm(asideOf(folder), { recursive: true, force: true });
}
