import { describe, expect, it } from 'vitest';
import {
  apiToken,
  createManagementClient,
  type RateLimitEvent,
} from '../../src/management/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startRawServer } from '../support/raw-server.ts';
import { createWeb, json, type Responder } from '../support/scripted-web.ts';
import { orgAndClient, rejection } from './kit.ts';

const start = Date.UTC(2026, 10, 21, 12);
const org = 'https://org.example';
const serverUrl = `${org}/api/v1/authorizationServers/default`;

/** A 429 of a window that ends so many seconds after the answer. */
const tooMany = (seconds: number, more: Record<string, string> = {}) =>
  json({ errorCode: 'E0000047', errorSummary: 'API call exceeded rate limit.' }, 429, {
    date: new Date(start).toUTCString(),
    'x-rate-limit-limit': '50',
    'x-rate-limit-remaining': '0',
    'x-rate-limit-reset': `${start / 1000 + seconds}`,
    ...more,
  });
const concurrency = { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0' };
const fine = () => json({ id: 'default', name: 'default', audiences: [] });
const broken = (status: number) => json({ errorCode: 'E0000009' }, status);

/** A client whose requests get these answers; after that, all goes well. */
function answered(answers: Responder[], options: object = {}) {
  const clock = createFakeClock(start);
  const web = createWeb();
  const left = [...answers];
  web.on(serverUrl, (request) => (left.shift() ?? fine)(request));
  web.on(`${org}/api/v1/authorizationServers`, (request) => (left.shift() ?? fine)(request));
  const events: RateLimitEvent[] = [];
  const reasons: string[] = [];
  const waits: number[] = [];
  const patient = {
    ...clock,
    // The pause between attempts is the only timer that is longer than the time-out is set to.
    setTimer(callback: () => void, delayMs: number) {
      if (delayMs !== timeoutMs) waits.push(delayMs);
      return clock.setTimer(callback, delayMs);
    },
  };
  const client = createManagementClient({
    orgUrl: org,
    auth: apiToken('token'),
    fetch: web.fetch,
    clock: patient,
    timeoutMs,
    onRateLimit: (event) => events.push(event),
    trace(event) {
      if (event.type !== 'retry') return;
      reasons.push(event.reason);
      if (goOn) queueMicrotask(() => clock.advance(600_000));
    },
    ...options,
  });
  let goOn = true;
  const stay = () => {
    goOn = false;
  };
  return { client, clock, events, reasons, servers: client.authorizationServers, stay, waits, web };
}
const timeoutMs = 10_007;

describe('a call that was refused for its rate', () => {
  it('is sent again when the window ends, by the clock of the server', async () => {
    const { clock, events, servers, waits, web } = answered([() => tooMany(42)]);
    clock.setWall(start + 9_000_000);

    expect(await servers.get('default')).toMatchObject({ name: 'default' });
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(42_000);
    expect(waits[0]).toBeLessThanOrEqual(43_000);
    expect(web.requests).toHaveLength(2);
    expect(events[0]).toEqual({
      method: 'GET',
      url: serverUrl,
      status: 429,
      rateLimit: { limit: 50, remaining: 0, resetAt: start + 42_000, resetInMs: 42_000 },
      waitMs: waits[0],
    });
  });

  it('goes by its own clock where the server shows none', async () => {
    const { servers, waits } = answered([() => tooMany(20, { date: '' })]);
    await servers.get('default');

    expect(waits[0]).toBeGreaterThanOrEqual(20_000);
    expect(waits[0]).toBeLessThanOrEqual(21_000);
  });

  it('is sent again whatever it does', async () => {
    const { reasons, servers, web } = answered([
      () => tooMany(1),
      () => tooMany(1),
      () => tooMany(1),
    ]);
    await servers.create({ name: 'a', audiences: ['api://a'] });

    expect(web.requests.map(({ method }) => method)).toEqual(Array(4).fill('POST'));
    expect(reasons).toEqual(Array(3).fill('E0000047'));
  });

  it('is sent again as it was, whatever its object has become meanwhile', async () => {
    const server = { name: 'first', audiences: ['api://a'] };
    const { servers, web } = answered([() => tooMany(1)]);
    const call = servers.create(server);
    server.name = 'second';
    await call;

    const names = web.requests.map(({ body }) => JSON.parse(`${body}`).name);
    expect(names).toEqual(['first', 'first']);
  });

  it('waits a second at least, though the window has ended', async () => {
    const { servers, waits } = answered([() => tooMany(-30)]);
    await servers.get('default');

    expect(waits[0]).toBeGreaterThanOrEqual(1_000);
    expect(waits[0]).toBeLessThanOrEqual(2_000);
  });

  it('waits no longer than it may', async () => {
    const { servers, waits } = answered([() => tooMany(86_400), () => tooMany(86_400)]);
    await servers.get('default');
    expect(waits).toEqual([65_000, 65_000]);

    const short = answered([() => tooMany(42)], { retry: { maxWaitMs: 500 } });
    await short.servers.get('default');
    expect(short.waits).toEqual([500]);
  });

  it('backs off where too many were under way at once, whatever the reset says', async () => {
    const refused = () => tooMany(50, concurrency);
    const { events, servers, waits } = answered([refused, refused, refused]);
    await servers.get('default');

    expect(waits).toHaveLength(3);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(1_000);
      expect(wait).toBeLessThanOrEqual(1_000 * 2 ** index + 1_000);
    }
    expect(events[0]?.rateLimit).toMatchObject({ limit: 0, remaining: 0 });
  });

  it('waits as long as a gate before the API asks for', async () => {
    const refused = () =>
      new Response('slow down', { status: 429, headers: { 'retry-after': '7' } });
    const { servers, waits } = answered([refused]);
    await servers.get('default');

    expect(waits[0]).toBeGreaterThanOrEqual(7_000);
    expect(waits[0]).toBeLessThanOrEqual(8_000);
  });

  it('comes to an end', async () => {
    const { events, servers, web } = answered(Array(9).fill(() => tooMany(1)));
    const error = await rejection(servers.get('default'));

    expect(error).toMatchObject({
      code: 'management_error',
      status: 429,
      errorCode: 'E0000047',
      retryable: true,
      rateLimit: { limit: 50, remaining: 0, resetInMs: 1_000 },
    });
    expect(web.requests).toHaveLength(4);
    expect(events.map(({ waitMs }) => waitMs === undefined)).toEqual([false, false, false, true]);
  });

  it('is not sent again without retries', async () => {
    const { servers, waits } = answered([() => tooMany(1)], { retry: false });

    expect(await rejection(servers.get('default'))).toMatchObject({ status: 429 });
    expect(waits).toEqual([]);
  });

  it('is aborted while it waits, and leaves no timer', async () => {
    const { clock, servers, stay, web } = answered([() => tooMany(42)]);
    stay();
    const controller = new AbortController();
    const call = rejection(servers.get('default', { signal: controller.signal }));
    while (clock.pending === 0 || web.requests.length === 0) await new Promise(setImmediate);
    controller.abort();

    expect(await call).toMatchObject({ code: 'aborted', phase: 'management' });
    expect(clock.pending).toBe(0);
    expect(web.requests).toHaveLength(1);
  });

  it('is told of, and of what is left, whatever the listener does', async () => {
    const { servers } = answered([() => tooMany(1)], {
      onRateLimit() {
        throw new Error('mine');
      },
    });

    expect(await servers.get('default')).toMatchObject({ name: 'default' });
  });
});

