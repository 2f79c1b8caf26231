import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { dpop } from '../../src/index.ts';
import {
  createManagementClient,
  ManagementError,
  type OktaServiceAppOptions,
  oktaServiceApp,
} from '../../src/management/index.ts';
import { orgAndClient, rejection } from './kit.ts';

const read = 'okta.authorizationServers.read';
const manage = 'okta.authorizationServers.manage';
type Keys = {
  privateKey: Awaited<ReturnType<typeof exportJWK>>;
  jwk: { kty: string };
  pem: string;
};
const keys = {} as Record<'RS256' | 'ES256', Keys>;

beforeAll(async () => {
  for (const alg of ['RS256', 'ES256'] as const) {
    const pair = await generateKeyPair(alg, { extractable: true });
    const named = { alg, kid: `key-${alg}` };
    keys[alg] = {
      privateKey: { ...(await exportJWK(pair.privateKey)), ...named },
      jwk: { ...(await exportJWK(pair.publicKey)), ...named } as { kty: string },
      pem: await exportPKCS8(pair.privateKey),
    };
  }
});

/** A service app of an org, and a client that it opens. */
async function serviceApp(
  algorithm: 'RS256' | 'ES256' = 'RS256',
  {
    isBound = true,
    granted = [manage],
    ...options
  }: Partial<OktaServiceAppOptions> & {
    isBound?: boolean;
    granted?: string[];
  } = {},
) {
  const { clock, okta } = await orgAndClient();
  const app = okta.addApp({
    tokenEndpointAuthMethod: 'private_key_jwt',
    keys: [keys[algorithm].jwk],
    grantedScopes: granted,
    dpopBoundAccessTokens: isBound,
  });
  const auth = oktaServiceApp({
    orgUrl: `${okta.origin}/`,
    clientId: app.clientId,
    privateKey: keys[algorithm].privateKey,
    scopes: granted,
    clock,
    ...(isBound && { dpop: dpop() }),
    ...options,
  });
  const client = createManagementClient({ orgUrl: okta.origin, auth, clock });
  const tokenRequests = () => okta.requests.filter(({ target }) => target === '/oauth2/v1/token');
  return { auth, client, clock, okta, tokenRequests };
}

describe('a service app', () => {
  it.each(['RS256', 'ES256'] as const)(
    'gets a bound token with a key for %s, and proves it with every call',
    async (algorithm) => {
      const { client, okta, tokenRequests } = await serviceApp(algorithm);
      const { scopes } = client.authorizationServers;
      for (const name of ['a', 'b', 'c']) await scopes.create('default', { name });
      await scopes.list('default', { limit: 1 }).toArray();

      // The first is refused for want of a nonce, which is then kept.
      expect(tokenRequests().map(({ status }) => status)).toEqual([400, 200]);
      const calls = okta.requests.filter(({ target }) => target.startsWith('/api/'));
      expect(calls.every(({ headers }) => /^DPoP /.test(headers['authorization'] as string))).toBe(
        true,
      );
      expect(new Set(calls.map(({ headers }) => headers['dpop'])).size).toBe(calls.length);
      expect(okta.violations).toEqual([]);
    },
  );

  it('asks for one token, however many calls there are, until it expires', async () => {
    const { client, clock, tokenRequests } = await serviceApp('RS256', { isBound: false });
    const get = () => client.authorizationServers.get('default');
    await Promise.all([get(), get(), get()]);
    expect(tokenRequests()).toHaveLength(1);

    clock.advance(3_600_000);
    await Promise.all([get(), get()]);
    expect(tokenRequests()).toHaveLength(2);
  });

  it('is proved to the token endpoint by its key, as PEM too', async () => {
    const { client, tokenRequests } = await serviceApp('RS256', {
      isBound: false,
      privateKey: keys.RS256.pem,
      algorithm: 'RS256',
      keyId: 'key-RS256',
    });
    await client.authorizationServers.get('default');

    expect(tokenRequests()).toMatchObject([{ status: 200 }]);
  });

  it('needs dpop() where the app has to prove possession', async () => {
    const { client } = await serviceApp('RS256', { dpop: undefined });

    expect(await rejection(client.authorizationServers.get('default'))).toMatchObject({
      code: 'oauth_error',
      error: 'invalid_dpop_proof',
      phase: 'token',
    });
  });

  it('is refused with the wrong key, in the words of the token endpoint', async () => {
    const { client, okta } = await serviceApp('RS256', { privateKey: keys.ES256.privateKey });

    expect(await rejection(client.authorizationServers.get('default'))).toMatchObject({
      code: 'oauth_error',
      error: 'invalid_client',
    });
    expect(okta.requests.filter(({ target }) => target.startsWith('/api/'))).toEqual([]);
  });

  it('may do what its scopes say', async () => {
    const { client } = await serviceApp('RS256', { granted: [read] });
    expect(await client.authorizationServers.get('default')).toMatchObject({ name: 'default' });

    const error = await rejection(client.authorizationServers.deactivate('default'));
    expect(error).toBeInstanceOf(ManagementError);
    expect(error).toMatchObject({
      status: 403,
      errorCode: 'E0000006',
      error: 'insufficient_scope',
      challenges: [{ scheme: 'dpop', parameters: { scope: manage } }],
    });
  });

  it('gets another token when the API takes the first no longer', async () => {
    const { client, clock, okta, tokenRequests } = await serviceApp('RS256', { isBound: false });
    await client.authorizationServers.get('default');
    okta.org.accessTokens.clear();
    clock.advance(60_000);

    expect(await client.authorizationServers.get('default')).toMatchObject({ name: 'default' });
    expect(tokenRequests()).toHaveLength(2);
  });

  it('sends its tokens to the API of its org and nowhere else', async () => {
    const { auth, okta } = await serviceApp();

    for (const url of [`${okta.origin}/admin`, 'https://elsewhere.example/api/v1/users']) {
      expect(await rejection(auth.fetch(url))).toMatchObject({ code: 'invalid_option' });
    }
    expect(okta.requests).toEqual([]);
  });

  it.each([
    [{ orgUrl: 'org' }, 'orgUrl'],
    [{ clientId: '' }, 'clientId'],
    [{ privateKey: 'x' }, 'key'],
    [{ scopes: 'okta.apps.read' }, 'scopes'],
    [{ scopes: [''] }, 'scopes'],
    [{ scopes: [] }, 'scopes'],
    [{ dpop }, 'dpop'],
  ])('is not made of %o', (wrong, option) => {
    const right = {
      orgUrl: 'https://org.example',
      clientId: 'app',
      privateKey: keys.RS256.privateKey,
      scopes: [read],
    };
    expect(() => oktaServiceApp({ ...right, ...(wrong as object) })).toThrow(
      expect.objectContaining({ code: 'invalid_option', option }),
    );
  });
});
