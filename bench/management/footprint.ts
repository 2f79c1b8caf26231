import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundleSize, kilobytes } from '../../scripts/bundle-size.ts';
import { root } from '../../scripts/entries.ts';
import { table } from '../measure.ts';

/** What a service's bundle grows by. */
export async function bundles(): Promise<string> {
  const rows = [['a bundle for Node, kB', 'minified', 'gzip -9', 'on demand']];
  for (const [title, file] of [
    ['relier/management, an API token', 'api-token.ts'],
    ['relier/management, oktaServiceApp() and dpop()', 'service-app.ts'],
    ['@okta/okta-sdk-nodejs', 'okta-sdk.ts'],
  ] as const) {
    const size = await bundleSize(join(import.meta.dirname, 'bundles', file), 'node');
    rows.push([title, ...[size.minified, size.gzipped, size.lazy].map(kilobytes)]);
  }
  return table(rows);
}

/** What `npm install` brings along. */
export function installed(): string {
  const own = closure(root, Object.keys(manifestOf(root)['dependencies'] ?? {}));
  const dist = sizeOf(join(root, 'dist'));
  const theirs = closure(join(root, 'bench'), ['@okta/okta-sdk-nodejs']);
  const row = (title: string, count: number, { bytes, files }: Size) => [
    title,
    `${count}`,
    `${files}`,
    (bytes / 1_000_000).toFixed(1),
  ];
  const all = own.map(sizeOf).reduce(add, dist);
  return table([
    ['installed', 'packages', 'files', 'MB'],
    row('relier, all entries', own.length + 1, all),
    row('@okta/okta-sdk-nodejs', theirs.length, theirs.map(sizeOf).reduce(add)),
  ]);
}

interface Size {
  readonly bytes: number;
  readonly files: number;
}

function add(a: Size, b: Size): Size {
  return { bytes: a.bytes + b.bytes, files: a.files + b.files };
}

/** The files of a package, without the packages inside it. */
function sizeOf(folder: string): Size {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sizeOf(path);
      return { bytes: statSync(path).size, files: 1 };
    })
    .reduce(add, { bytes: 0, files: 0 });
}

function manifestOf(folder: string): Record<string, Record<string, string>> {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** The folders of packages and of all that they depend on, as npm laid them out. */
function closure(base: string, names: readonly string[]): string[] {
  const { packages } = JSON.parse(readFileSync(join(base, 'package-lock.json'), 'utf8'));
  const found = new Set<string>();
  const visit = (from: string, name: string): void => {
    for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
      const path = `${at && `${at}/`}node_modules/${name}`;
      if (packages[path]) {
        if (found.has(path)) return;
        found.add(path);
        for (const next of Object.keys(packages[path].dependencies ?? {})) visit(path, next);
        return;
      }
      if (at === '') return;
    }
  };
  for (const name of names) visit('', name);
  return [...found].map((path) => join(base, path));
}
