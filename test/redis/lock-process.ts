// A process that takes a lock, says so, and keeps it until it is told otherwise.
import { redisStore } from '../../src/redis/redis-store.ts';
import { type ClientKind, connectWith } from './clients.ts';

export interface LockSettings {
  readonly kind: ClientKind;
  readonly url: string;
  readonly key: string;
  readonly leaseMs: number;
  readonly encryptionKey: number[];
}

const { encryptionKey, key, kind, leaseMs, url }: LockSettings = JSON.parse(process.argv[2] ?? '');

async function main(): Promise<void> {
  const { client, close } = await connectWith(kind, url);
  const store = redisStore(client, { encryptionKeys: Uint8Array.from(encryptionKey) });
  const released = new Promise<void>((resolve) => process.once('message', () => resolve()));
  const work = async () => {
    process.send?.({ type: 'locked' });
    await released;
  };
  await store.withLock(key, work, { leaseMs, patienceMs: 10_000 });
  process.send?.({ type: 'released' });
  close();
  process.disconnect();
}

void main();
