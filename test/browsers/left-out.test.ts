import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type LeftOut, leftOut, unknownTests, whyLeftOut } from './left-out.ts';

const folder = import.meta.dirname;

describe('what is left out', () => {
  const table: readonly LeftOut[] = [
    { engine: 'webkit', suite: 'a session', test: 'sleeps', reason: 'It never sleeps.' },
  ];

  it('is one test in one engine, for a reason', () => {
    expect(whyLeftOut('webkit', 'a session', 'sleeps', table)).toBe('It never sleeps.');
    expect(whyLeftOut('firefox', 'a session', 'sleeps', table)).toBeUndefined();
    expect(whyLeftOut('webkit', 'a session', 'sleeps well', table)).toBeUndefined();
    expect(whyLeftOut('webkit', 'another', 'sleeps', table)).toBeUndefined();
  });

  it('is a test that there is', () => {
    expect(unknownTests('a session', ['wakes', 'sleeps'], table)).toEqual([]);
    expect(unknownTests('a session', ['wakes'], table)).toEqual(['sleeps']);
    expect(unknownTests('another', ['wakes'], table)).toEqual([]);
  });

  it('is in the table once, of a suite that there is', () => {
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
});
