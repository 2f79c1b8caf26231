import { apiToken, createManagementClient, type RateLimitEvent } from '../../dist/management.js';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { type OktaOptions, startOkta } from '../../test/support/okta/okta.ts';
import { freeOrg } from '../../test/support/okta/rate-limits.ts';
import { table } from '../measure.ts';

/** An org and a client on one clock, on which waiting for a rate limit takes no time. */
async function begin(options: OktaOptions = {}, told: (event: RateLimitEvent) => void = () => {}) {
  const clock = createFakeClock();
  const okta = await startOkta({ now: clock.now, ...options });
  const client = createManagementClient({
    orgUrl: okta.origin,
    auth: apiToken(okta.apiToken),
    clock,
    onRateLimit(event) {
      told(event);
      if (event.waitMs !== undefined) setImmediate(() => clock.advance(event.waitMs ?? 0));
    },
  });
  return { client, clock, okta };
}

/** Requests of a list in pages: an empty one in the middle, and a `next` that names another collection. */
export async function paging(): Promise<string> {
  const { client, okta } = await begin();
  await using _ = okta;
  const rows = [['a list in pages', 'status', 'items', 'after']];
  const trusted = Array.from({ length: 5 }, (_, count) => {
    const server = { name: `server ${count}`, audiences: ['api://a'] };
    return okta.atConsole('createAuthorizationServer', {}, server)['id'] as string;
  });
  okta.atConsole('createAssociatedServers', { authServerId: 'default' }, { trusted });
  okta.faults.emptyMiddlePage = true;
  okta.faults.nextNamesOtherCollection = true;
  const { associatedServers } = client.authorizationServers;
  for await (const { after = '', items } of associatedServers
    .list('default', { trusted: true, limit: 2 })
    .pages()) {
    const { method, status, target } = okta.requests.at(-1) ?? { method: '', target: '' };
    rows.push([`${method} ${target}`, `${status}`, `${items.length}`, after]);
  }
  return table(rows);
}

/** Answers to readings of a bucket of ten, and to one that comes while too many are under way. */
export async function rateLimits(): Promise<string> {
  const rows = [['a bucket of 10 a minute, at s', 'status', 'limit', 'left', 'reset', 'waits s']];
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  let begun = 0;
  const { client, clock, okta } = await begin({ rateLimits: freeOrg }, (event) => {
    const { limit, remaining, resetAt } = event.rateLimit;
    rows.push([
      seconds(clock.now() - begun),
      ...[event.status, limit, remaining].map(String),
      seconds(resetAt - begun),
      event.waitMs === undefined ? '' : seconds(event.waitMs),
    ]);
  });
  await using _ = okta;
  begun = clock.now();
  const { id } = okta.addApp();
  for (let call = 0; call < 12; call++) {
    await client.applications.secrets.list(id).toArray();
    clock.advance(1_500);
  }
  okta.happen('concurrency', { times: 2, resetAfterMs: 40_000 });
  await client.applications.secrets.list(id).toArray();
  return table(rows);
}
