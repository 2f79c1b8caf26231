// A worker with a store that does what its page says.
import { isRelierError } from 'relier';
import { indexedDbStore } from 'relier/browser';
import type { StoreAnswer, StoreCall } from './store-messages.ts';

const store = indexedDbStore();
/** What `unwatch`, `unlock` and `abort` do, by the id of what they end. */
const ends = new Map<number, () => void>();
const aborts = new Map<number, () => void>();
const answer = (message: StoreAnswer) => self.postMessage(message);

self.onmessage = async ({ data }: MessageEvent<StoreCall>) => {
  const { id, method } = data;
  if (method === 'abort') aborts.get(id)?.();
  else if (method === 'unlock' || method === 'unwatch') ends.get(id)?.();
  else await answerTo(data);
};

async function answerTo(call: StoreCall): Promise<void> {
  const { id } = call;
  try {
    answer({ id, kind: 'result', value: await carryOut(call) });
  } catch (error) {
    answer({ id, kind: 'error', value: isRelierError(error) ? error.toJSON() : String(error) });
  }
}

async function carryOut(call: StoreCall): Promise<unknown> {
  const { id } = call;
  const tell = () => answer({ id, kind: 'event' });
  switch (call.method) {
    case 'lock':
      return lock(id, call.key, call.options, tell);
    case 'watch':
      ends.set(id, store.watch?.(call.key, tell) ?? (() => {}));
      return undefined;
    case 'block': {
      const end = performance.now() + call.ms;
      while (performance.now() < end);
      return undefined;
    }
    case 'read':
    case 'write':
    case 'delete':
      return (store[call.method] as (...args: readonly unknown[]) => unknown)(...call.args);
    default:
      throw new Error(`The worker cannot ${call.method}.`);
  }
}

async function lock(
  id: number,
  key: string,
  options: Parameters<typeof store.withLock>[2],
  begun: () => void,
): Promise<void> {
  const controller = new AbortController();
  aborts.set(id, () => controller.abort());
  const work = () =>
    new Promise<void>((end) => {
      ends.set(id, end);
      begun();
    });
  await store.withLock(key, work, { ...options, signal: controller.signal });
}
