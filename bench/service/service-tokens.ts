// What a service's own token costs: many calls at once without one, one call with one, and its expiry
// under load.
import { type Subject, sideBySide, table } from '../measure.ts';
import { goodUntil, serviceEndpoint } from './endpoint.ts';
import { peers } from './peers.ts';

async function cold(callers: number): Promise<string> {
  const rows = [
    [`${callers.toLocaleString('en')} calls at once, no token yet`, 'requests', 'p50 ms', 'p99 ms'],
  ];
  for (const { mostCalls = callers, name, start } of peers) {
    const endpoint = await serviceEndpoint();
    const getAccessToken = start(endpoint);
    const began = performance.now();
    const took: number[] = [];
    const answers = await Promise.allSettled(
      Array.from({ length: Math.min(callers, mostCalls) }, async () => {
        await getAccessToken();
        took.push(performance.now() - began);
      }),
    );
    await endpoint.http.close();
    const failed = answers.filter(({ status }) => status === 'rejected').length;
    rows.push([
      name,
      `${endpoint.requests()}${failed > 0 ? ` (${failed} failed)` : ''}`,
      percentile(took, 0.5).toFixed(0),
      percentile(took, 0.99).toFixed(0),
    ]);
  }
  return table(rows);
}

async function warm(): Promise<string> {
  const held = new Map([['', { accessToken: 'a', expiresAt: Date.now() + 3_000_000 }]]);
  const subjects: Subject[] = [
    {
      name: 'Map lookup, expiry check, promise',
      once() {
        const token = held.get('');
        return token && Date.now() < token.expiresAt
          ? Promise.resolve(token.accessToken)
          : Promise.reject(new Error('expired'));
      },
    },
  ];
  const endpoints = [];
  for (const { keepsTokens, marginSeconds = 0, name, start } of peers) {
    if (!keepsTokens) continue;
    const endpoint = await serviceEndpoint({ marginSeconds });
    endpoints.push(endpoint);
    const once = start(endpoint);
    await once();
    subjects.push({ name, once });
  }
  const timings = await sideBySide(subjects, 2_000);
  if (endpoints.some(({ requests }) => requests() !== 1)) throw new Error('That was not warm.');
  for (const { http } of endpoints) await http.close();
  return table([
    ['one call with a token', 'ns', 'ratio'],
    ...timings.map(({ name, ns, ratio }) => [name, ns.toFixed(0), ratio.toFixed(2)]),
  ]);
}

const TICK_MS = 10;

/** A token that lives two seconds, at an endpoint that takes 50 ms. */
async function expiry(callsPerSecond: number, seconds: number): Promise<string> {
  const rows = [
    [
      `${callsPerSecond.toLocaleString('en')} calls a second, ${seconds} s, a token lives 2 s`,
      'requests',
      'expired',
      'p99 ms',
      'max ms',
    ],
  ];
  for (const { marginSeconds = 0, name, start } of peers) {
    const endpoint = await serviceEndpoint({
      lifetimeSeconds: 2,
      marginSeconds,
      answersAfterMs: 50,
    });
    const getAccessToken = start(endpoint);
    const took: number[] = [];
    let expired = 0;
    let failed = 0;
    const call = async () => {
      const began = performance.now();
      try {
        const token = await getAccessToken();
        took.push(performance.now() - began);
        if (Date.now() >= goodUntil(token)) expired += 1;
      } catch {
        failed += 1;
      }
    };
    const calls: Promise<void>[] = [];
    const began = performance.now();
    while (performance.now() - began < seconds * 1_000) {
      // A busy process catches up with what it is behind.
      const due = ((performance.now() - began) / 1_000) * callsPerSecond;
      while (calls.length < due) calls.push(call());
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(calls);
    await endpoint.http.close();
    rows.push([
      name,
      `${endpoint.requests()}${failed > 0 ? ` (${failed} failed)` : ''}`,
      `${expired}`,
      percentile(took, 0.99).toFixed(1),
      Math.max(...took).toFixed(0),
    ]);
  }
  return table(rows);
}

function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const parts = [() => cold(10_000), warm, () => expiry(2_000, 5)];
