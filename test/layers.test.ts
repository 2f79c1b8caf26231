import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** From the ground up; folders on one line stand beside each other. */
const layers = [
  ['.'],
  ['discovery'],
  ['client'],
  ['authorization', 'tokens', 'logout'],
  ['flows', 'storage'],
  ['session'],
  ['services'],
  ['browser', 'node', 'redis', 'management'],
];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== 'index.ts')
  .sort();

function imports(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/(?<!\.)(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, name]) => name as string,
  );
}

function layerOf(file: string): number {
  return layers.findIndex((folders) => folders.includes(dirname(file)));
}

const straight = new Set<string>();

function cycleFrom(file: string, path: readonly string[] = []): string[] | undefined {
  if (straight.has(file)) return undefined;
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  for (const needed of local(file)) {
    const cycle = cycleFrom(needed, [...path, file]);
    if (cycle) return cycle;
  }
  straight.add(file);
  return undefined;
}

function local(file: string): string[] {
  return imports(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(src, join(src, dirname(file), name)));
}

describe('the layers of src', () => {
  it('are all known', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.every((file) => layerOf(file) >= 0)).toBe(true);
  });

  it('import nothing from above', () => {
    const upward = files.flatMap((file) =>
      local(file)
        .filter((needed) => layerOf(needed) > layerOf(file))
        .map((needed) => `${file} -> ${needed}`),
    );
    expect(upward).toEqual([]);
  });

  it('have no circles', () => {
    expect(files.map((file) => cycleFrom(file)).find((cycle) => cycle)).toBeUndefined();
  });

  it('import the four dependencies only, jose and undici only when they are needed', () => {
    const packages = new Set(files.flatMap(imports).filter((name) => !/^(?:\.|node:)/.test(name)));
    expect([...packages].sort()).toEqual(['idb-keyval', 'jose', 'oauth4webapi', 'undici']);
    const statically = files.filter((file) =>
      /^(?:import|export) (?!type)[^;]*from '(?:jose|undici)'/m.test(
        readFileSync(join(src, file), 'utf8'),
      ),
    );
    expect(statically).toEqual([]);
  });

  it('load no module of their own later: bundlers that split would cut every bundle in two', () => {
    const later = files.filter((file) =>
      /\bimport\(\s*'\./.test(readFileSync(join(src, file), 'utf8')),
    );
    expect(later).toEqual([]);
  });

  it('let the management client know nothing of sign-ins, but for its service app', () => {
    const needed = files
      .filter((file) => dirname(file) === 'management' && !file.endsWith('okta-service-app.ts'))
      .flatMap(local)
      .filter((file) => !['.', 'management'].includes(dirname(file)));
    expect(new Set(needed)).toEqual(new Set(['tokens/parse-challenge.ts']));
  });

  it('leave what only Node has to the folder for it', () => {
    const users = files.filter((file) => imports(file).some((name) => name.startsWith('node:')));
    expect(new Set(users.map(dirname))).toEqual(new Set(['node']));
  });
});
