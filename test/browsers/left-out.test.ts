import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { leftOut } from './left-out.ts';

const folder = import.meta.dirname;

it('leaves out only tests of suites that there are, each once and with a reason', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  const suites = files.flatMap((name) =>
    [...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/^inEachEngine\('([^']+)'/gm)].map(
      ([, title]) => title,
    ),
  );
  expect(suites.length).toBeGreaterThan(5);
  const names = leftOut.map(({ engine, suite, test }) => `${engine}: ${suite}: ${test}`);
  expect(new Set(names).size).toBe(leftOut.length);
  for (const { reason, suite } of leftOut) {
    expect(suites).toContain(suite);
    expect(reason).toMatch(/\w{4}/);
  }
});
