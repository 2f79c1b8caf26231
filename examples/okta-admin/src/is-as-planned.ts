import { isDeepStrictEqual } from 'node:util';

/** Whether everything that is planned is there; Okta adds members of its own, at every level. */
export function isAsPlanned(found: unknown, planned: unknown): boolean {
  if (typeof planned !== 'object' || planned === null || Array.isArray(planned)) {
    return isDeepStrictEqual(found, planned);
  }
  return Object.entries(planned).every(([name, value]) => isAsPlanned(Object(found)[name], value));
}
