import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { redisStore, type SessionStore } from '../../src/redis/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { type Child, compile, startChild } from './child.ts';
import { type Connection, clientKinds, connectWith } from './clients.ts';
import type { LockSettings } from './lock-process.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { startProxy, type TcpProxy } from './tcp-proxy.ts';

const encryptionKeys = crypto.getRandomValues(new Uint8Array(32));
const leaseMs = 1_000;
const lock = { leaseMs, patienceMs: 20_000 };

const folder = mkdtempSync(join(tmpdir(), 'relier-redis-test-'));
const script = compile('lock-process.ts', folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

describe.each(clientKinds)('a Redis store of the client %s', (kind) => {
  let server: RedisServer;
  let proxy: TcpProxy;
  const connections: Connection[] = [];
  const children: Child[] = [];

  const open = async (port = server.port): Promise<SessionStore> => {
    const made = await connectWith(kind, `redis://127.0.0.1:${port}`);
    connections.push(made);
    return redisStore(made.client, { encryptionKeys, timeoutMs: 500 });
  };
  /** A process that has the lock. */
  const owner = async (key: string) => {
    const settings: LockSettings = {
      ...{ key, kind, leaseMs },
      url: `redis://127.0.0.1:${server.port}`,
      encryptionKey: [...encryptionKeys],
    };
    const child = startChild(script, settings);
    children.push(child);
    await child.next('locked');
    return child;
  };
  /** Until Redis can be used again: clients take their time to connect. */
  const recovered = async (store: SessionStore) => {
    for (;;) {
      try {
        return await store.read('recovery');
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };

  beforeAll(async () => {
    server = await startRedis();
    proxy = await startProxy(server.host, server.port);
  });
  afterEach(async () => {
    proxy.resume();
    for (const { close } of connections.splice(0)) close();
    await Promise.all(children.splice(0).map((child) => child.kill()));
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  it('fails within timeoutMs while Redis is away, and goes on when it is back', async () => {
    const store = await open();
    await store.write('outage', 'value', null);
    await server.kill();
    for (const work of [
      () => store.read('outage'),
      () => store.write('outage', 'other', null),
      () => store.delete('outage', 'revision'),
      () => store.withLock('outage', async () => {}, lock),
    ]) {
      const began = performance.now();
      const error = await failureOf(work);
      expect(error).toMatchObject({
        name: 'StorageError',
        code: 'storage_failed',
        retryable: true,
      });
      expect(error).toHaveProperty('reason');
      expect(performance.now() - began).toBeLessThan(3_000);
    }
    await server.start();
    await recovered(store);
    // What was sent meanwhile is what was asked for, or nothing: never half of it.
    const left = await store.read('outage');
    expect([undefined, 'other']).toContain(left?.value);
    expect(await store.withLock('outage', async () => 'done', lock)).toBe('done');
  });

  it('fails within timeoutMs while nothing goes through, and goes on afterwards', async () => {
    const [store, direct] = [await open(proxy.port), await open()];
    const first = (await store.write('stall', 'first', null)) as string;
    proxy.stall();
    const writing = failureOf(() => store.write('stall', 'late', first));
    expect(await writing).toMatchObject({ code: 'storage_failed', reason: 'timeout' });
    expect((await failureOf(() => store.withLock('stall', async () => {}, lock))).code).toBe(
      'storage_failed',
    );
    const second = await direct.write('stall', 'second', first);
    expect(second).toBeDefined();
    proxy.resume();
    await recovered(store);
    // The late write finds another revision; the late lock was given back at once.
    expect((await store.read('stall'))?.value).toBe('second');
    const tookMs = await timed(() => direct.withLock('stall', async () => {}, lock));
    expect(tookMs).toBeLessThan(leaseMs);
  });

  it('lets work go on whose lock cannot be given back', async () => {
    const [store, direct] = [await open(proxy.port), await open()];
    const result = await store.withLock(
      'cut',
      async () => {
        proxy.stall();
        return 'done';
      },
      lock,
    );
    expect(result).toBe('done');
    expect(await direct.withLock('cut', async () => 'next', lock)).toBe('next');
    proxy.resume();
  });

  it('takes the lock of a process that was killed, after its lease', async () => {
    const store = await open();
    const child = await owner('killed');
    await child.kill();
    const tookMs = await timed(() => store.withLock('killed', async () => {}, lock));
    expect(tookMs).toBeLessThan(2 * leaseMs);
  });

  it('takes the lock of a process that stands still, which does no harm when it goes on', async () => {
    const [store, other] = [await open(), await open()];
    const child = await owner('frozen');
    await child.freeze();
    const order: string[] = [];
    let free = () => {};
    const work = async () => {
      order.push('taken');
      await new Promise<void>((resolve) => {
        free = resolve;
      });
      order.push('done');
    };
    const holding = store.withLock('frozen', work, lock);
    while (!order.length) await new Promise((resolve) => setTimeout(resolve, 10));
    child.thaw();
    const released = child.next('released');
    child.process.send('release');
    await released;
    const next = other.withLock('frozen', async () => order.push('next'), lock);
    await new Promise((resolve) => setTimeout(resolve, leaseMs * 1.5));
    free();
    await Promise.all([holding, next]);
    expect(order).toEqual(['taken', 'done', 'next']);
  });

  it('keeps the lock of a process that works for longer than the lease', async () => {
    const store = await open();
    const child = await owner('busy');
    const impatient = { leaseMs, patienceMs: leaseMs * 2 };
    const error = await failureOf(() => store.withLock('busy', async () => {}, impatient));
    expect(error.code).toBe('lock_timeout');
    child.process.send('release');
    await child.next('released');
    expect(await store.withLock('busy', async () => 'mine', lock)).toBe('mine');
  });
});
