import type { StoreLockOptions } from 'relier';
import type { StoreAnswer, StoreCall } from './store-messages.ts';
import type { WorkerStore } from './test-store.ts';

// Of each kind of call, without its id.
type Wish<Call = StoreCall> = Call extends unknown ? Omit<Call, 'id'> : never;

export function workerStore(worker: Worker): WorkerStore {
  const listeners = new Map<number, (answer: StoreAnswer) => void>();
  let last = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<StoreAnswer>) => {
    listeners.get(data.id)?.(data);
  });
  const post = (call: StoreCall) => worker.postMessage(call);

  /** The id is known at once, the result later. */
  function call(wish: Wish, onEvent = () => {}): { id: number; result: Promise<unknown> } {
    last += 1;
    const id = last;
    const result = new Promise((resolve, reject) => {
      listeners.set(id, ({ kind, value }) => {
        if (kind === 'event') onEvent();
        if (kind === 'result') resolve(value);
        if (kind === 'error') reject(value);
      });
    });
    post({ ...wish, id } as StoreCall);
    return { id, result };
  }

  const ask = <T>(method: 'read' | 'write' | 'delete', ...args: unknown[]) =>
    call({ method, args }).result as Promise<T>;

  return {
    read: (key) => ask('read', key),
    write: (key, value, expected) => ask('write', key, value, expected),
    delete: (key, expected) => ask('delete', key, expected),

    async withLock<T>(
      key: string,
      work: () => Promise<T>,
      { signal, ...options }: StoreLockOptions,
    ): Promise<T> {
      let outcome: Promise<T> | undefined;
      const begin = () => {
        outcome = (async () => work())();
        void outcome.catch(() => {}).then(() => post({ id, method: 'unlock' }));
      };
      const { id, result } = call({ method: 'lock', key, options }, begin);
      const abort = () => post({ id, method: 'abort' });
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort);
      await result;
      return outcome as Promise<T>;
    },

    watch(key, listener) {
      let isOver = false;
      const { id, result } = call({ method: 'watch', key }, () => {
        if (!isOver) listener();
      });
      result.catch(() => {});
      return () => {
        isOver = true;
        post({ id, method: 'unwatch' });
      };
    },

    block: (ms) => void call({ method: 'block', ms }),
  };
}
