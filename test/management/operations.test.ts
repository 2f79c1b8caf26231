import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  accessToken,
  apiToken,
  createManagementClient,
  type ManagementAuth,
} from '../../src/management/index.ts';
import { operations } from '../support/okta/operations.ts';
import { failureOf } from '../support/relying-party.ts';
import type { Ids } from './operations/row.ts';
import { rows } from './operations/rows.ts';
import { serviceAppOf } from './operations/service-app.ts';
import { createWorld, type World } from './operations/world.ts';

/** For calls that fail: it stays as it is. */
let shared: World;

beforeAll(async () => {
  shared = await createWorld();
});

afterAll(() => shared.okta[Symbol.asyncDispose]());

/** For calls that change something. */
async function ownWorld(): Promise<World> {
  const world = await createWorld();
  onTestFinished(() => world.okta[Symbol.asyncDispose]());
  return world;
}

const clientWith = (auth: ManagementAuth) =>
  createManagementClient({ orgUrl: shared.okta.origin, auth, retry: false });

it('are 53 operations, each with a row and a method of its own', () => {
  const names = operations.map(({ id }) => id).toSorted();
  expect(names).toHaveLength(53);
  expect(rows.map(({ operation }) => operation).toSorted()).toEqual(names);
  expect(new Set(rows.map(({ call }) => call)).size).toBe(53);
});

it('have a refused call for every 400 that is declared, and only for those', () => {
  const refused = rows.filter((row) => row.refused).map(({ operation }) => operation);
  const declared = rows.filter((row) => row.declared.some((status) => status === 400));
  expect(refused).toEqual(declared.map(({ operation }) => operation));
});

describe.each(rows.map((row) => [row.operation, row.call, row] as const))(
  '%s · %s',
  (_, __, row) => {
    const known = operations.find(({ id }) => id === row.operation);
    const { method, path } = known ?? { method: '', path: '' };
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof Ids);
    const area = path.includes('/apps/') ? 'apps' : 'authorizationServers';
    const needed = `okta.${area}.${method === 'GET' ? 'read' : 'manage'}`;
    const declares = (status: number) =>
      row.declared.some((one) => one === status) ? '' : ', though nothing declares it';

    it(`${method} ${path} · ${row.status}`, async () => {
      const world = await ownWorld();
      row.arrange?.(world);
      row.check(await row.run(world.client, world.ids), world);
      expect(world.okta.violations).toEqual([]);
      expect(world.okta.requests).toMatchObject([
        { method, operation: row.operation, status: row.status },
      ]);
    });

    it(`by a service app with ${needed}, its token bound to a key`, async () => {
      const world = await ownWorld();
      const { ids, okta } = world;
      const auth = await serviceAppOf(okta, needed);
      const client = createManagementClient({ orgUrl: okta.origin, auth, retry: false });
      row.arrange?.(world);
      row.check(await row.run(client, ids), world);
      const sent = okta.requests.filter(({ operation }) => operation === row.operation);
      expect(sent).toMatchObject([
        { status: row.status, headers: { authorization: expect.stringMatching(/^DPoP /) } },
      ]);
      expect(okta.violations).toEqual([]);
    });

    it.each((row.refused ?? []).map((call) => [call.because, call] as const))(
      '400 because %s',
      async (_, call) => {
        const world = await ownWorld();
        const { arrange, cause, run = row.run } = call;
        arrange?.(world);
        const error = await failureOf(run(world.client, world.ids));
        expect(error).toMatchObject({
          name: 'ManagementError',
          code: 'management_error',
          phase: 'management',
          retryable: false,
          status: 400,
          errorCode: 'E0000001',
          errorSummary: expect.stringMatching(/^Api validation failed: /),
          errorCauses: [expect.stringContaining(cause)],
          errorId: expect.stringMatching(/^oae/),
        });
        expect(world.okta.requests).toHaveLength(1);
      },
    );

    it(`401 for a token that nobody issued${declares(401)}`, async () => {
      const error = await failureOf(row.run(clientWith(apiToken('unknown')), shared.ids));
      expect(error).toMatchObject({ status: 401, errorCode: 'E0000011', errorCauses: [] });
    });

    it('403 for an access token without the scope, saying which', async () => {
      const others = ['okta.users.manage', ...(method === 'GET' ? [] : [`okta.${area}.read`])];
      const token = shared.okta.issueAccessToken(others);
      const error = await failureOf(row.run(clientWith(accessToken(token)), shared.ids));
      expect(error).toMatchObject({
        status: 403,
        errorCode: 'E0000006',
        error: 'insufficient_scope',
        challenges: [{ parameters: { scope: needed } }],
      });
    });

    it.each(parameters)(`404 for an unknown %s${declares(404)}`, async (parameter) => {
      const error = await failureOf(row.run(shared.client, { ...shared.ids, [parameter]: 'gone' }));
      expect(error).toMatchObject({
        status: 404,
        errorCode: 'E0000007',
        errorSummary: expect.stringContaining('Not found: Resource not found: gone ('),
      });
    });

    it('429 with the state of the bucket', async () => {
      shared.okta.happen('rateLimit', { resetAfterMs: 30_000 });
      const error = await failureOf(row.run(shared.client, shared.ids));
      expect(error).toMatchObject({
        status: 429,
        errorCode: 'E0000047',
        retryable: true,
        rateLimit: { limit: 50, remaining: 0 },
      });
    });
  },
);
