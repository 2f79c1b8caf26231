import type { StoreLockOptions } from 'relier';

/** What a page asks of the store in its worker. */
export type StoreCall =
  | {
      readonly id: number;
      readonly method: 'read' | 'write' | 'delete';
      readonly args: readonly unknown[];
    }
  | {
      readonly id: number;
      readonly method: 'lock';
      readonly key: string;
      readonly options: StoreLockOptions;
    }
  | { readonly id: number; readonly method: 'watch'; readonly key: string }
  /** Ends a watch, the work in a lock, or a wait for one; by the id of that. Has no answer. */
  | { readonly id: number; readonly method: 'unwatch' | 'unlock' | 'abort' }
  /** Hears nothing and does nothing for so long. */
  | { readonly id: number; readonly method: 'block'; readonly ms: number };

/** What the worker answers. */
export interface StoreAnswer {
  readonly id: number;
  /** `event`: a change was heard, or the lock is ours. */
  readonly kind: 'event' | 'result' | 'error';
  readonly value?: unknown;
}
