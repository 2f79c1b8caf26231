import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  defaultClients,
  type HostileProvider,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import { accepted } from './accepted-requests.ts';
import { refusedAuthorizations } from './refused-authorization-requests.ts';
import { refusedRequests } from './refused-token-requests.ts';

let op: HostileProvider;

beforeAll(async () => {
  op = await startHostileProvider({
    pushedAuthorization: true,
    requestObjects: 'allowed',
    clients: [
      ...defaultClients,
      {
        client_id: 'native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
      },
    ],
  });
});
beforeEach(() => op.reset());
afterAll(() => op.close());

describe('a strict provider', () => {
  it.each(accepted)('finds no fault with %s', async (_, send) => {
    await send(op);
    expect(op.violations).toEqual([]);
  });

  it.each([...refusedAuthorizations, ...refusedRequests])('notes %s: %s', async (row, _, send) => {
    await send(op);
    expect(op.violations.map((violation) => violation.row)).toEqual([row]);
    const last = op.requests.at(-1);
    expect(last?.status).toBeGreaterThanOrEqual(last?.endpoint === 'authorization' ? 302 : 400);
  });
});
