// What a session costs: a warm read beside the least that it could be, a cold one for many callers,
// and many contexts on one store. `npm run bench -- session`.
import { createSession, memoryStore } from '../../dist/index.js';
import { median, sideBySide, table } from '../measure.ts';
import { badgateway, oidcClientTs, relier, reliersClient, tokens } from './peers.ts';
import { tokenEndpoint } from './provider.ts';

const FRESH_MS = 3_000_000;
const EXPIRED_MS = -60_000;
const peers = [relier, badgateway, oidcClientTs];

/** A Map lookup, an expiry check and a promise. */
function floor() {
  const held = new Map([['', { accessToken: 'access-0', expiresAt: Date.now() + FRESH_MS }]]);
  return {
    name: 'Map lookup, expiry check, promise',
    once() {
      const token = held.get('');
      return token && Date.now() < token.expiresAt
        ? Promise.resolve(token.accessToken)
        : Promise.reject(new Error('expired'));
    },
  };
}

async function warm(): Promise<string> {
  const subjects = [floor()];
  for (const peer of peers) {
    const { getAccessToken, name } = await peer(tokenEndpoint(), FRESH_MS);
    subjects.push({ name, once: getAccessToken as () => Promise<string> });
  }
  const timings = await sideBySide(subjects, 20_000);
  return table([
    ['warm getAccessToken()', 'ns', 'ratio'],
    ...timings.map(({ name, ns, ratio }) => [name, ns.toFixed(0), ratio.toFixed(2)]),
  ]);
}

async function cold(callers: number): Promise<string> {
  const rows = [[`${callers} callers at once, expired`, 'token requests', 'ms']];
  // oidc-client-ts asks the global fetch.
  const platform = globalThis.fetch;
  for (const peer of peers) {
    const endpoint = tokenEndpoint();
    globalThis.fetch = endpoint.fetch;
    const { getAccessToken, name } = await peer(endpoint, EXPIRED_MS);
    const before = endpoint.requests();
    const start = performance.now();
    const answers = await Promise.allSettled(Array.from({ length: callers }, getAccessToken));
    const ms = performance.now() - start;
    const failed = answers.filter(({ status }) => status === 'rejected').length;
    const requests = `${endpoint.requests() - before}${failed > 0 ? ` (${failed} failed)` : ''}`;
    rows.push([name, requests, ms.toFixed(1)]);
  }
  globalThis.fetch = platform;
  return table(rows);
}

async function contexts(): Promise<string> {
  const rows = [['contexts on one store, one caller each', 'token requests', 'ms', 'ms each']];
  for (const count of [1, 10, 100, 1_000]) {
    const runs: number[] = [];
    let requests = 0;
    for (let run = 0; run < 7; run++) {
      const endpoint = tokenEndpoint();
      const client = reliersClient(endpoint);
      const store = memoryStore();
      const sessions = Array.from({ length: count }, () => createSession({ client, store }));
      await sessions[0]?.establish(tokens(EXPIRED_MS));
      for (const session of sessions) await session.restore();
      const start = performance.now();
      const answers = await Promise.all(sessions.map((session) => session.getAccessToken()));
      runs.push(performance.now() - start);
      if (new Set(answers).size !== 1) throw new Error('Contexts of one session disagree.');
      requests = Math.max(requests, endpoint.requests());
      for (const session of sessions) session.close();
    }
    const ms = median(runs);
    rows.push([`${count}`, `${requests}`, ms.toFixed(2), (ms / count).toFixed(3)]);
  }
  return table(rows);
}

for (const part of [warm, () => cold(50), () => cold(10_000), contexts]) {
  process.stdout.write(`${await part()}\n\n`);
}
