import { describe, expect, it } from 'vitest';
import {
  createAuthorizationRequest,
  createClient,
  fetchServerKeys,
  fetchServerMetadata,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import {
  callback,
  issuer,
  scriptedMetadata,
  scriptedProvider,
} from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

describe('fetchServerKeys', () => {
  it('hands out copies, so that nobody adds a key for others', async () => {
    const { client, web } = scriptedProvider();
    const made = client();
    const first: Anything = await fetchServerKeys(made);
    first.keys[0].kid = 'forged';
    first.keys.push({ kty: 'EC', kid: 'another' });
    const second = await fetchServerKeys(made);
    expect(second.keys.map(({ kid }) => kid)).toEqual(['server-1']);
    expect(web.count(`${issuer}/jwks`)).toBe(1);
  });
});

describe('fetchServerMetadata', () => {
  it.each([
    ['discovered', undefined],
    ['given', { code_challenge_methods_supported: ['S256'], mtls_endpoint_aliases: {} }],
  ] as const)('hands out what nobody can change: %s', async (_, metadata) => {
    const { web } = scriptedProvider();
    const document = {
      ...scriptedMetadata,
      code_challenge_methods_supported: ['S256'],
      mtls_endpoint_aliases: { token_endpoint: `${issuer}/mtls` },
    };
    web.on(`${issuer}/.well-known/openid-configuration`, () => json(document));
    const client = createClient({
      issuer,
      clientId: 'app',
      fetch: web.fetch,
      metadata,
    } as Anything);
    const known: Anything = await fetchServerMetadata(client);
    for (const part of [
      known,
      known.code_challenge_methods_supported,
      known.mtls_endpoint_aliases,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(() => known.code_challenge_methods_supported.pop()).toThrow(TypeError);
    const { url } = await createAuthorizationRequest(client, { redirectUri: callback });
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
  });

  it('is not changed by whoever gave it', async () => {
    const { client } = scriptedProvider();
    const metadata: Anything = { code_challenge_methods_supported: ['S256'] };
    const made = client({ metadata });
    await fetchServerMetadata(made);
    metadata.code_challenge_methods_supported[0] = 'plain';
    const known = await fetchServerMetadata(made);
    expect(known.code_challenge_methods_supported).toEqual(['S256']);
    expect(Object.isFrozen(metadata)).toBe(false);
  });
});
