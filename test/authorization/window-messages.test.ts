import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
  dpop,
  frontChannel,
  handleAuthorizationResponse,
  jarm,
} from '../../src/index.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { failureOf, hostileCallback, hostileClient } from '../support/relying-party.ts';

let op: HostileProvider;
beforeAll(async () => {
  op = await startHostileProvider();
});
beforeEach(() => op.reset());
afterAll(() => op.close());

const modes = ['web_message', 'okta_post_message'] as const;
type Mode = (typeof modes)[number];

/** What the provider's page would post to the window that opened it. */
async function answer(mode: Mode, options: Partial<AuthorizationRequestOptions> = {}) {
  const client = hostileClient(op, { frontChannel: frontChannel() });
  const { url, transaction } = await createAuthorizationRequest(client, {
    redirectUri: hostileCallback,
    responseMode: mode,
    ...options,
  });
  expect(url.searchParams.get('response_mode')).toBe(mode);
  // The parameters are those of a redirect; only the way they travel differs.
  url.searchParams.set('response_mode', 'fragment');
  const redirect = (await op.authorize(url)) as URL;
  const parameters = Object.fromEntries(new URLSearchParams(redirect.hash.slice(1)));
  const data =
    mode === 'web_message'
      ? { type: 'authorization_response', response: parameters }
      : { ...parameters };
  return { client, data, parameters, transaction };
}

describe('an authorization response in a window message', () => {
  it.each(modes)('brings a code by %s', async (mode) => {
    const { client, data, transaction } = await answer(mode);
    const { tokens } = await handleAuthorizationResponse(client, transaction, data);
    expect(tokens.claims?.sub).toBe(op.subject);
    expect(op.violations).toEqual([]);
  });

  it.each(modes)('brings tokens by %s, without lifetime and type', async (mode) => {
    const { client, parameters, transaction } = await answer(mode, {
      responseType: 'id_token token',
      allowImplicit: true,
    });
    const { expires_in, token_type, ...bare } = parameters;
    const { tokens } = await handleAuthorizationResponse(client, transaction, bare);
    expect(tokens).toMatchObject({ tokenType: 'Bearer', accessToken: parameters['access_token'] });
    expect(tokens.expiresAt).toBeUndefined();
    expect(tokens.claims?.sub).toBe(op.subject);
    expect(op.count('token')).toBe(0);
  });

  it('may have the lifetime as the number that it is', async () => {
    const options = { responseType: 'id_token token', allowImplicit: true } as const;
    const { client, data, transaction } = await answer('okta_post_message', options);
    const message = { ...data, expires_in: 600 };
    const { tokens } = await handleAuthorizationResponse(client, transaction, message);
    expect((tokens.expiresAt ?? 0) - tokens.obtainedAt).toBe(600_000);
  });

  it('brings an ID token alone, and no access token then', async () => {
    const { client, data, transaction } = await answer('okta_post_message', {
      responseType: 'id_token',
    });
    const { tokens } = await handleAuthorizationResponse(client, transaction, data);
    expect(tokens).toMatchObject({ accessToken: '', claims: { sub: op.subject } });
  });

  it('is refused where a redirect was asked for, and the other way round', async () => {
    const { client, data, transaction } = await answer('web_message');
    const other = { ...transaction, responsePlace: 'query' as const };
    expect(await failureOf(handleAuthorizationResponse(client, other, data))).toMatchObject({
      check: 'authorization_response.response_mode',
      expected: 'query',
      received: 'message',
    });
    const url = new URL(`${hostileCallback}?${new URLSearchParams(data.response as never)}`);
    expect(await failureOf(handleAuthorizationResponse(client, transaction, url))).toMatchObject({
      check: 'authorization_response.response_mode',
      expected: 'message',
      received: 'query',
    });
    expect(op.count('token')).toBe(0);
  });

  it('says in typed errors that the provider does not know the mode', async () => {
    const { client, transaction } = await answer('okta_post_message');
    const data = { error: 'unsupported_response_mode', state: transaction.state };
    expect(await failureOf(handleAuthorizationResponse(client, transaction, data))).toMatchObject({
      code: 'oauth_error',
      error: 'unsupported_response_mode',
      phase: 'authorization',
    });
  });

  it('is read from its own text members only', async () => {
    const { client, parameters, transaction } = await answer('okta_post_message');
    const inherited = Object.create(parameters) as Record<string, unknown>;
    expect(
      await failureOf(handleAuthorizationResponse(client, transaction, inherited)),
    ).toMatchObject({ check: 'authorization_response.state' });
    const odd = { ...parameters, iss: { toString: () => op.issuer }, extra: 7 };
    const { tokens } = await handleAuthorizationResponse(client, transaction, odd);
    expect(tokens.claims?.sub).toBe(op.subject);
  });

  it.each([null, undefined, 7, 'state=x'])('is not %s', async (data) => {
    const { client, transaction } = await answer('web_message');
    const work = handleAuthorizationResponse(client, transaction, data as never);
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'response' });
  });
});

describe('what an answer may be asked to look like', () => {
  const ask = (options: object, client = hostileClient(op, { frontChannel: frontChannel() })) =>
    failureOf(
      createAuthorizationRequest(client, { redirectUri: hostileCallback, ...options } as never),
    );

  it.each<[what: string, options: object, option: string]>([
    ['tokens in the query', { responseType: 'id_token', responseMode: 'query' }, 'responseMode'],
    ['an access token unasked', { responseType: 'code token' }, 'responseType'],
    ['an unknown type', { responseType: 'none' }, 'responseType'],
    ['an unknown mode', { responseMode: 'smoke' }, 'responseMode'],
    ['an ID token without openid', { responseType: 'id_token', scope: 'profile' }, 'scope'],
  ])('is not %s', async (_, options, option) => {
    expect(await ask(options)).toMatchObject({ code: 'invalid_option', option });
    expect(op.requests).toEqual([]);
  });

  it('needs what it asks for', async () => {
    const option = 'responseType';
    expect(await ask({ responseType: 'id_token' }, hostileClient(op))).toMatchObject({ option });
    const bound = hostileClient(op, { frontChannel: frontChannel(), dpop: dpop() });
    const implicit = { responseType: 'token', allowImplicit: true };
    expect(await ask(implicit, bound)).toMatchObject({ option });
    const signed = hostileClient(op, { responseProtection: jarm() });
    expect(await ask({ responseMode: 'web_message' }, signed)).toMatchObject({ option });
  });
});
