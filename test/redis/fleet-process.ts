// One process of a fleet: many callers that want a token again and again, and look at what they get.
import { setTimeout as pause } from 'node:timers/promises';
import { clientSecret } from '../../src/client/client-authentication.ts';
import { createClient } from '../../src/client/create-client.ts';
import { redisStore } from '../../src/redis/redis-store.ts';
import { createServiceTokens } from '../../src/services/create-service-tokens.ts';
import { type ClientKind, connectWith } from './clients.ts';
import { endOf } from './token-server.ts';

export interface FleetSettings {
  readonly name: string;
  readonly issuer: string;
  readonly kind: ClientKind;
  readonly url: string;
  readonly callers: number;
  /** The longest pause of a caller between two calls, in milliseconds. */
  readonly restMs: number;
  readonly encryptionKey: number[];
}

/** What a process has seen. */
export interface FleetReport {
  readonly type: 'report';
  readonly calls: number;
  /** Calls that gave a token after its end. */
  readonly expired: number;
  /** The codes of what calls rejected with, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  /** How long calls took, in milliseconds: how many took less than each power of two. */
  readonly latency: readonly number[];
  readonly events: Readonly<Record<string, number>>;
}

const settings: FleetSettings = JSON.parse(process.argv[2] ?? '');

async function main(): Promise<void> {
  const { callers, encryptionKey, issuer, kind, name, restMs, url } = settings;
  const { client: redis, close } = await connectWith(kind, url);
  const events: Record<string, number> = {};
  let lastArrival = 0;
  const tokens = createServiceTokens({
    client: createClient({
      issuer,
      clientId: 'fleet',
      authentication: clientSecret('secret'),
      discovery: false,
      metadata: { issuer, token_endpoint: `${issuer}/token` },
      allowInsecureRequests: 'loopback',
      fetch: (address, init) => {
        const headers = new Headers(init.headers);
        headers.set('x-process', name);
        headers.set('x-sent-at', `${Date.now()}`);
        return fetch(address, { ...init, headers });
      },
    }),
    store: redisStore(redis, { encryptionKeys: Uint8Array.from(encryptionKey) }),
    metrics({ type }) {
      if (type === 'requested' || type === 'shared') lastArrival = Date.now();
      events[type] = (events[type] ?? 0) + 1;
    },
  });

  let isOver = false;
  let [calls, expired] = [0, 0];
  const errors: Record<string, number> = {};
  const latency = Array.from({ length: 16 }, () => 0);
  const caller = async () => {
    await pause(Math.random() * restMs);
    while (!isOver) {
      const began = performance.now();
      try {
        // When it was decided which token to give: a busy machine may let us look much later.
        const asked = Date.now();
        const missesBefore = events['miss'];
        const coming = tokens.getAccessToken();
        const isWaiting = events['miss'] !== missesBefore;
        const token = await coming;
        const given = isWaiting ? Math.max(asked, lastArrival) : asked;
        if (given >= endOf(token)) expired += 1;
      } catch (error) {
        const { code } = error as { code: string };
        errors[code] = (errors[code] ?? 0) + 1;
      }
      calls += 1;
      const took = Math.ceil(Math.log2(Math.max(1, performance.now() - began)));
      latency[took] = (latency[took] ?? 0) + 1;
      await pause(Math.random() * restMs);
    }
  };

  process.send?.({ type: 'ready' });
  await new Promise<void>((resolve) => process.once('message', () => resolve()));
  const all = Array.from({ length: callers }, caller);
  await new Promise<void>((resolve) => process.once('message', () => resolve()));
  isOver = true;
  await Promise.all(all);
  process.send?.({ type: 'report', calls, expired, errors, latency, events });
  close();
  process.disconnect();
}

void main();
