import { describe, expect, expectTypeOf, it } from 'vitest';
import { introspectToken, revokeToken } from '../../src/index.ts';
import { basicOptions, op, useHostileProvider } from '../support/hostile-rows.ts';
import { type Anything, issuer, setUp } from '../support/refusals.ts';
import { failureOf, hostileClient, signInAt } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';

useHostileProvider();

describe('introspection', () => {
  const signedIn = async () => {
    const client = hostileClient(op, basicOptions);
    const { tokens } = await signInAt(op, client);
    op.reset();
    return { client, token: tokens.accessToken };
  };

  it.each(['access_token', 'refresh_token', 'id_token'])('passes on the hint %s', async (hint) => {
    const { client, token } = await signedIn();
    await introspectToken(client, token, { tokenTypeHint: hint });
    expect(op.requests[0]?.params).toContainEqual(['token_type_hint', hint]);
    expect(op.violations).toEqual([]);
  });

  it.each<[variant: string]>([['exp'], ['nbf'], ['iss'], ['aud']])(
    'IN-03 %s: an active token is inactive where it is not what was expected',
    async (variant) => {
      const { client, token } = await signedIn();
      const audience = `${op.issuer}accounts`;
      const expected = { audience, scopes: ['openid'] };
      expect((await introspectToken(client, token, { expected })).active).toBe(true);
      op.fault('IN-03', variant);
      expect(await introspectToken(client, token, { expected })).toEqual({ active: false });
    },
  );

  const answering = (body: object) => {
    const { client, web } = setUp({ metadata: { introspection_endpoint: `${issuer}/introspect` } });
    web.on(`${issuer}/introspect`, () => json(body));
    return client;
  };

  it('keeps what the server adds, by the names of the caller', async () => {
    const client = answering({ active: true, uid: 'u1', device_id: 'd1', 'urn:own': [1] });
    const found = await introspectToken<{ uid: string; device_id: string }>(client, 't');
    expectTypeOf(found.uid).toExtend<string | undefined>();
    expect(found).toEqual({ active: true, uid: 'u1', device_id: 'd1', 'urn:own': [1] });
    expect(Object.isFrozen(found)).toBe(true);
  });

  it('IN-04: takes a signed answer, and no other where one was asked for', async () => {
    const { client, token } = await signedIn();
    const signedAnswer = true;
    expect(await failureOf(introspectToken(client, token, { signedAnswer }))).toMatchObject({
      code: 'invalid_introspection',
      check: 'introspection.signed',
    });
    op.fault('IN-04', 'signed');
    expect((await introspectToken(client, token, { signedAnswer })).active).toBe(true);
    expect(op.requests.at(-2)?.headers.accept).toBe('application/token-introspection+jwt');
  });

  it('trusts nothing that is said about an inactive token', async () => {
    const client = answering({ active: false, sub: 'ada', scope: 'admin' });
    expect(await introspectToken(client, 't')).toEqual({ active: false });
  });

  it.each<[object, object, boolean]>([
    [{ scope: 'a b' }, { scopes: ['b'] }, true],
    [{ scope: 'a b' }, { scopes: ['b', 'c'] }, false],
    [{}, { scopes: ['undefined'] }, false],
    [{}, { scopes: [] }, true],
    [{ aud: ['x', 'y'] }, { audience: 'y' }, true],
    [{ aud: 'xy' }, { audience: 'x' }, false],
    [{}, { audience: 'x' }, false],
    [{ exp: 'tomorrow' }, {}, false],
    [{ nbf: 'yesterday' }, {}, false],
  ])('of %o with %o: active is %s', async (said, expected, active) => {
    const client = answering({ active: true, ...said });
    expect((await introspectToken(client, 't', { expected })).active).toBe(active);
  });

  it.each<[Anything, Anything, string]>([
    [undefined, undefined, 'token'],
    ['', undefined, 'token'],
    [{}, undefined, 'token'],
    ['t', null, 'options'],
    ['t', 'x', 'options'],
    ['t', { tokenTypeHint: '' }, 'tokenTypeHint'],
    ['t', { tokenTypeHint: 7 }, 'tokenTypeHint'],
    ['t', { expected: null }, 'expected'],
    ['t', { expected: { audience: 7 } }, 'expected.audience'],
    ['t', { expected: { scopes: 'a' } }, 'expected.scopes'],
    ['t', { expected: { scopes: [1] } }, 'expected.scopes'],
    ['t', { signedAnswer: 'yes' }, 'signedAnswer'],
    ['t', { signal: {} }, 'signal'],
  ])('refuses %o with %o', async (token, options, option) => {
    const { client, web } = setUp({ metadata: { introspection_endpoint: `${issuer}/introspect` } });
    const error = await failureOf(() => introspectToken(client, token, options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(web.count(`${issuer}/introspect`)).toBe(0);
  });
});

describe('revocation', () => {
  const answering = (respond: () => Response) => {
    const { client, web } = setUp({ metadata: { revocation_endpoint: `${issuer}/revoke` } });
    web.on(`${issuer}/revoke`, respond);
    return { client, web };
  };

  it.each(['invalid_token', 'invalid_grant'])(
    'counts a token as revoked that the server answers 400 %s to',
    async (error) => {
      const { client, web } = answering(() => json({ error }, 400));
      await revokeToken(client, 't', { tokenTypeHint: 'access_token' });
      expect(web.count(`${issuer}/revoke`)).toBe(1);
    },
  );

  it.each([
    ['invalid_token', 401],
    ['invalid_client', 401],
    ['unsupported_token_type', 400],
    ['invalid_request', 400],
  ])('passes on %s with %d', async (error, status) => {
    const { client } = answering(() => json({ error }, status));
    expect(await failureOf(revokeToken(client, 't'))).toMatchObject({ error, status });
  });

  it.each<[Anything, Anything, string]>([
    [undefined, undefined, 'token'],
    ['t', null, 'options'],
    ['t', [], 'options'],
    ['t', { tokenTypeHint: {} }, 'tokenTypeHint'],
  ])('refuses %o with %o', async (token, options, option) => {
    const { client, web } = answering(() => json({}));
    const error = await failureOf(() => revokeToken(client, token, options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(web.count(`${issuer}/revoke`)).toBe(0);
  });
});
