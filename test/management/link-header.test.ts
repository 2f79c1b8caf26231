import { describe, expect, it } from 'vitest';
import { nextLink } from '../../src/management/link-header.ts';

const rows: [header: string, next: string | undefined, title: string][] = [
  ['<https://a/b?after=1>; rel="next"', 'https://a/b?after=1', 'a quoted relation'],
  ['<https://a/b>; rel=next', 'https://a/b', 'a relation as a token'],
  ['<https://a/1>; rel="self", <https://a/2>; rel="next"', 'https://a/2', 'two links'],
  ['<https://a/b>; rel="prev next"', 'https://a/b', 'several relations in one'],
  ['<https://a/b>; REL="NEXT"', 'https://a/b', 'capital letters'],
  ['<https://a/b>;rel=next', 'https://a/b', 'no space'],
  ['<https://a/b> \t;\t rel \t= \t"next"', 'https://a/b', 'bad white space'],
  ['<https://a/b>; title="a, b; rel=prev"; rel="next"', 'https://a/b', 'a comma in quotes'],
  ['<https://a/b>; title="\\"<x>; rel=next\\""', undefined, 'a relation within quotes'],
  ['<https://a/b>; rel="prev"; rel="next"', undefined, 'only the first relation counts'],
  ['<https://a/b,c>; rel="next"', 'https://a/b,c', 'a comma in the target'],
  ['<?after=2>; rel=next', '?after=2', 'a relative target'],
  ['<>; rel=next', '', 'an empty target'],
  ['<https://a/b>; rel="next"; anchor="https://c/"', undefined, 'a link from elsewhere'],
  ['<https://a/b>; crossorigin; rel="next"', 'https://a/b', 'a parameter without a value'],
  ['<https://a/b>; ; rel="next"', 'https://a/b', 'an empty parameter'],
  [', ,<https://a/b>; rel="next",', 'https://a/b', 'empty elements'],
  ['https://a/b; rel="next", <https://a/c>; rel=next', 'https://a/c', 'junk before a link'],
  ['<https://a/b; rel="next"', undefined, 'a target that is not closed'],
  ['<https://a/b>; rel="next', 'https://a/b', 'a string that is not closed'],
  ['<https://a/b>; rel="n\\ext"', 'https://a/b', 'a quoted pair'],
  ['<https://a/b>; rel="nextish"', undefined, 'another relation'],
  ['<https://a/b>; rev="next"', undefined, 'another parameter'],
  ['<https://a/b>', undefined, 'no parameter'],
  ['', undefined, 'nothing'],
];

describe('the Link to the next page', () => {
  it.each(rows)('%s leads to %s: %s', (header, next) => {
    expect(nextLink(header)).toBe(next);
  });

  it('is found in two headers, joined as the platform does it', () => {
    const headers = new Headers();
    headers.append('link', '<https://a/1>; rel="self"');
    headers.append('link', '<https://a/2>; rel="next"');

    expect(nextLink(headers.get('link') ?? '')).toBe('https://a/2');
  });

  it('is looked for in time in proportion to the header', () => {
    for (const start of ['<', '<,', '<a>;', '<a>;"', '<a>;b="\\', '"', ';=', '<a>; rel="']) {
      const header = start.repeat(200_000 / start.length);
      const started = performance.now();
      nextLink(header);
      expect(performance.now() - started, start).toBeLessThan(2_000);
    }
  });
});
