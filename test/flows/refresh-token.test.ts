import { CompactEncrypt, compactDecrypt, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { fetchServerKeys, type IdTokenClaims, refreshTokenGrant } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  bearer,
  issuer,
  type ScriptedProvider,
  scriptedProvider,
} from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

const refreshToken = 'refresh-1';

/** The claims that were there before the refresh. */
function earlierClaims(provider: ScriptedProvider, more: object = {}): IdTokenClaims {
  const { now } = provider;
  return { iss: issuer, sub: 'ada', aud: 'app', iat: now - 600, exp: now - 300, ...more };
}

/** A refresh that brings an ID token with these claims, after one with those. */
async function refreshed(earlier: object | undefined, renewed: object, header: object = {}) {
  const provider = scriptedProvider();
  const idToken = await provider.idToken(renewed as Record<string, string>, header);
  provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: idToken }));
  const claims = earlier && earlierClaims(provider, earlier);
  return refreshTokenGrant(provider.client(), { refreshToken, ...(claims && { claims }) });
}

const refused = (check: string) => ({ code: 'invalid_id_token', check: `id_token.${check}` });

describe('a renewed ID token', () => {
  it.each<[what: string, earlier: object, renewed: object]>([
    ['without a nonce', { nonce: 'n-1' }, {}],
    ['with the same nonce', { nonce: 'n-1' }, { nonce: 'n-1' }],
    ['without a nonce after none', {}, {}],
    ['with the same auth_time', { auth_time: 1_000 }, { auth_time: 1_000 }],
    ['without auth_time', { auth_time: 1_000 }, {}],
    ['with auth_time for the first time', {}, { auth_time: 1_000 }],
  ])('%s is taken', async (_, earlier, renewed) => {
    expect((await refreshed(earlier, renewed)).claims).toMatchObject({ ...earlier, ...renewed });
  });

  it.each<[what: string, earlier: object, renewed: object, check: string]>([
    ['with a nonce of nothing', { nonce: 'n-1' }, { nonce: '' }, 'nonce'],
    ['with a nonce of null', { nonce: 'n-1' }, { nonce: null }, 'nonce'],
    ['with a foreign nonce', { nonce: 'n-1' }, { nonce: 'n-2' }, 'nonce'],
    ['with a nonce after none', {}, { nonce: 'n-1' }, 'nonce'],
    ['with a nonce of null after none', {}, { nonce: null }, 'nonce'],
    ['about somebody else', {}, { sub: 'grace' }, 'renewed_sub'],
    ['for another party', {}, { azp: 'app' }, 'renewed_azp'],
    ['of another sign-in', { auth_time: 1_000 }, { auth_time: 2_000 }, 'renewed_auth_time'],
  ])('%s is refused', async (_, earlier, renewed, check) => {
    const error = await failureOf(refreshed(earlier, renewed));
    expect(error).toMatchObject({ ...refused(check), retryable: false });
  });

  it('of tokens that hold no claims may have any nonce', async () => {
    expect((await refreshed(undefined, { nonce: 'n-2' })).claims?.nonce).toBe('n-2');
  });

  it('takes nothing over that was said of a value it changes', async () => {
    const { claims } = await refreshed(
      {
        at_hash: 'a',
        c_hash: 'c',
        s_hash: 's',
        email: 'ada@example.org',
        email_verified: true,
        phone_number: '+41 1',
        phone_number_verified: true,
        name: 'Ada',
        acr: 'high',
      },
      { email: 'other@example.org', name: 'Ada L.' },
    );
    expect(claims).toMatchObject({
      email: 'other@example.org',
      name: 'Ada L.',
      acr: 'high',
      phone_number: '+41 1',
      phone_number_verified: true,
    });
    for (const name of ['at_hash', 'c_hash', 's_hash', 'email_verified']) {
      expect(claims).not.toHaveProperty(name);
    }
    expect(Object.isFrozen(claims)).toBe(true);
  });
});

