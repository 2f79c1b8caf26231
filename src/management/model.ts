/**
 * What every answer may have beside the properties that are listed here: Okta adds new ones at any
 * time. They stay in the data, so that `replace(id, { ...read, name: 'New' })` sends them back.
 */
export interface Known {
  readonly [property: string]: unknown;
}

/** Whether a resource takes part. */
export type LifecycleStatus = 'ACTIVE' | 'INACTIVE';

/** When something was made and changed: ISO 8601 in UTC, such as `2026-11-21T20:04:00.000Z`. */
export interface Timestamps {
  readonly created?: string | null;
  readonly lastUpdated?: string | null;
}

/** A link of Okta's to something related (HAL). */
export interface Link {
  readonly href: string;
  readonly name?: string;
  readonly title?: string;
  readonly hints?: { readonly allow?: readonly string[] };
  readonly [property: string]: unknown;
}

/** Links by relation. Those of a list may not show the true state: read a resource by its id. */
export interface Links {
  readonly self?: Link;
  readonly [relation: string]: unknown;
}
