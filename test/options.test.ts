import { describe, expect, it } from 'vitest';
import {
  type Client,
  clientCredentialsGrant,
  createLogoutRequest,
  fetchUserInfo,
  type GrantOptions,
  introspectToken,
  type LogoutRequestOptions,
  passwordGrant,
  refreshTokenGrant,
  revokeToken,
} from '../src/index.ts';
import { type Anything, expectRefusal, issuer, type Refusal, setUp } from './support/refusals.ts';
import { failureOf } from './support/relying-party.ts';

describe('the grants', () => {
  const grants: [name: string, call: (client: Client, options: Anything) => Promise<unknown>][] = [
    ['clientCredentialsGrant', (client, options) => clientCredentialsGrant(client, options)],
    [
      'passwordGrant',
      (client, options) =>
        passwordGrant(client, { username: 'ada', password: 'secret', ...options }),
    ],
    [
      'refreshTokenGrant',
      (client, options) => refreshTokenGrant(client, { refreshToken: 'refresh' }, options),
    ],
  ];
  const refusals: Refusal[] = [
    ['an empty scope', { scope: '' }, 'scope'],
    ['a scope that is a list', { scope: ['a'] }, 'scope'],
    ['a relative resource', { resource: '/api' }, 'resource'],
    ['an extra parameter that is a number', { extraParameters: { a: 1 } }, 'a'],
    [
      'another grant type',
      { extraParameters: { grant_type: 'x' } },
      'grant_type',
      'reserved_parameter',
    ],
    ['another client', { extraParameters: { client_id: 'x' } }, 'client_id', 'reserved_parameter'],
    ['another scope', { extraParameters: { scope: 'x' } }, 'scope', 'reserved_parameter'],
  ];
  for (const [name, call] of grants) {
    it.each(refusals)(`${name} refuses %s before any request`, async (...refusal) => {
      await expectRefusal(call, refusal);
    });
  }

  it.each<Refusal>([
    ['no options', undefined, ''],
    ['no username', { password: 'x' }, 'username'],
    ['an empty username', { username: '', password: 'x' }, 'username'],
    ['no password', { username: 'ada' }, 'password'],
    ['an empty password', { username: 'ada', password: '' }, 'password'],
    ['a password that is a number', { username: 'ada', password: 1234 }, 'password'],
    [
      'the password among the extra parameters',
      { username: 'ada', password: 'x', extraParameters: { password: 'y' } },
      'password',
      'reserved_parameter',
    ],
  ])('passwordGrant refuses %s before any request', async (...refusal) => {
    await expectRefusal((client, options) => passwordGrant(client, options), refusal);
  });

  it.each<Refusal>([
    ['no tokens', undefined, ''],
    ['tokens without a refresh token', { accessToken: 'a' }, 'refreshToken'],
    ['an empty refresh token', { refreshToken: '' }, 'refreshToken'],
  ])('refreshTokenGrant refuses %s before any request', async (...refusal) => {
    await expectRefusal((client, tokens) => refreshTokenGrant(client, tokens), refusal);
  });

  it('refreshTokenGrant refuses another refresh token among the extra parameters', async () => {
    await expectRefusal(
      (client, options: GrantOptions) => refreshTokenGrant(client, { refreshToken: 'r' }, options),
      ['', { extraParameters: { refresh_token: 'x' } }, 'refresh_token', 'reserved_parameter'],
    );
  });
});

describe('the functions for tokens in hand', () => {
  it.each<[...Refusal, call: (client: Client, options: Anything) => Promise<unknown>]>([
    ['fetchUserInfo: no tokens', undefined, '', undefined, fetchUserInfo],
    ['fetchUserInfo: no access token', {}, 'accessToken', undefined, fetchUserInfo],
    [
      'fetchUserInfo: nobody to compare with',
      { accessToken: 'a' },
      'expectedSubject',
      undefined,
      fetchUserInfo,
    ],
    [
      'fetchUserInfo: an empty subject',
      { accessToken: 'a', claims: { sub: '' } },
      'expectedSubject',
      undefined,
      fetchUserInfo,
    ],
    ['introspectToken: an empty token', '', 'token', undefined, introspectToken],
    ['introspectToken: a token set', { accessToken: 'a' }, 'token', undefined, introspectToken],
    ['revokeToken: no token', undefined, 'token', undefined, revokeToken],
    ['revokeToken: an empty token', '', 'token', undefined, revokeToken],
  ])('refuse %s', async (problem, value, option, code, call) => {
    await expectRefusal(call, [problem, value, option, code ?? 'invalid_option']);
  });

  it.each([introspectToken, revokeToken])('%o refuses an empty hint', async (call) => {
    const endpoint = `${issuer}/endpoint`;
    const { web, client } = setUp({
      discovery: false,
      metadata: { introspection_endpoint: endpoint, revocation_endpoint: endpoint },
    });
    const error = await failureOf(call(client, 'token', { tokenTypeHint: '' }));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'tokenTypeHint' });
    expect(web.requests).toEqual([]);
  });
});

describe('createLogoutRequest', () => {
  const call = (client: Client, options: LogoutRequestOptions) =>
    createLogoutRequest(client, options);

  it.each<Refusal>([
    ['an empty idTokenHint', { idTokenHint: '' }, 'idTokenHint'],
    ['a state that is a number', { state: 1 }, 'state'],
    ['a relative redirect', { postLogoutRedirectUri: '/' }, 'postLogoutRedirectUri'],
    ['javascript:', { postLogoutRedirectUri: 'javascript:alert(1)' }, 'postLogoutRedirectUri'],
    [
      'http to another host',
      { postLogoutRedirectUri: 'http://app.example/' },
      'postLogoutRedirectUri',
      'insecure_url',
    ],
    [
      'a fragment in the redirect',
      { postLogoutRedirectUri: 'https://app.example/#bye' },
      'postLogoutRedirectUri',
    ],
    ['another client', { extraParameters: { client_id: 'x' } }, 'client_id', 'reserved_parameter'],
    [
      'an ID token among the extra parameters',
      { extraParameters: { id_token_hint: 'x' } },
      'id_token_hint',
      'reserved_parameter',
    ],
    [
      'a state that is set twice',
      { state: 'a', extraParameters: { state: 'b' } },
      'state',
      'reserved_parameter',
    ],
  ])('refuses %s before any request', async (...refusal) => {
    await expectRefusal(call, refusal);
  });
});
