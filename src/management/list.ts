import { checkFailed } from '../checks.ts';
import { invalidOption, requireOptions } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import type { AnswerFacts } from './answer.ts';
import { nextLink } from './link-header.ts';
import type { ManagementRequestOptions } from './request-options.ts';

/** What a list without a cursor takes. The signal also counts between pages. */
export type ListOptions = ManagementRequestOptions;

/** What a list with a cursor takes besides. */
export interface Cursor extends ListOptions {
  /**
   * How many items a page may have.
   * @default what Okta takes, mostly 200
   */
  readonly limit?: number | undefined;
  /** Where to go on: the `after` of an earlier page. What it means is Okta's business. */
  readonly after?: string | undefined;
}

/** One page of a list. */
export interface Page<T> extends AnswerFacts {
  /** May be empty, even in the middle. */
  readonly items: readonly T[];
  /** Where the next page begins; absent in the last one. */
  readonly after?: string;
}

/**
 * A list that is fetched page by page while it is read. Nothing is sent before, and each reading
 * begins anew.
 *
 * @example
 * ```ts
 * import type { AuthorizationServer, List } from 'relier/management'
 *
 * export async function nameAll(servers: List<AuthorizationServer>) {
 *   for await (const { name } of servers) console.log(name)
 * }
 * ```
 */
export interface List<T> extends AsyncIterable<T> {
  /** Page by page, with what Okta says about each. */
  pages(): AsyncIterable<Page<T>>;
  /** All items, or the first `limit` of them; no more pages are fetched than that takes. */
  toArray(options?: { readonly limit?: number | undefined }): Promise<T[]>;
}

/** One page as it arrived. */
export interface ReceivedPage<T> {
  readonly items: readonly T[];
  /** The `Link` header, or the empty string. */
  readonly link: string;
  readonly facts: AnswerFacts;
}

/** A list that begins at a URL. */
export function listOf<T>(
  first: string,
  fetchPage: (url: string) => Promise<ReceivedPage<T>>,
): List<T> {
  async function* pages(): AsyncGenerator<Page<T>, void, undefined> {
    const seen = new Set<string>();
    for (let url: string | undefined = first; url; ) {
      if (seen.has(url)) throw checkFailed('management_response', 'next_repeated');
      seen.add(url);
      const { facts, items, link } = await fetchPage(url);
      const reference = nextLink(link);
      const next: URL | undefined = reference === undefined ? undefined : parseUrl(reference, url);
      const after = next?.searchParams.get('after');
      yield Object.freeze({ items, ...(after && { after }), ...facts });
      // Now, so that the page before it is not lost.
      url = reference === undefined ? undefined : following(url, next);
    }
  }

  async function* items(): AsyncGenerator<T, void, undefined> {
    for await (const page of pages()) yield* page.items;
  }

  return {
    pages,
    [Symbol.asyncIterator]: items,
    async toArray(options = {}) {
      requireOptions(options);
      const { limit } = options;
      requireCount(limit, 'limit');
      const all: T[] = [];
      for await (const item of items()) if (all.push(item) === limit) break;
      return all;
    },
  };
}

/** How many, from 1 on; or nothing. */
export function requireCount(value: unknown, option: string): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0)) {
    throw invalidOption(option, 'must be a whole number from 1 on');
  }
}

function following(asked: string, next: URL | undefined): string {
  const here = new URL(asked);
  if (next?.origin !== here.origin) {
    // Whoever is there would be sent our credentials.
    throw checkFailed('management_response', 'next_origin', here.origin, next?.origin);
  }
  if (next.pathname === here.pathname) {
    here.search = next.search;
    return here.href;
  }
  // Okta names another collection here and there. The cursor is right.
  const after = next.searchParams.get('after');
  if (!after) throw checkFailed('management_response', 'next', here.pathname, next.pathname);
  here.searchParams.set('after', after);
  return here.href;
}
