import { describe, expect, inject, it } from 'vitest';
import { apiToken, createManagementClient, ManagementError } from '../../src/management/index.ts';
import type { Ids } from '../management/operations/row.ts';
import { rows } from '../management/operations/rows.ts';
import { operations } from '../support/okta/operations.ts';
import { failureOf } from '../support/relying-party.ts';

const contract = inject('contract');

const ids: Ids = {
  authServerId: 'aus6xt9jKPmCyn6kg0g4',
  associatedServerId: 'aus9s3ami4MRoqQR90h7',
  policyId: '00plrilJ7jZ66Gn0X0g3',
  ruleId: 'ruld3hJ7jZh4fn0st0g3',
  scopeId: 'scp5yu8kLOnDzo7lh0g4',
  claimId: 'ocl5yu8kLOnDzo7lh0g4',
  clientId: '0oa1nkheCuDn82XVI0g4',
  tokenId: 'oar579Mcp7OUsNTlo0g3',
  appId: '0oafxqCAJWWGELFTYASJ',
  keyId: 'pks2f4zrZbs8nUa7p0g4',
  secretId: 'ocs2f4zrZbs8nUa7p0g4',
};

describe.skipIf(!contract)("relier/management against Okta's description", () => {
  const { described, origin } = contract ?? { described: [], origin: '' };

  /** A client that asks for answers with a status, and what became of its requests. */
  const asking = (prefer?: number) => {
    const answers: { status: number; violations: string | null }[] = [];
    const client = createManagementClient({
      orgUrl: origin,
      auth: apiToken('prism-takes-any'),
      retry: false,
      timeoutMs: 30_000,
      async fetch(url, init) {
        const headers = { ...init?.headers, ...(prefer && { prefer: `code=${prefer}` }) };
        const response = await fetch(url, { ...init, headers });
        const { status } = response;
        answers.push({ status, violations: response.headers.get('sl-violations') });
        return response;
      },
    });
    return { answers, client };
  };

  it('has 53 operations, and ours are the same: method, path, query, body, scope', () => {
    const theirs = described.map(({ body, method, operationId, path, query }) => ({
      id: operationId,
      method,
      path,
      query: query.toSorted(),
      body,
    }));
    const ours = operations.map(({ body, id, method, path, query = [] }) => {
      return { id, method, path, query: query.toSorted(), body };
    });
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(ours.toSorted(byId)).toEqual(theirs.toSorted(byId));
    expect(theirs).toHaveLength(53);
    for (const { method, path, scopes } of described) {
      const verb = method === 'GET' ? 'read' : 'manage';
      expect(scopes).toEqual([`okta.${path.split('/')[3]}.${verb}`]);
    }
  });

  it('is held by a judge that sees what is wrong', async () => {
    const { answers, client } = asking();
    const scope = { description: 'has no name' } as never;
    const { scopes } = client.authorizationServers;
    expect(await failureOf(scopes.create('default', scope))).toMatchObject({ status: 400 });
    expect(await failureOf(scopes.list('default', { limit: 201 }).toArray())).toMatchObject({
      status: 422,
    });
    expect(answers[0]?.violations).toContain('name');
  });

  describe.each(rows.map((row) => [row.operation, row.call, row] as const))(
    '%s · %s',
    (_, __, row) => {
      const known = described.find(({ operationId }) => operationId === row.operation);
      const { method, path, statuses } = known ?? { method: '', path: '', statuses: [] };

      it(`${method} ${path} is a request that the description allows`, async () => {
        const { answers, client } = asking();
        await row.run(client, ids);
        expect(answers).toEqual([{ status: row.status, violations: null }]);
        expect([row.status, ...row.declared].toSorted()).toEqual(statuses.toSorted());
      });

      it.each(row.declared)('takes the example of %d', async (status) => {
        const { answers, client } = asking(status);
        const error = await failureOf(row.run(client, ids));
        expect(error).toBeInstanceOf(ManagementError);
        expect(error).toMatchObject({ status, errorCode: expect.stringMatching(/^E00000\d\d$/) });
        expect(answers).toEqual([{ status, violations: null }]);
      });
    },
  );
});
