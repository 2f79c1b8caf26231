import type { Context } from './context.ts';
import type { ReadRules } from './rules/reads.ts';

/** How contexts are told that something has changed: late, and never by name. */
export interface Signals {
  /** @param isEcho Whether the sender is told as well. */
  send(by: Context | undefined, epoch: number, isEcho: boolean): void;
  listen(context: Context, listener: () => void): () => void;
}

export function createSignals(reads: ReadRules): Signals {
  const listeners = new Map<() => void, Context>();

  return {
    send(by, epoch, isEcho) {
      for (const [listener, context] of listeners) {
        if (context === by && !isEcho) continue;
        context.later(context.latency(), () => {
          if (!listeners.has(listener)) return;
          reads.told(context, epoch);
          listener();
        });
      }
    },
    listen(context, listener) {
      // The same function may be listening twice.
      const own = () => listener();
      listeners.set(own, context);
      return () => listeners.delete(own);
    },
  };
}
