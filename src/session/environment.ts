/** Tells other contexts that share a store that something has changed. Carries nothing else. */
export interface SessionNotifier {
  /** Tells the others. */
  notify(): void;
  /** Calls the listener when another context has told. The returned function ends it. */
  listen(listener: () => void): () => void;
}

/** What becomes of the context that a session lives in: a page that freezes, a machine that sleeps. */
export interface SessionLifecycle {
  /** Whether the context is about to be frozen, so that nothing may be started that has to be finished. */
  isSuspended(): boolean;
  /** Calls the listener when the context awakes or is online again. The returned function ends it. */
  listen(listener: () => void): () => void;
}
