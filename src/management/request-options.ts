import { requireOptions } from '../options.ts';

/** What every call takes last. */
export interface ManagementRequestOptions {
  /** Ends the call, and the waiting between its attempts. */
  readonly signal?: AbortSignal | undefined;
}

/** What a call sends, besides the options that it was given. */
export function withBody(body: object, options: ManagementRequestOptions = {}) {
  requireOptions(options);
  return { ...options, body };
}
