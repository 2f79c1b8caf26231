import { describe, expect, it, onTestFinished } from 'vitest';
import {
  apiToken,
  createManagementClient,
  type ManagementClientOptions,
} from '../../src/management/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { type OktaOptions, startOkta } from '../support/okta/okta.ts';
import { freeOrg } from '../support/okta/rate-limits.ts';
import { failureOf } from '../support/relying-party.ts';

const server = 'default';

/** An org, and a client whose waits for a rate limit pass at once on the clock that both share. */
async function begin(org: OktaOptions = {}, options: Partial<ManagementClientOptions> = {}) {
  const clock = createFakeClock();
  const okta = await startOkta({ now: clock.now, ...org });
  onTestFinished(() => okta[Symbol.asyncDispose]());
  const waits: number[] = [];
  const client = createManagementClient({
    orgUrl: okta.origin,
    auth: apiToken(okta.apiToken),
    clock,
    onRateLimit({ waitMs }) {
      if (waitMs === undefined) return;
      waits.push(waitMs);
      setImmediate(() => clock.advance(waitMs));
    },
    ...options,
  });
  return { clock, client, okta, waits };
}

describe('a client secret', () => {
  it('is rolled over without a moment in which none is active', async () => {
    const { client, okta } = await begin();
    const { secrets } = client.applications;
    const { id: app } = okta.addApp();
    const old = await secrets.create(app);
    const fresh = await secrets.create(app);
    expect(fresh.client_secret).not.toBe(old.client_secret);
    expect(await failureOf(secrets.create(app))).toMatchObject({ status: 400 });
    expect(await failureOf(secrets.delete(app, old.id))).toMatchObject({ status: 400 });
    expect(await secrets.deactivate(app, old.id)).toMatchObject({ status: 'INACTIVE' });
    expect(await failureOf(secrets.deactivate(app, fresh.id))).toMatchObject({ status: 400 });
    await secrets.delete(app, old.id);
    expect(await secrets.list(app).toArray()).toMatchObject([{ id: fresh.id, status: 'ACTIVE' }]);
    expect(okta.violations).toEqual([]);
  });
});

describe('what was read can be sent back with a change', () => {
  it('keeps what no description knows', async () => {
    const { client, okta } = await begin();
    okta.faults.futureProperty = true;
    const { authorizationServers } = client;
    const read = await authorizationServers.get(server);
    expect(read['futureProperty']).toEqual({ since: 2030 });
    const sent = { ...read, description: 'New', futureProperty: { since: 2031 } };
    await authorizationServers.replace(server, sent);
    expect(await authorizationServers.get(server)).toMatchObject({
      description: 'New',
      audiences: read.audiences,
      futureProperty: { since: 2031 },
    });
  });

  it('keeps who is excluded by a rule', async () => {
    const { client } = await begin();
    const { policies } = client.authorizationServers;
    const [policy] = await policies.list(server).toArray({ limit: 1 });
    const [rule] = await policies.rules.list(server, policy?.id ?? '').toArray();
    if (!policy || !rule) throw new Error('The default server has a policy with a rule.');
    const excluding = {
      ...rule,
      conditions: {
        ...rule.conditions,
        people: { ...rule.conditions.people, users: { exclude: ['00u1'] } },
      },
    };
    const changed = await policies.rules.replace(server, policy.id, rule.id, excluding);
    await policies.rules.replace(server, policy.id, rule.id, { ...changed, name: 'Renamed' });
    expect(await policies.rules.get(server, policy.id, rule.id)).toMatchObject({
      name: 'Renamed',
      conditions: { people: { users: { exclude: ['00u1'] } } },
    });
  });

  it.each(['scopes', 'claims'] as const)('takes every one of the %s of a server', async (kind) => {
    const { client, okta } = await begin();
    const api = client.authorizationServers[kind];
    for await (const one of api.list(server)) {
      expect(await api.replace(server, one.id, one as never)).toEqual(one);
    }
    expect(okta.violations).toEqual([]);
  });
});

describe('nothing is cached', () => {
  it('a change is seen by the next reading, a list that lags only by the next but one', async () => {
    const { client, okta } = await begin();
    okta.faults.listsLag = true;
    const { scopes } = client.authorizationServers;
    const before = await scopes.list(server).toArray();
    const made = await scopes.create(server, { name: 'orders:read' });
    expect(await scopes.list(server).toArray()).toEqual(before);
    expect(await scopes.get(server, made.id)).toEqual(made);
    expect(await scopes.list(server).toArray()).toEqual([...before, made]);
  });
});

describe('a free org', () => {
  it('answers 25 calls of a bucket of 10 in two windows and a bit', async () => {
    const { client, clock, okta, waits } = await begin({ rateLimits: freeOrg });
    const { id: app } = okta.addApp();
    const begun = clock.now();
    for (let call = 0; call < 25; call++) await client.applications.secrets.list(app).toArray();
    expect(okta.requests.map(({ status }) => status)).toEqual([
      ...Array<number>(10).fill(200),
      429,
      ...Array<number>(10).fill(200),
      429,
      ...Array<number>(5).fill(200),
    ]);
    expect(waits).toHaveLength(2);
    expect(clock.now() - begun).toBeGreaterThanOrEqual(120_000);
    expect(clock.now() - begun).toBeLessThan(125_000);
  });

  it('lets in what was too much at once, a moment later', async () => {
    const { client, okta, waits } = await begin({ concurrency: 3 });
    const open = okta.hold();
    const names = Array.from({ length: 5 }, (_, index) => `orders:${index}`);
    const { scopes } = client.authorizationServers;
    const made = names.map((name) => scopes.create(server, { name }));
    await expect.poll(() => okta.inTheAir).toBe(5);
    open();
    const created = await Promise.all(made);
    expect(created.map(({ name }) => name)).toEqual(names);
    expect(waits).toHaveLength(2);
    expect(okta.requests.filter(({ status }) => status === 201)).toHaveLength(5);
  });
});

describe('a connection that is lost after the change was made', () => {
  it('leaves one object, and the error says to look', async () => {
    const { client, okta } = await begin();
    okta.happen('resetAfter');
    const { scopes } = client.authorizationServers;
    const error = await failureOf(scopes.create(server, { name: 'orders:read' }));
    expect(error).toMatchObject({ code: 'network_error', phase: 'management', retryable: false });
    expect(await scopes.list(server, { q: 'orders' }).toArray()).toHaveLength(1);
  });
});
