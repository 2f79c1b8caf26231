import { describe, expect, it } from 'vitest';
import { type FleetPlan, runFleet } from './fleet.ts';
import { figuresOf, tell } from './fleet-figures.ts';

// The full size takes a machine that has nothing else to do: FLEET=full.
const isFull = process.env['FLEET'] === 'full';
const lifeMs = 2_000;
const size = isFull
  ? { processes: 40, callers: 250, restMs: 4_000, lifeMs }
  : { processes: 8, callers: 250, restMs: 1_000, lifeMs };

/** A token is renewed in the last tenth of its life. */
const CALM_GAP_MS = lifeMs * 0.9 - 5;
/** A client reconnects within two seconds, the store is left alone for two, and a token's life. */
const SETTLE_MS = 4_000 + lifeMs;
/** The longest pause between two requests that fail. */
const INTERVAL_MS = 8_000;

async function run(title: string, plan: FleetPlan) {
  const figures = figuresOf(await runFleet(plan), SETTLE_MS);
  tell(title, plan, figures);
  expect(figures.expired).toBe(0);
  expect(figures.calls).toBeGreaterThan(plan.processes * plan.callers);
  expect(figures.shortestGapMs).toBeGreaterThan(CALM_GAP_MS);
  return figures;
}

describe('a fleet of processes with one Redis', () => {
  it('asks for one token per expiry', { timeout: 120_000 }, async () => {
    const durationMs = isFull ? 30_000 : 10_000;
    const figures = await run('Calm', { ...size, durationMs });

    expect(figures.errors).toEqual({});
    expect(figures.requests).toBeLessThanOrEqual(Math.ceil(durationMs / CALM_GAP_MS));
    // Some come while the fleet ends.
    expect(figures.events['requested']).toBeGreaterThanOrEqual(figures.requests);
    expect(figures.events).not.toHaveProperty('storeFailed');
  });

  it('asks once per process and expiry while Redis is away', { timeout: 120_000 }, async () => {
    const figures = await run('Redis killed, and started again with nothing', {
      ...size,
      durationMs: isFull ? 30_000 : 16_000,
      trouble: {
        fromMs: 4_500,
        untilMs: isFull ? 14_500 : 7_500,
        begin: ({ redis }) => redis.kill(),
        end: ({ redis }) => redis.start(),
      },
    });

    expect(figures.errors).toEqual({});
    expect(figures.shortestOwnGapMs).toBeGreaterThan(CALM_GAP_MS);
    expect(figures.events['storeFailed']).toBeLessThanOrEqual(size.processes);
    expect(figures.events['storeRecovered']).toBe(figures.events['storeFailed']);
  });

  it('asks once per interval while the provider is away', { timeout: 120_000 }, async () => {
    const figures = await run('Provider out of order for 10 s', {
      ...size,
      durationMs: isFull ? 30_000 : 24_000,
      trouble: {
        fromMs: 4_500,
        untilMs: 14_500,
        begin: ({ provider }) => provider.fail('refuses'),
        end: ({ provider }) => provider.recover(),
      },
    });

    // Tokens live for two seconds, so there is none that could serve for ten.
    const codes = ['oauth_error', 'refresh_postponed'];
    expect(Object.keys(figures.errors).filter((code) => !codes.includes(code))).toEqual([]);
    // Not one per process: the pauses are shared, and on average a second or more.
    expect(figures.duringTrouble).toBeLessThan(25);
    expect(figures.recoveryMs).toBeLessThan(INTERVAL_MS + 1_000);
    expect(figures.events).not.toHaveProperty('storeFailed');
  });
});
