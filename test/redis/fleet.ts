import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compile, startChild } from './child.ts';
import { clientKinds } from './clients.ts';
import type { FleetReport, FleetSettings } from './fleet-process.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { startTokenServer, type TokenRequest, type TokenServer } from './token-server.ts';

/** Something that goes wrong for a while, in milliseconds after the start. */
export interface Trouble {
  readonly fromMs: number;
  readonly untilMs: number;
  begin(world: World): Promise<void> | void;
  end(world: World): Promise<void> | void;
}

export interface World {
  readonly redis: RedisServer;
  readonly provider: TokenServer;
}

export interface FleetPlan {
  readonly processes: number;
  readonly callers: number;
  readonly restMs: number;
  readonly lifeMs: number;
  readonly durationMs: number;
  readonly trouble?: Trouble;
}

export interface FleetRun {
  readonly requests: readonly TokenRequest[];
  readonly reports: readonly FleetReport[];
  /** When the callers began, and when trouble began and ended, in ms since the epoch. */
  readonly began: number;
  readonly trouble?: { readonly from: number; readonly until: number } | undefined;
}

/** Runs a fleet of processes that share tokens by way of a real Redis. */
export async function runFleet(plan: FleetPlan): Promise<FleetRun> {
  const folder = mkdtempSync(join(tmpdir(), 'relier-fleet-'));
  const script = compile('fleet-process.ts', folder);
  const redis = await startRedis();
  const provider = await startTokenServer(plan.lifeMs);
  const encryptionKey = [...crypto.getRandomValues(new Uint8Array(32))];
  const children = Array.from({ length: plan.processes }, (_, n) => {
    const settings: FleetSettings = {
      name: `${n}`,
      issuer: provider.issuer,
      // All sorts of clients in one fleet.
      kind: clientKinds[n % clientKinds.length] as FleetSettings['kind'],
      url: `redis://${redis.host}:${redis.port}`,
      callers: plan.callers,
      restMs: plan.restMs,
      encryptionKey,
    };
    return startChild(script, settings);
  });
  try {
    await Promise.all(children.map((child) => child.next('ready')));
    const began = Date.now();
    const until = (ms: number) => pause(Math.max(0, began + ms - Date.now()));
    for (const child of children) child.process.send('begin');
    let trouble: FleetRun['trouble'];
    if (plan.trouble) {
      const world = { redis, provider };
      await until(plan.trouble.fromMs);
      const from = Date.now();
      await plan.trouble.begin(world);
      await until(plan.trouble.untilMs);
      await plan.trouble.end(world);
      trouble = { from, until: Date.now() };
    }
    await until(plan.durationMs);
    const requests = [...provider.requests];
    const told = children.map((child) => child.next<FleetReport>('report'));
    for (const child of children) child.process.send('end');
    return { requests, reports: await Promise.all(told), began, trouble };
  } finally {
    await Promise.all(children.map((child) => child.kill()));
    await provider.close();
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
