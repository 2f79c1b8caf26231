import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rows } from '../support/hostile-provider/index.ts';
import { absences } from './coverage.ts';
import { tables } from './tables/all.ts';

const cases = Object.values(tables).flat();
const covered = new Set(cases.map(({ row }) => row));

describe('the catalogue', () => {
  it.each(rows.map(({ id, title }) => [id, title]))('%s has exactly one entry: %s', (id) => {
    expect([covered.has(id), absences.has(id)].filter(Boolean)).toHaveLength(1);
  });

  it('has every row that is named here', () => {
    const known = new Set(rows.map(({ id }) => id));
    expect([...covered, ...absences.keys()].filter((row) => !known.has(row))).toEqual([]);
  });

  it.each(
    rows
      .filter(({ id, variants }) => covered.has(id) && variants)
      .map(({ id, variants }) => [id, variants]),
  )('%s is tried in every variant', (id, variants = []) => {
    const tried = new Set(cases.map(({ fault }) => fault.replace(/=.*/, '')));
    const missing = (variants as readonly string[]).filter(
      (variant) => !tried.has(`${id}/${variant}`),
    );
    expect(missing).toEqual([]);
  });

  it.each(
    [...absences].flatMap(([row, absence]) =>
      'elsewhere' in absence ? [[row, absence.elsewhere] as const] : [],
    ),
  )('%s is in the title of a test in %s', (row, file) => {
    const text = readFileSync(`${import.meta.dirname}/../../${file}`, 'utf8');
    const titles = [...text.matchAll(/\bit(?:\.each\([\s\S]*?\))?\(\s*(['"`])(.*?)\1/g)];
    expect(titles.some(([, , title = '']) => title.includes(row))).toBe(true);
  });

  it('gives a reason for every absence', () => {
    for (const absence of absences.values()) {
      expect(Object.values(absence)).toEqual([expect.stringMatching(/\w{4}/)]);
    }
  });
});

describe('the tables', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));

  it.each(Object.keys(tables))('%s runs in a test file of its own', (name) => {
    const text = readFileSync(`${import.meta.dirname}/${name}.test.ts`, 'utf8');
    const [, table] = /import \{ (\w+) \} from '\.\/tables\/[\w-]+\.ts';/.exec(text) ?? [];
    expect(text).toContain(`./tables/${name}.ts`);
    expect(text).toMatch(new RegExp(`^conform\\('.+', ${table}\\);$`, 'm'));
  });

  it('are all known', () => {
    const others = ['canaries', 'coverage', 'judge'];
    const expected = [...Object.keys(tables), ...others].map((name) => `${name}.test.ts`);
    expect(files.sort()).toEqual(expected.sort());
  });

  it('have no two cases alike', () => {
    const titles = Object.entries(tables).flatMap(([name, table]) =>
      table.map(
        ({ fault, act, error }) => `${name}: ${fault} · ${act} · ${error?.code ?? 'accept'}`,
      ),
    );
    const alike = titles.filter((title, index) => titles.indexOf(title) !== index);
    expect(alike).toEqual([]);
  });
});
