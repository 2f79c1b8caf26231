import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientSecret, createServiceTokens, introspectToken } from '../../src/index.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import {
  basicClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { localClient } from '../support/relying-party.ts';

describe('service tokens of a real provider', () => {
  let provider: RunningProvider;
  beforeAll(async () => {
    provider = await startOpenIdProvider();
  });
  afterAll(() => provider.close());

  const client = () =>
    localClient(provider.issuer, {
      clientId: basicClient.client_id,
      authentication: clientSecret(basicClient.client_secret),
    });

  it('are one discovery and one token request for 500 callers in five processes', async () => {
    const store = memoryStore();
    const before = provider.count('token');
    const members = Array.from({ length: 5 }, () =>
      createServiceTokens({ client: client(), scope: 'reports:read', store }),
    );
    const calls = members.flatMap(({ getAccessToken }) =>
      Array.from({ length: 100 }, () => getAccessToken()),
    );
    const [token = '', ...more] = new Set(await Promise.all(calls));
    expect(more).toEqual([]);
    expect(provider.count('token') - before).toBe(1);
    const { active } = await introspectToken(client(), token);
    expect(active).toBe(true);
  });

  it('are apart for each resource, and what was asked for', async () => {
    const { getAccessToken } = createServiceTokens({ client: client(), scope: 'reports:read' });
    const resource = 'https://api.example/reports';
    const token = await getAccessToken({ resource });
    const [, payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect(claims).toMatchObject({ aud: resource, scope: 'reports:read' });
    expect(await getAccessToken()).not.toBe(token);
  });
});
