/**
 * What a healthy org doesn't do, or does only sometimes. All are off in a new org, and each can be set
 * at any time: `okta.faults.emptyMiddlePage = true`.
 */
export interface Faults {
  /** Live, 2026-01: `next` of associated servers names the collection of all servers. */
  nextNamesOtherCollection?: boolean;
  /** `next` leads to this origin. */
  nextAtOrigin?: string;
  /** Every second page is empty, and has a `next` all the same. */
  emptyMiddlePage?: boolean;
  /** `next` is always the cursor of the page that was just read. */
  repeatedCursor?: boolean;
  /** Both links in one header, instead of a header each. */
  oneLinkHeader?: boolean;
  /** The three shapes in which descriptions and programs have an application's keys. */
  keysAs?: 'array' | 'keys' | 'jwks';
  /** Refresh tokens say `client_id`, as the description's examples do. */
  snakeCaseClientId?: boolean;
  /** A list shows what it showed before the last change, once. */
  listsLag?: boolean;
  /** Every object has a property that no description knows, kept if it is sent back. */
  futureProperty?: boolean;
  /** No `Date`, as browsers see it across origins. */
  noDate?: boolean;
  /** How far `Date` is ahead of the client's clock, in ms. */
  dateAheadMs?: number;
  /** No `X-Rate-Limit-*`. */
  noRateLimitHeaders?: boolean;
}
