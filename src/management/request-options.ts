/** What every call takes last. */
export interface ManagementRequestOptions {
  /** Ends the call, and the waiting between its attempts. */
  readonly signal?: AbortSignal | undefined;
}
