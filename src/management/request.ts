import type { List, ListOptions } from './list.ts';
import type { ManagementRequestOptions } from './request-options.ts';

/** The methods that Okta's calls use. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Parameters of a query; what is undefined is not sent. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** What one call sends besides method and path. */
export interface RequestParts extends ManagementRequestOptions {
  readonly body?: object | undefined;
  readonly query?: Query | undefined;
}

/** What makes a result of what the server sent, or complains about it. */
export type Shape<T> = (body: unknown) => T;

/** The three kinds of answers that Okta gives, each as a function that asks for one. */
export interface Requests {
  /** For an answer with a body. */
  value<T extends object>(
    method: Method,
    path: string,
    parts?: RequestParts,
    shape?: Shape<T>,
  ): Promise<T>;
  /** For an answer without one. */
  nothing(method: Method, path: string, parts?: RequestParts): Promise<void>;
  /** For an answer in pages. `shape` is for each item. */
  list<T extends object>(
    path: string,
    options?: ListOptions,
    query?: Query,
    shape?: Shape<T>,
  ): List<T>;
}
