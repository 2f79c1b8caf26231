import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { IoRedisClient, RedisClient } from '../../src/redis/index.ts';

export type ClientKind = keyof typeof kinds;

/** A connection, and how it ends. */
export interface Connection {
  readonly client: RedisClient | IoRedisClient;
  /** Sends a command as it is. */
  command(...words: string[]): Promise<unknown>;
  close(): void;
}

// As they come, with what a service adds: no word about an outage to the console.
const kinds = {
  async redis(url: string): Promise<Connection> {
    const client = createClient({ url });
    client.on('error', () => {});
    await client.connect();
    return {
      client,
      command: (...words) => client.sendCommand(words),
      close: () => client.destroy(),
    };
  },
  async ioredis(url: string): Promise<Connection> {
    const client = new Redis(url, { lazyConnect: true });
    client.on('error', () => {});
    await client.connect();
    return {
      client,
      command: (name = '', ...words) => client.call(name, ...words),
      close: () => client.disconnect(),
    };
  },
  /** In an outage it fails at once instead of waiting for the connection, as docs/fleets.md advises. */
  async 'redis without a queue'(url: string): Promise<Connection> {
    const client = createClient({ url, disableOfflineQueue: true });
    client.on('error', () => {});
    await client.connect();
    return {
      client,
      command: (...words) => client.sendCommand(words),
      close: () => client.destroy(),
    };
  },
};

export const clientKinds = Object.keys(kinds) as ClientKind[];

export const connectWith = (kind: ClientKind, url: string): Promise<Connection> => kinds[kind](url);
