import { onTestFinished } from 'vitest';
import type { TraceEvent } from '../../src/index.ts';
import {
  apiToken,
  createManagementClient,
  type ManagementClientOptions,
  type RateLimitEvent,
} from '../../src/management/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startOkta } from '../support/okta/okta.ts';

/** An org and a client for it that an administrator's token opens; both see time as the test says. */
export async function orgAndClient(options: Partial<ManagementClientOptions> = {}) {
  const clock = createFakeClock();
  const okta = await startOkta({ now: clock.now });
  onTestFinished(() => okta[Symbol.asyncDispose]());
  const limits: RateLimitEvent[] = [];
  const traced: TraceEvent[] = [];
  const client = createManagementClient({
    orgUrl: okta.origin,
    auth: apiToken(okta.apiToken),
    clock,
    onRateLimit: (event) => limits.push(event),
    trace: (event) => traced.push(event),
    ...options,
  });
  return { client, clock, limits, okta, traced };
}

/** What a promise was rejected with. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It was not rejected.');
    },
    (error) => error,
  );
}