describe('a call that failed', () => {
  it.each([500, 502, 503, 504, 408])('is sent again after %i if it reads', async (status) => {
    const { servers, waits, web } = answered([() => broken(status), () => broken(status)]);

    expect(await servers.get('default')).toMatchObject({ name: 'default' });
    expect(web.requests).toHaveLength(3);
    expect(waits[1]).toBeLessThanOrEqual(3_000);
  });

  it.each([500, 503])('is not sent again after %i if it writes', async (status) => {
    const { servers, web } = answered(Array(9).fill(() => broken(status)));

    expect(await rejection(servers.create({ name: 'a', audiences: ['a'] }))).toMatchObject({
      status,
      retryable: false,
    });
    expect(
      await rejection(servers.replace('default', { name: 'a', audiences: ['a'] })),
    ).toMatchObject({ status, retryable: true });
    expect(await rejection(servers.delete('default'))).toMatchObject({ status, retryable: true });
    expect(web.requests.map(({ method }) => method)).toEqual(['POST', 'PUT', 'DELETE']);
  });

  it.each([400, 401, 403, 404, 405, 409])('is not sent again after %i', async (status) => {
    const { servers, web } = answered(Array(9).fill(() => json({}, status)));

    expect(await rejection(servers.get('default'))).toMatchObject({ status, retryable: false });
    expect(web.requests).toHaveLength(1);
  });

  it('is sent again after a lost connection if it reads', async () => {
    const { client, clock, okta, traced } = await orgAndClient({
      trace: (event) => {
        traced.push(event);
        if (event.type === 'retry') queueMicrotask(() => clock.advance(10_000));
      },
    });
    okta.happen('resetBefore');

    expect(await client.authorizationServers.get('default')).toMatchObject({ name: 'default' });
    expect(traced.filter(({ type }) => type === 'retry')).toMatchObject([
      { phase: 'management', reason: 'network_error' },
    ]);
  });

  it('is not sent again after a lost connection if it writes, for it may have been done', async () => {
    const { client, okta } = await orgAndClient();
    okta.happen('resetAfter');
    const { scopes } = client.authorizationServers;

    expect(await rejection(scopes.create('default', { name: 'once' }))).toMatchObject({
      name: 'TransportError',
      code: 'network_error',
      phase: 'management',
      retryable: false,
    });
    const names = (await scopes.list('default').toArray()).map(({ name }) => name);
    expect(names.filter((name) => name === 'once')).toHaveLength(1);
  });

  it('is sent again after a time-out if it reads', async () => {
    const silent: Responder = () => new Promise(() => {});
    const { clock, servers, web } = answered([silent]);
    const call = servers.get('default');
    while (web.requests.length === 0) await new Promise(setImmediate);
    clock.advance(timeoutMs);

    expect(await call).toMatchObject({ name: 'default' });
    expect(web.requests).toHaveLength(2);
  });

  it('follows no redirect', async () => {
    const { client, okta } = await orgAndClient();
    okta.happen('redirect');

    expect(await rejection(client.authorizationServers.get('default'))).toMatchObject({
      code: 'redirect_refused',
      phase: 'management',
    });
    expect(okta.requests).toHaveLength(1);
  });
});

