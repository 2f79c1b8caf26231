import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchUserInfo, refreshTokenGrant } from '../../src/index.ts';
import { asAda, localClient, signIn } from '../support/relying-party.ts';
import { fingerprint } from './fingerprint.ts';
import { LIFE_MS, type LoggedProvider, startLoggedProvider } from './server-log.ts';
import { clientId } from './sign-in.ts';

let provider: LoggedProvider;
beforeAll(async () => {
  provider = await startLoggedProvider();
});
afterAll(() => provider.close());

describe('the provider of the soak', () => {
  it('revokes everything when a spent refresh token comes again, and the log says so', async () => {
    const client = localClient(provider.issuer, { clientId });
    const options = { scope: 'openid offline_access', prompt: 'consent' };
    const { tokens } = await signIn(client, asAda, options);
    const refresh = (refreshToken: string) => refreshTokenGrant(client, { refreshToken });
    const first = tokens.refreshToken as string;
    const second = await refresh(first);
    const ask = () => fetchUserInfo(client, second);
    expect(await ask()).toMatchObject({ sub: 'ada' });

    await expect(refresh(first)).rejects.toMatchObject({ error: 'invalid_grant' });

    await expect(ask()).rejects.toMatchObject({ error: 'invalid_token' });
    await expect(refresh(second.refreshToken as string)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    expect(provider.requests.map(({ outcome, spent }) => [spent, outcome])).toEqual([
      [undefined, 'issued'],
      [fingerprint(first), 'issued'],
      [fingerprint(first), 'refresh token already used'],
      [fingerprint(second.refreshToken as string), 'refresh token not found'],
    ]);
    const [grant] = provider.requests.map((request) => request.grant);
    expect([...provider.revocations.keys()]).toEqual([grant]);
    const life = (second.expiresAt as number) - second.obtainedAt;
    expect(life).toBe(LIFE_MS);
  });
});
