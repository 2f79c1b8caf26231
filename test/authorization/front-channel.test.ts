import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
  dpop,
  frontChannel,
  handleAuthorizationResponse,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  bearer,
  callback,
  issuer,
  type ScriptedClientOptions,
  scriptedProvider,
} from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

const half = (value: string) =>
  createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');

interface SignIn {
  readonly request?: Partial<AuthorizationRequestOptions>;
  readonly client?: ScriptedClientOptions;
  /** Claims of the ID token that comes with the response, beside the right ones. */
  readonly claims?: Record<string, unknown>;
  /** Parameters of the response, beside the right ones. */
  readonly parameters?: Record<string, string | undefined>;
  /** The ID token of the token response is about this person. */
  readonly sub?: string;
}

/** A sign-in with tokens in the response, by a provider that does it right unless told otherwise. */
async function signIn({ request, client, claims, parameters, sub = 'ada' }: SignIn = {}) {
  const provider = scriptedProvider();
  const made = provider.client({ frontChannel: frontChannel(), ...client });
  const { transaction, url } = await createAuthorizationRequest(made, {
    redirectUri: callback,
    responseType: 'code id_token',
    ...request,
  });
  const { nonce, responseType, state } = transaction;
  const asked = responseType.split(' ');
  const hashes = {
    ...(asked.includes('code') && { c_hash: half('the-code') }),
    ...(asked.includes('token') && { at_hash: half('front-token') }),
  };
  const idToken = await provider.idToken({ nonce, ...hashes, ...claims });
  const given = {
    state,
    ...(asked.includes('code') && { code: 'the-code' }),
    ...(asked.includes('id_token') && { id_token: idToken }),
    ...(asked.includes('token') && { access_token: 'front-token', token_type: 'Bearer' }),
    ...parameters,
  };
  const known = Object.entries(given).filter((entry) => entry[1] !== undefined);
  const exchanged = await provider.idToken({ nonce, sub });
  provider.web.on(`${issuer}/token`, () => json({ ...bearer, id_token: exchanged }));
  const fragment = new URLSearchParams(known as [string, string][]);
  const finish = (by = made) =>
    handleAuthorizationResponse(by, transaction, new URL(`${callback}#${fragment}`));
  return { ...provider, finish, given, transaction, url };
}

const implicit = { responseType: 'id_token token', allowImplicit: true } as const;

