import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSession,
  dpop,
  encryptedStore,
  memoryStore,
  type SessionStore,
} from '../../src/index.ts';
import { fileStore, storedKeyPair } from '../../src/node/index.ts';
import {
  publicClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { asAda, failureOf, localClient, signIn } from '../support/relying-party.ts';
import { dataFile, removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

removeFoldersAfterwards();

const thumbprint = async ({ publicKey }: CryptoKeyPair) =>
  JSON.stringify(await crypto.subtle.exportKey('jwk', publicKey));

describe('a key pair in a store', () => {
  const encrypted = () => encryptedStore(memoryStore(), randomBytes(32));

  it('is made once, and is the same at the next start', async () => {
    const store = encrypted();
    const pair = await storedKeyPair(store)();
    expect(await thumbprint(await storedKeyPair(store)())).toBe(await thumbprint(pair));
    expect(await thumbprint(await storedKeyPair(store, { name: 'other' })())).not.toBe(
      await thumbprint(pair),
    );
  });

  it('never shows its private half to the program again', async () => {
    const store = encrypted();
    for (const { privateKey } of [await storedKeyPair(store)(), await storedKeyPair(store)()]) {
      expect(privateKey.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
    }
  });

  it('is the same for all who make one at once', async () => {
    const directory = temporaryFolder();
    const key = randomBytes(32);
    const pairs = await Promise.all(
      Array.from({ length: 6 }, () =>
        storedKeyPair(encryptedStore(fileStore({ directory }), key))(),
      ),
    );
    expect(new Set(await Promise.all(pairs.map(thumbprint))).size).toBe(1);
    expect(readFileSync(dataFile(directory), 'utf8')).not.toMatch(/"d"|P-256/);
  });

  it.each<
    [what: string, spoil: (inner: SessionStore, key: string, revision: string) => Promise<unknown>]
  >([
    [
      'that nobody can read any more',
      (inner, key, revision) => inner.write(key, 'noise', revision),
    ],
    ['that is gone', (inner, key, revision) => inner.delete(key, revision)],
  ])('%s is replaced', async (_, spoil) => {
    const inner = memoryStore();
    const store = encryptedStore(inner, randomBytes(32));
    const before = await thumbprint(await storedKeyPair(store)());
    const { revision } = (await inner.read('dpop.default')) ?? { revision: '' };
    await spoil(inner, 'dpop.default', revision);
    const after = await thumbprint(await storedKeyPair(store)());
    expect(after).not.toBe(before);
    expect(await thumbprint(await storedKeyPair(store)())).toBe(after);
  });

  it.each([
    '{}',
    '[]',
    '{"version":1}',
    '{"version":1,"jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}}',
  ])('is replaced where %s stands in its place', async (value) => {
    const store = encrypted();
    await store.write('dpop.default', value, null);
    const pair = await storedKeyPair(store)();
    expect(await thumbprint(await storedKeyPair(store)())).toBe(await thumbprint(pair));
  });

  it('does not lie in a store that anybody can read, unless that is asked for', async () => {
    expect(() => storedKeyPair(memoryStore())).toThrow(
      expect.objectContaining({ code: 'invalid_option', option: 'store' }),
    );
    const pair = await storedKeyPair(memoryStore(), { allowPlaintext: true })();
    expect(pair.privateKey.type).toBe('private');
  });

  it('is not replaced because the store fails', async () => {
    const inner = memoryStore();
    const store = encryptedStore(inner, () => Promise.reject(new Error('locked')));
    await inner.write('dpop.default', 'whatever', null);
    expect(await failureOf(storedKeyPair(store)())).toMatchObject({ code: 'storage_failed' });
    expect(await inner.read('dpop.default')).toMatchObject({ value: 'whatever' });
  });

  it('does not try for ever where the store keeps nothing', async () => {
    const forgetful: SessionStore = {
      ...memoryStore(),
      read: async () => undefined,
      write: async () => 'revision',
    };
    const work = storedKeyPair(forgetful, { allowPlaintext: true })();
    expect(await failureOf(work)).toMatchObject({ code: 'storage_failed', retryable: false });
  });

  it.each<[string, () => unknown]>([
    ['store', () => storedKeyPair({} as never)],
    ['store', () => storedKeyPair(memoryStore(), { allowPlaintext: 'false' as never })],
    ['name', () => storedKeyPair(encrypted(), { name: '' })],
    ['options', () => storedKeyPair(encrypted(), 'name' as never)],
  ])('refuses a wrong %s', (option, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_option', option }));
  });
});

describe('tokens that are bound to it', () => {
  let provider: RunningProvider;
  beforeAll(async () => {
    provider = await startOpenIdProvider({
      clients: [{ ...publicClient, dpop_bound_access_tokens: true }],
      features: { dPoP: { enabled: true } },
    });
  });
  afterAll(() => provider.close());

  it('are good after a restart, with key and tokens in one encrypted folder', async () => {
    const directory = temporaryFolder();
    const key = randomBytes(32);
    /** What a program has when it has just been started. */
    const start = () => {
      const store = encryptedStore(fileStore({ directory }), key);
      const client = localClient(provider.issuer, {
        clientId: publicClient.client_id,
        dpop: dpop({ keyPair: storedKeyPair(store) }),
      });
      return { client, session: createSession({ client, store }) };
    };
    const first = start();
    const options = { scope: 'openid offline_access', prompt: 'consent' };
    const { tokens } = await signIn(first.client, asAda, options);
    expect(tokens).toMatchObject({ tokenType: 'DPoP', keyThumbprint: expect.any(String) });
    await first.session.establish(tokens);
    first.session.close();

    const second = start();
    expect(await second.session.restore()).toMatchObject({ status: 'signedIn' });
    expect((await second.session.userInfo())['sub']).toBe('ada');
    expect(await second.session.getAccessToken({ force: true })).not.toBe(tokens.accessToken);
    second.session.close();
  });
});
