import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A Redis of the test's own, which forgets everything when it ends. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** Kills it with no chance to tidy up, or starts it again on the same port, empty. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it: connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** Starts `redis-server` (Debian: `apt-get install redis-server`) on a free port. */
export async function startRedis(): Promise<RedisServer> {
  const host = '127.0.0.1';
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'relier-redis-'));
  let server: ChildProcess | undefined;

  const redis: RedisServer = {
    host,
    port,
    async start() {
      const settings = { port, bind: host, dir: folder, save: '', appendonly: 'no' };
      const options = Object.entries(settings).flatMap(([name, value]) => [
        `--${name}`,
        `${value}`,
      ]);
      const child = spawn('redis-server', options, { stdio: 'ignore' });
      const failed = once(child, 'error').then(([error]) => {
        throw new Error(`redis-server cannot be started: ${(error as Error).message}`);
      });
      server = child;
      await Promise.race([listening(host, port), failed]);
    },
    async kill() {
      const child = server;
      server = undefined;
      if (!child) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async close() {
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(host: string, port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, host);
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await pause(20);
    } finally {
      socket.destroy();
    }
  }
}
