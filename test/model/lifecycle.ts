import type { SessionLifecycle } from '../../src/session/environment.ts';

/** What a page is told of itself. */
export interface ModelLifecycle extends SessionLifecycle {
  suspend(): void;
  wake(): void;
}

export function createLifecycle(): ModelLifecycle {
  const listeners = new Set<() => void>();
  let isSuspended = false;

  return {
    isSuspended: () => isSuspended,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    suspend() {
      isSuspended = true;
    },
    wake() {
      isSuspended = false;
      for (const listener of [...listeners]) listener();
    },
  };
}
