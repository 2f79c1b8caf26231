import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these names on PATH, or else the first of these places, that is a program. */
export function findProgram(names: readonly string[], places: readonly string[] = []) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...places].find(isProgram);
}

/** Where Windows keeps a program that is not on PATH. */
export function windowsPlaces(...relativePaths: string[]): string[] {
  const folders = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap(
    (name) => process.env[name] ?? [],
  );
  return folders.flatMap((folder) => relativePaths.map((path) => join(folder, path)));
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