describe('a response with tokens', () => {
  it('of a hybrid sign-in has its code exchanged', async () => {
    const { finish, tokenRequests } = await signIn();
    const { tokens } = await finish();
    expect(tokens).toMatchObject({ accessToken: 'access', claims: { sub: 'ada' } });
    expect(tokenRequests()).toHaveLength(1);
  });

  it('without a code is done', async () => {
    const { finish, given, web } = await signIn({ request: implicit });
    const { tokens } = await finish();
    expect(tokens).toMatchObject({ accessToken: 'front-token', idToken: given.id_token });
    expect(web.requests.map(({ url }) => url)).toEqual([`${issuer}/jwks`]);
  });

  it('without an access token has an empty one', async () => {
    const { finish } = await signIn({ request: { responseType: 'id_token' } });
    const { tokens } = await finish();
    expect(tokens).toMatchObject({ accessToken: '', claims: { sub: 'ada' } });
    expect(Object.isFrozen(tokens)).toBe(true);
  });

  it('of plain OAuth holds an access token alone', async () => {
    const request = { responseType: 'token', allowImplicit: true, scope: 'accounts' } as const;
    const { tokens } = await (await signIn({ request })).finish();
    expect(tokens).toMatchObject({ accessToken: 'front-token', scope: 'accounts' });
    expect(tokens).not.toHaveProperty('claims');
  });

  it('brings no refresh token', async () => {
    const { finish } = await signIn({ request: implicit, parameters: { refresh_token: 'r' } });
    expect((await finish()).tokens).not.toHaveProperty('refreshToken');
  });

  it('in a window message may leave out the type of the token', async () => {
    const { given, recorder, transaction, web, clock } = await signIn({
      request: { ...implicit, responseMode: 'okta_post_message' },
      parameters: { token_type: undefined },
    });
    const other = scriptedProvider().client({
      frontChannel: frontChannel(),
      fetch: web.fetch,
      clock,
    });
    const { tokens } = await handleAuthorizationResponse(other, transaction, given as Anything);
    expect(tokens).toMatchObject({ accessToken: 'front-token', tokenType: 'Bearer' });
    expect(recorder.events.length).toBe(0);
  });

  it.each<[what: string, how: SignIn, check: string]>([
    ['without c_hash', { claims: { c_hash: undefined } }, 'id_token.c_hash'],
    ['with another c_hash', { claims: { c_hash: half('another') } }, 'id_token.c_hash'],
    ['without at_hash', { request: implicit, claims: { at_hash: undefined } }, 'id_token.at_hash'],
    ['with another at_hash', { request: implicit, claims: { at_hash: 'x' } }, 'id_token.at_hash'],
    ['with another s_hash', { claims: { s_hash: half('another') } }, 'id_token.s_hash'],
    [
      'without the s_hash that is required',
      { client: { frontChannel: frontChannel({ requireStateHash: true }) } },
      'id_token.s_hash',
    ],
    ['with another nonce', { claims: { nonce: 'another' } }, 'id_token.nonce'],
    ['older than the request', { claims: { iat: 1_000_000_000 } }, 'id_token.iat'],
    ['for another client', { claims: { aud: 'another' } }, 'id_token.aud'],
    ['of another person than its exchange', { sub: 'grace' }, 'id_token.hybrid_sub'],
    [
      'with a token of another type',
      { request: implicit, parameters: { token_type: 'DPoP' } },
      'authorization_response.token_type',
    ],
    [
      'with a token of no type',
      { request: implicit, parameters: { token_type: undefined } },
      'token_response.token_type',
    ],
    [
      'without the ID token',
      { parameters: { id_token: undefined } },
      'authorization_response.response_type',
    ],
    [
      'with a token nobody asked for',
      { parameters: { access_token: 'x' } },
      'authorization_response.response_type',
    ],
    ['without the code', { parameters: { code: undefined } }, 'authorization_response.code'],
  ])('%s is refused', async (_, how, check) => {
    const { finish, tokenRequests } = await signIn(how);
    expect(await failureOf(finish())).toMatchObject({ name: 'ValidationError', check });
    expect(tokenRequests()).toHaveLength(check.endsWith('hybrid_sub') ? 1 : 0);
  });

  it('that nobody signed is refused', async () => {
    const { finish, web } = await signIn();
    web.on(`${issuer}/jwks`, () => json({ keys: [] }));
    expect(await failureOf(finish())).toMatchObject({ code: 'invalid_id_token' });
  });

  it.each(['code id_token', 'id_token'] as const)(
    '(%s) is not finished by a client that cannot read them',
    async (responseType) => {
      const { client, finish, tokenRequests } = await signIn({ request: { responseType } });
      expect(await failureOf(finish(client()))).toMatchObject({
        name: 'ConfigurationError',
        code: 'invalid_option',
        option: 'frontChannel',
      });
      expect(tokenRequests()).toEqual([]);
    },
  );

  it.each<[member: string, value: unknown]>([
    ['responseType', 'none'],
    ['responseType', 'code code'],
    ['responseType', 'id_token code'],
    ['responseType', undefined],
    ['responsePlace', 'header'],
    ['responsePlace', undefined],
    ['redirectUri', 'callback'],
    ['redirectUri', ''],
    ['redirectUri', undefined],
    ['version', 2],
    ['maxAge', -1],
    ['maxAge', 'soon'],
    ['acr', 'gold'],
    ['resource', {}],
    ['createdAt', 0],
    ['createdAt', 'now'],
    ['codeVerifier', ''],
  ])('is not finished with a transaction whose %s is %s', async (member, value) => {
    const { client, given, tokenRequests, transaction } = await signIn();
    const spoilt = { ...transaction, [member]: value } as Anything;
    const made = client({ frontChannel: frontChannel() });
    const response = new URL(`${callback}#${new URLSearchParams(given as Anything)}`);
    const error = await failureOf(handleAuthorizationResponse(made, spoilt, response));
    expect(error).toMatchObject({ code: 'invalid_transaction', option: 'transaction' });
    expect(tokenRequests()).toEqual([]);
  });

  it.each([
    ['responseType', 'code'],
    ['responsePlace', 'query'],
    ['redirectUri', 'https://app.example/elsewhere'],
  ])('does not fit a transaction with another %s', async (member, value) => {
    const { client, given, tokenRequests, transaction } = await signIn();
    const changed = { ...transaction, [member]: value } as Anything;
    const made = client({ frontChannel: frontChannel() });
    const response = new URL(`${callback}#${new URLSearchParams(given as Anything)}`);
    const error = await failureOf(handleAuthorizationResponse(made, changed, response));
    expect(error.code).toBe('invalid_authorization_response');
    expect(tokenRequests()).toEqual([]);
  });
});

describe('a request for tokens in the response', () => {
  const options = { redirectUri: callback };
  const ask = (client: ScriptedClientOptions, request: object) =>
    createAuthorizationRequest(scriptedProvider().client(client), { ...options, ...request });

  it.each(['token', 'id_token token', 'code token', 'code id_token token'])(
    'for %s does not go with dpop()',
    async (responseType) => {
      const client = { frontChannel: frontChannel(), dpop: dpop() };
      const request = { responseType, allowImplicit: true };
      expect(await failureOf(ask(client, request))).toMatchObject({ option: 'responseType' });
      const lenient = { ...client, dpop: dpop({ allowBearer: true }) };
      const { transaction } = await ask(lenient, request);
      expect(transaction.responseType).toBe(responseType);
    },
  );

  it('for an ID token and a code goes with dpop()', async () => {
    const client = { frontChannel: frontChannel(), dpop: dpop() };
    const { url } = await ask(client, { responseType: 'code id_token' });
    expect(url.searchParams.get('dpop_jkt')).toMatch(/^[\w-]{43}$/);
  });

  it('cannot be made of other options', async () => {
    const error = await failureOf(() => frontChannel('s_hash' as Anything));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'options' });
  });
});
