import fc from 'fast-check';
import { expect } from 'vitest';
import { type AnyRelierError, isRelierError } from '../../src/index.ts';

const times = Number(process.env['PROPERTY_RUNS'] ?? 1);
const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);

/**
 * Tries a property with that many cases, or `PROPERTY_RUNS` times as many. A failure can be had again
 * with the `PROPERTY_SEED` that is printed. Where the case says whether it was accepted, some of both
 * kinds must be among them: what refuses everything proves nothing.
 */
export async function holds<T>(
  name: string,
  cases: number,
  arbitrary: fc.Arbitrary<T>,
  predicate: (value: T) => Promise<unknown>,
): Promise<void> {
  const numRuns = Math.ceil(cases * times);
  const counts = { accepted: 0, refused: 0 };
  const property = fc.asyncProperty(arbitrary, async (value) => {
    const isAccepted = await predicate(value);
    if (typeof isAccepted === 'boolean') counts[isAccepted ? 'accepted' : 'refused'] += 1;
  });
  await fc.assert(property, { numRuns, seed });
  const { accepted, refused } = counts;
  const isCounted = accepted + refused > 0;
  const share = isCounted ? ` (${accepted} accepted)` : '';
  console.info(`${name}: ${numRuns} cases${share}, PROPERTY_SEED=${seed}`);
  if (isCounted) expect(Math.min(accepted, refused)).toBeGreaterThan(cases / 100);
}

/** What came of some work: its result or its typed error; any other failure fails the property. */
export async function outcomeOf<T>(
  work: () => T | Promise<T>,
): Promise<{ result: T; error?: never } | { error: AnyRelierError; result?: never }> {
  try {
    return { result: await work() };
  } catch (error) {
    if (isRelierError(error)) return { error };
    throw error;
  }
}

/** A time for all cases to go by, so that shrinking finds the same. */
export const seconds = 1_768_478_400;

/** Any JSON, small things and awkward ones before large ones. */
export const anything = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>('', 'a', 0, -1, 1e308, null, true, [], {}) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>('__proto__', '\u0000', '\ud800', 'ÿ'.repeat(99)),
  },
  { weight: 3, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Records that have some of the names, with right values and wrong ones. */
export function recordOf(right: Readonly<Record<string, unknown>>): fc.Arbitrary<object> {
  const members = Object.fromEntries(
    Object.entries(right).map(([name, value]) => [
      name,
      fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: anything }),
    ]),
  );
  return fc
    .tuple(
      fc.record(members, { requiredKeys: [] }),
      fc.dictionary(fc.string(), anything, { maxKeys: 2 }),
      fc.boolean(),
    )
    .map(([some, others, isWhole]) =>
      isWhole ? { ...others, ...right, ...some } : { ...others, ...some },
    );
}
