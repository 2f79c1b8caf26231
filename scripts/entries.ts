// The published entries, read from package.json so that no script keeps a list of its own.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, unknown>;
}

export const manifest: Manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

export interface Entry {
  /** As it stands in package.json, such as `.` or `./browser`. */
  subpath: string;
  /** As it is imported, such as `relier/browser`. */
  specifier: string;
  /** As its files are called, such as `index` or `browser`. */
  name: string;
}

export const entries: Entry[] = Object.keys(manifest.exports)
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => ({
    subpath,
    specifier: subpath.replace('.', manifest.name),
    name: subpath === '.' ? 'index' : subpath.slice(2),
  }));
