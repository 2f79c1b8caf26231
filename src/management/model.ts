/**
 * What every answer may have beside the properties that are listed: Okta adds new ones at any time. They
 * stay in the data, so that `replace(id, { ...read, name: 'New' })` sends them back.
 */
export interface Known {
  /** What no type knows yet. */
  readonly [property: string]: unknown;
}

/** Whether a resource takes part. */
export type LifecycleStatus = 'ACTIVE' | 'INACTIVE';

/** When something was made and changed. */
export interface Timestamps {
  /** ISO 8601 in UTC, such as `2026-11-21T20:04:00.000Z`. */
  readonly created?: string | null;
  /** ISO 8601 in UTC. */
  readonly lastUpdated?: string | null;
}

/** A link to something related (HAL). */
export interface Link extends Known {
  /** The absolute URL. */
  readonly href: string;
  /** What it does, such as `deactivate`. */
  readonly name?: string;
  /** What it leads to, for people. */
  readonly title?: string;
  /** The methods that may be used, as `allow`. */
  readonly hints?: { readonly allow?: readonly string[] };
}

/** Links by relation; a {@link Link} each, or a list of them. */
export interface Links extends Known {
  /** The resource itself. */
  readonly self?: Link;
}

/** What comes with links. */
export interface Linked extends Known {
  /** Those in a list may not show the true state: read a resource by its id. */
  readonly _links?: Links | null;
}

/** What has an id of its own. */
export interface Resource extends Linked {
  /** As the calls take it. */
  readonly id: string;
}