describe('a refresh with the ID token alone', () => {
  it('still compares whom the two ID tokens are about', async () => {
    const provider = scriptedProvider();
    const [idToken, another] = await Promise.all([
      provider.idToken({ sub: 'ada' }),
      provider.idToken({ sub: 'grace' }),
    ]);
    provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: another }));
    const work = refreshTokenGrant(provider.client(), { refreshToken, idToken });
    expect(await failureOf(work)).toMatchObject(refused('renewed_sub'));
  });

  it('compares names that are not written in ASCII', async () => {
    const provider = scriptedProvider();
    const idToken = await provider.idToken({ sub: 'jürgen' });
    provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: idToken }));
    const tokens = await refreshTokenGrant(provider.client(), { refreshToken, idToken });
    expect(tokens.claims?.sub).toBe('jürgen');
  });

  it.each([
    ['idToken', 5],
    ['claims', 'ada'],
    ['claims', { sub: 'ada' }],
  ])('spends nothing where %s is %j', async (option, value) => {
    const { client, web } = scriptedProvider();
    const work = refreshTokenGrant(client(), { refreshToken, [option]: value });
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option });
    expect(web.requests).toEqual([]);
  });

  it('takes an encrypted one as it is', async () => {
    const provider = scriptedProvider();
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES');
    const idToken = await new CompactEncrypt(new TextEncoder().encode(await provider.idToken()))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM' })
      .encrypt(publicKey);
    await expect(compactDecrypt(idToken, privateKey)).resolves.toBeDefined();
    const tokens = await refreshTokenGrant(provider.client(), { refreshToken, idToken });
    expect(tokens).toMatchObject({ accessToken: 'access', idToken });
  });

  it.each(['a.!.c', 'a.é.c'])('refuses one that is none: %s', async (idToken) => {
    const provider = scriptedProvider();
    const work = refreshTokenGrant(provider.client(), { refreshToken, idToken });
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'idToken' });
    expect(provider.web.requests).toEqual([]);
  });

  it.each(['opaque', 'a.IjQyIg.c'])('goes on where it tells nothing: %s', async (idToken) => {
    const provider = scriptedProvider();
    const tokens = await refreshTokenGrant(provider.client(), { refreshToken, idToken });
    expect(tokens.accessToken).toBe('access');
  });
});

describe('a refresh whose answer has to be verified', () => {
  it('spends nothing while the keys cannot be had', async () => {
    const provider = scriptedProvider();
    provider.web.on(`${issuer}/jwks`, () => new Response('', { status: 503 }));
    const error = await failureOf(
      refreshTokenGrant(provider.client(), { refreshToken, claims: earlierClaims(provider) }),
    );
    expect(error).toMatchObject({ code: 'http_status', status: 503, retryable: true });
    expect(provider.tokenRequests()).toEqual([]);
  });

  it('goes on with the keys it has', async () => {
    const provider = scriptedProvider();
    const client = provider.client();
    await fetchServerKeys(client);
    provider.web.on(`${issuer}/jwks`, () => new Response('', { status: 503 }));
    const idToken = await provider.idToken();
    provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: idToken }));
    const tokens = await refreshTokenGrant(client, {
      refreshToken,
      claims: earlierClaims(provider),
    });
    expect(tokens.claims?.sub).toBe('ada');
  });

  it('needs no keys of a server that has none', async () => {
    const provider = scriptedProvider();
    const client = provider.client({ metadata: { jwks_uri: undefined } });
    const tokens = await refreshTokenGrant(client, {
      refreshToken,
      claims: earlierClaims(provider),
    });
    expect(tokens).toMatchObject({ accessToken: 'access', refreshToken });
  });

  it('is given up on by the caller while the keys are under way', async () => {
    const provider = scriptedProvider();
    const controller = new AbortController();
    provider.web.on(`${issuer}/jwks`, () => {
      controller.abort();
      return new Promise<Response>(() => {});
    });
    const { signal } = controller;
    const tokens = { refreshToken, claims: earlierClaims(provider) };
    const error = await failureOf(refreshTokenGrant(provider.client(), tokens, { signal }));
    expect(error.code).toBe('aborted');
    expect(provider.tokenRequests()).toEqual([]);
  });
});
