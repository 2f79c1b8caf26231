import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseChallenge } from '../../src/index.ts';
import { holds } from './property.ts';

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,12}$/);
const pieces = fc.oneof(
  token,
  fc.constantFrom(
    ' ',
    '\t',
    ',',
    '=',
    '"',
    '\\',
    'Bearer ',
    'DPoP',
    'error=',
    '__proto__="a"',
    '\r\n',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
);

it('any header is read without a throw, into frozen challenges of text', () =>
  holds(
    'headers',
    3000,
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
    async (header) => {
      const found = parseChallenge(header);
      expect(found.length).toBeLessThanOrEqual(header.length);
      for (const { maxAge, parameters, scheme } of found) {
        expect(scheme ?? '').toBe((scheme ?? '').toLowerCase());
        expect(Object.values(parameters).every((value) => typeof value === 'string')).toBe(true);
        expect(maxAge ?? 0).toBeGreaterThanOrEqual(0);
      }
    },
  ));

it('what is written by the book is read back', () =>
  holds(
    'well-formed challenges',
    1500,
    fc.array(
      fc.tuple(
        token,
        fc.uniqueArray(fc.tuple(token, fc.string({ unit: 'binary' })), {
          minLength: 1,
          maxLength: 4,
          selector: ([name]) => name.toLowerCase(),
        }),
      ),
      { minLength: 1, maxLength: 4 },
    ),
    async (challenges) => {
      const quote = (value: string) => `"${value.replace(/[\\"]/g, '\\$&')}"`;
      const header = challenges
        .map(
          ([scheme, parameters]) =>
            `${scheme} ${parameters.map(([name, value]) => `${name}=${quote(value)}`).join(', ')}`,
        )
        .join(', ');
      expect(
        parseChallenge(header).map(({ parameters, scheme }) => [
          scheme,
          Object.entries(parameters),
        ]),
      ).toEqual(
        challenges.map(([scheme, parameters]) => [
          scheme.toLowerCase(),
          Object.entries(
            Object.fromEntries(parameters.map(([name, value]) => [name.toLowerCase(), value])),
          ),
        ]),
      );
    },
  ));
