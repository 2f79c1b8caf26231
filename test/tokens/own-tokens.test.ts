import { describe, expect, it } from 'vitest';
import {
  type Client,
  dpop,
  fetchResource,
  fetchUserInfo,
  type IdTokenClaims,
  refreshTokenGrant,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { bearer, issuer, scriptedProvider } from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

const api = 'https://api.example/';
const foreign = { iss: 'https://other.example', sub: 'ada', aud: 'app', exp: 9e9, iat: 1 };

const uses: [name: string, use: (client: Client, tokens: Anything) => Promise<unknown>][] = [
  ['fetchUserInfo', (client, tokens) => fetchUserInfo(client, tokens, { expectedSubject: 'ada' })],
  ['refreshTokenGrant', (client, tokens) => refreshTokenGrant(client, tokens)],
  ['fetchResource', (client, tokens) => fetchResource(client, tokens, api)],
];

const tokens = { accessToken: 'token-of-ada', refreshToken: 'refresh-of-ada' };

function setUp() {
  const provider = scriptedProvider();
  provider.web.on(api, () => json({}));
  return provider;
}

describe.each(uses)('%s', (_, use) => {
  it('sends no tokens of another issuer', async () => {
    const { client, web } = setUp();
    const error = await failureOf(use(client(), { ...tokens, claims: foreign }));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'tokens' });
    expect(web.requests).toEqual([]);
  });

  it('sends tokens of its own issuer, and those that do not say', async () => {
    for (const claims of [{ ...foreign, iss: issuer } as IdTokenClaims, undefined]) {
      const { client, web } = setUp();
      await use(client(), { ...tokens, claims });
      expect(web.requests.length).toBeGreaterThan(0);
    }
  });

  it.each([
    { tokenType: 'DPoP' },
    { keyThumbprint: 'x' },
    { tokenType: 'DPoP', keyThumbprint: 'x' },
  ])('sends no bound token (%o) without the key', async (binding) => {
    const { client, web } = setUp();
    const error = await failureOf(use(client(), { ...tokens, ...binding }));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'dpop' });
    expect(web.requests).toEqual([]);
  });

  it('sends no token that is bound to another key', async () => {
    const { client, web } = setUp();
    const error = await failureOf(use(client({ dpop: dpop() }), { ...tokens, keyThumbprint: 'x' }));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'dpop' });
    expect(web.requests).toEqual([]);
  });
});

describe('a bound token', () => {
  it('whose type was lost is still presented with a proof', async () => {
    const { client, web } = setUp();
    web.on(`${issuer}/token`, () => json({ ...bearer, token_type: 'DPoP', refresh_token: 'r' }));
    const holder = client({ dpop: dpop({ allowBearer: true }) });
    const { keyThumbprint } = await refreshTokenGrant(holder, { refreshToken: 'r' });
    expect(keyThumbprint).toMatch(/^[\w-]{43}$/);
    const known = { accessToken: 'a', ...(keyThumbprint && { keyThumbprint }) };
    await fetchResource(holder, known, api);
    await fetchUserInfo(holder, known, { expectedSubject: 'ada' });
    const [, resource, userInfo] = web.requests;
    for (const request of [resource, userInfo]) {
      expect(request?.headers.get('authorization')).toBe('DPoP a');
      expect(request?.headers.get('dpop')).toMatch(/^ey/);
    }
  });
});
