import { invalidOption } from '../options.ts';

/** Where to go on after a sign-in: somewhere on this origin, or nowhere. */
export function requireReturnTo(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const path = ownPath(value);
  if (path === undefined) throw invalidOption('returnTo', 'must be a path of this origin');
  return path;
}

/** Path, query and fragment, if this is an address of this origin to every reader. */
export function ownPath(value: unknown): string | undefined {
  // What browsers take out or turn around, so that an address is not what it seems.
  if (typeof value !== 'string' || /[\s\\\p{Cc}]/u.test(value)) return undefined;
  let url: URL;
  try {
    url = new URL(value, location.href);
  } catch {
    return undefined;
  }
  const path = url.pathname + url.search + url.hash;
  // Blobs have our origin, too; and a router that decodes the rest would find another host.
  const isOurs = url.origin === location.origin && url.protocol === location.protocol;
  return isOurs && !/^\/(?:%0[9ad])*(?:\/|%2f|%5c)/i.test(path) ? path : undefined;
}
