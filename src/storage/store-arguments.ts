import { invalidOption, requireText } from '../options.ts';

/** A key, as every method of a store takes it; it is in no message. */
export function requireKey(key: unknown): string {
  return requireText(key, 'key');
}

/** What a compare-and-set takes: an expectation that was forgotten is not that nothing is there. */
export function requireWrite(key: unknown, value: unknown, expectedRevision: unknown): void {
  requireKey(key);
  if (typeof value !== 'string') throw invalidOption('value', 'must be a string');
  if (typeof expectedRevision !== 'string' && expectedRevision !== null) {
    throw invalidOption('expectedRevision', 'must be a revision, or null where there is none');
  }
}

/** What a deletion takes: there is something to delete. */
export function requireDelete(key: unknown, expectedRevision: unknown): void {
  requireKey(key);
  if (typeof expectedRevision !== 'string') {
    throw invalidOption('expectedRevision', 'must be a revision');
  }
}
