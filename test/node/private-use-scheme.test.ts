import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createAuthorizationRequest,
  encryptedStore,
  handleAuthorizationResponse,
  transactionStore,
} from '../../src/index.ts';
import { fileStore } from '../../src/node/index.ts';
import {
  nativeClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { asAda, failureOf, localClient } from '../support/relying-party.ts';
import { removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

removeFoldersAfterwards();
const redirectUris = ['com.example.app:/callback', 'com.example.app://callback'];

let provider: RunningProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider({
    clients: [{ ...nativeClient, redirect_uris: redirectUris }],
  });
});
afterAll(() => provider.close());

/** An application that is started anew each time, and whose starts share a folder. */
function application(redirectUri: string) {
  const directory = temporaryFolder();
  const key = randomBytes(32);
  return () => {
    const client = localClient(provider.issuer, { clientId: nativeClient.client_id });
    const pending = transactionStore(encryptedStore(fileStore({ directory }), key));
    return {
      async start() {
        const { transaction, url } = await createAuthorizationRequest(client, { redirectUri });
        await pending.save(transaction);
        return url;
      },
      receive: (url: URL) => handleAuthorizationResponse(client, pending.take, url),
    };
  };
}

describe.each(redirectUris)('a sign-in that comes back to %s', (redirectUri) => {
  it('ends in the application that was started with the URL', async () => {
    const begin = application(redirectUri);
    const url = await asAda(await begin().start());
    expect(url.href).toContain(`${redirectUri}?`);
    const { tokens } = await begin().receive(url);
    expect(tokens.claims?.sub).toBe('ada');
  });

  it('ends once, however many starts get the URL', async () => {
    const begin = application(redirectUri);
    const url = await asAda(await begin().start());
    const before = provider.count('token');
    const ends = await Promise.allSettled([1, 2, 3].map(() => begin().receive(url)));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const end of ends) {
      if (end.status === 'rejected') expect(end.reason.code).toBe('transaction_not_found');
    }
    expect(provider.count('token')).toBe(before + 1);
  });

  it('is not ended by a URL that somebody else has opened', async () => {
    const begin = application(redirectUri);
    const url = await begin().start();
    const before = provider.count('token');
    const stranger = (state: string) => new URL(`${redirectUri}?code=c&state=${state}`);
    expect(await failureOf(begin().receive(stranger('x'.repeat(43))))).toMatchObject({
      code: 'transaction_not_found',
    });
    expect(await failureOf(begin().receive(stranger('')))).toMatchObject({
      code: 'invalid_authorization_response',
    });
    expect(provider.count('token')).toBe(before);
    expect((await begin().receive(await asAda(url))).tokens.claims?.sub).toBe('ada');
  });
});