describe('a request', () => {
  it('says Content-Length: 0 where it writes nothing', async () => {
    const server = await startRawServer();
    const lengths: (string | undefined)[] = [];
    server.answer((request, response) => {
      lengths.push(request.headers['content-length']);
      response.writeHead(204).end();
    });
    const { authorizationServers } = createManagementClient({
      orgUrl: server.origin,
      auth: apiToken('token'),
    });
    await authorizationServers.activate('default');
    await authorizationServers.policies.rules.deactivate('default', 'p', 'r');
    await server.close();

    expect(lengths).toEqual(['0', '0']);
  });

  it('says what it takes, what it sends and who sends it', async () => {
    const { servers, web } = answered([]);
    await servers.get('default');
    await answered([], { userAgent: 'jobs/2.0' }).servers.get('default');

    expect(Object.fromEntries(web.requests[0]?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'SSWS token',
      'content-type': 'application/json',
      'user-agent': 'relier',
    });
  });

  it('leaves the name of a browser to the browser', async () => {
    const { web } = answered([]);
    const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    Object.defineProperty(globalThis, 'navigator', {
      configurable: true,
      value: { userAgent: 'Mozilla/5.0' },
    });
    try {
      const options = { orgUrl: org, auth: apiToken('token'), fetch: web.fetch };
      await createManagementClient(options).authorizationServers.get('default');
      const named = createManagementClient({ ...options, userAgent: 'console/1.0' });
      await named.authorizationServers.get('default');
    } finally {
      if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
      else Reflect.deleteProperty(globalThis, 'navigator');
    }

    expect(web.requests.map(({ headers }) => headers.get('user-agent'))).toEqual([
      null,
      'console/1.0',
    ]);
  });
});
