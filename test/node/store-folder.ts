import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

/** A folder of the test's own, with nothing in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'relier-files-'));
  folders.push(folder);
  return folder;
}

/** Removes the folders when the tests of a file have ended. */
export function removeFoldersAfterwards(): void {
  afterAll(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
}

/** Where the only record of a store is. */
export function folderOfRecord(directory: string): string {
  const folders = readdirSync(directory).filter((file) => !file.includes('.'));
  if (folders.length !== 1) throw new Error(`There are ${folders.length} records.`);
  return join(directory, folders[0] as string);
}

/** The files of the only record whose names end like this. */
export function filesOfRecord(directory: string, ending = ''): string[] {
  const folder = folderOfRecord(directory);
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));
}

/** What was set aside because nobody could read it. */
export function filesAside(directory: string): string[] {
  return everyFile(directory).filter((file) => /\.unreadable[/\\]/.test(file));
}

/** The one file that holds the value of the only record. */
export function dataFile(directory: string): string {
  const files = filesOfRecord(directory, '.data');
  if (files.length !== 1) throw new Error(`There are ${files.length} values.`);
  return files[0] as string;
}

/** Everything in a store, by paths. */
export function everyFile(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return files.map((file) => join(directory, file));
}

export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}
