import { setTimeout } from 'node:timers/promises';
import { createClient } from 'redis';
import type { SessionStore } from 'relier';
import { redisStore } from 'relier/redis';
import type { Settings } from './settings.ts';

/** How long the start waits for Redis, in milliseconds. */
const CONNECT_MS = 2_000;

/** A store that all processes of the fleet share, and how to part with it. */
export interface SharedStore {
  readonly store: SessionStore;
  close(): void;
}

export async function openSharedStore({
  encryptionKey,
  url,
}: NonNullable<Settings['redis']>): Promise<SharedStore> {
  // In an outage, commands fail at once instead of waiting for the connection.
  const client = createClient({ url, disableOfflineQueue: true });
  // The client connects again by itself; without a listener, an outage would end the process.
  client.on('error', ({ code }) => console.error(`redis: ${code ?? 'connection lost'}`));
  // It tries for as long as it takes, and a service must be able to start without it.
  const connected = client.connect().catch(() => {});
  await Promise.race([connected, setTimeout(CONNECT_MS, undefined, { ref: false })]);
  return {
    store: redisStore(client, { encryptionKeys: [new Uint8Array(encryptionKey)] }),
    close: () => client.destroy(),
  };
}
