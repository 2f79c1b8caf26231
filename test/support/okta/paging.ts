import { oktaError } from './errors.ts';
import type { Answer, Call, Json } from './types.ts';

const PAGE_SIZE = 200;

/**
 * One page of a collection, with the `Link` headers that lead on. A cursor says where the page before
 * ended; what is added or deleted meanwhile neither repeats nor loses the others.
 */
export function page(
  call: Call,
  items: readonly Json[],
  key: (item: Json) => string,
  maximum = PAGE_SIZE,
): Answer {
  const size = pageSize(call, maximum);
  const { start, wasEmpty } = readCursor(call, items, key);
  const { faults } = call.org;
  const empty = Boolean(faults.emptyMiddlePage && start > 0 && !wasEmpty);
  const end = empty ? start : start + size;
  const found = items.slice(start, end);
  const links = [`<${call.url.href}>; rel="self"`];
  if (end < items.length) {
    const last = items[end - 1];
    const after = encodeCursor(last ? key(last) : '', empty);
    links.push(
      `<${nextUrl(call, faults.repeatedCursor ? repeated(call, after) : after)}>; rel="next"`,
    );
  }
  const headers = faults.oneLinkHeader ? [links.join(', ')] : links;
  return { status: 200, body: found, headers: headers.map((value) => ['link', value] as const) };
}

function pageSize({ url }: Call, maximum: number): number {
  const limit = url.searchParams.get('limit');
  // -1 is Okta's own word for "not given": its links carry it.
  if (limit === null || limit === '-1') return PAGE_SIZE;
  const size = Number(limit);
  if (!/^\d+$/.test(limit) || size < 1 || size > maximum) throw oktaError('E0000029');
  return size;
}

function readCursor({ url }: Call, items: readonly Json[], key: (item: Json) => string) {
  const after = url.searchParams.get('after');
  if (after === null) return { start: 0, wasEmpty: false };
  const match = /^([ef]):(.*)$/.exec(Buffer.from(after, 'base64url').toString());
  if (!match) throw oktaError('E0000029');
  const last = match[2] ?? '';
  // Ids only grow, so that a deleted one still has its place.
  const next = items.findIndex((item) => key(item) > last);
  return { start: next < 0 ? items.length : next, wasEmpty: match[1] === 'e' };
}

function encodeCursor(last: string, empty: boolean): string {
  return Buffer.from(`${empty ? 'e' : 'f'}:${last}`).toString('base64url');
}

function repeated({ url }: Call, first: string): string {
  return url.searchParams.get('after') ?? first;
}

function nextUrl({ org, operation, url }: Call, after: string): string {
  const next = new URL(url);
  next.searchParams.set('after', after);
  const { nextAtOrigin, nextNamesOtherCollection } = org.faults;
  if (nextNamesOtherCollection && operation.id === 'listAssociatedServersByTrustedType') {
    next.pathname = '/api/v1/authorizationServers';
    if (!next.searchParams.has('limit')) next.searchParams.set('limit', '-1');
  }
  return nextAtOrigin ? next.href.replace(next.origin, nextAtOrigin) : next.href;
}
