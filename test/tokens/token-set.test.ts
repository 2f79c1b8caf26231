import { describe, expect, it } from 'vitest';
import {
  clientCredentialsGrant,
  createClient,
  passwordGrant,
  refreshTokenGrant,
} from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { createWeb, json } from '../support/scripted-web.ts';

const issuer = 'https://login.example';

function setUp(body: object, status = 200) {
  const clock = createFakeClock();
  const web = createWeb({
    [`${issuer}/token`]: () => {
      clock.advance(5_000);
      return json(body, status);
    },
  });
  const client = createClient({
    issuer,
    clientId: 'app',
    discovery: false,
    metadata: { token_endpoint: `${issuer}/token` },
    fetch: web.fetch,
    clock,
  });
  return { client, clock, web, sent: () => new URLSearchParams(web.requests[0]?.body) };
}

const bearer = { access_token: 'a', token_type: 'Bearer' };

describe('a token set', () => {
  it('counts its life from the moment of asking, by the injected clock', async () => {
    const { client, clock } = setUp({ ...bearer, expires_in: 60 });
    const asked = clock.now();
    const tokens = await clientCredentialsGrant(client);
    expect(tokens).toEqual({
      accessToken: 'a',
      tokenType: 'Bearer',
      obtainedAt: asked,
      expiresAt: asked + 60_000,
      scope: '',
    });
    expect(Object.isFrozen(tokens)).toBe(true);
  });

  it.each([
    [0, 0],
    ['90', 90_000],
    [1.5, 1_500],
  ])('takes a lifetime of %o', async (expires_in, expected) => {
    const { client } = setUp({ ...bearer, expires_in });
    const { obtainedAt, expiresAt } = await clientCredentialsGrant(client);
    expect(Number(expiresAt) - obtainedAt).toBe(expected);
  });

  it.each([null, '', 'soon', -1, [], {}, true])('refuses a lifetime of %o', async (expires_in) => {
    const { client } = setUp({ ...bearer, expires_in });
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject({
      code: 'invalid_token_response',
      check: 'token_response.expires_in',
    });
  });

  it.each<[member: string, body: object]>([
    ['access_token', { token_type: 'Bearer' }],
    ['access_token', { ...bearer, access_token: '' }],
    ['access_token', { ...bearer, access_token: 42 }],
    ['token_type', { access_token: 'a' }],
    ['token_type', { ...bearer, token_type: 'mac' }],
    ['refresh_token', { ...bearer, refresh_token: 1 }],
    ['refresh_token', { ...bearer, refresh_token: '' }],
    ['scope', { ...bearer, scope: ['a'] }],
    ['id_token', { ...bearer, id_token: 1 }],
  ])('cannot be made of a response whose %s is wrong: %o', async (member, body) => {
    const { client } = setUp(body);
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject({
      code: 'invalid_token_response',
      check: `token_response.${member}`,
      phase: 'validation',
      retryable: false,
    });
  });

  it('takes an error with a success status for an error, unless there is a token', async () => {
    const { client } = setUp({ error: 'invalid_grant' });
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject({
      error: 'invalid_grant',
      status: 200,
    });
    const other = setUp({ ...bearer, error: '' });
    expect((await clientCredentialsGrant(other.client)).accessToken).toBe('a');
  });

  it('says the scope that was granted, or else the one that was asked for', async () => {
    const asked = { scope: 'a b' };
    const silent = setUp(bearer);
    expect((await clientCredentialsGrant(silent.client, asked)).scope).toBe('a b');
    const telling = setUp({ ...bearer, scope: 'a' });
    expect((await clientCredentialsGrant(telling.client, asked)).scope).toBe('a');
  });

  it('names the resource where there was exactly one', async () => {
    const [one, other] = ['https://api.example/a', 'https://api.example/b'];
    const { client, sent } = setUp(bearer);
    expect((await clientCredentialsGrant(client, { resource: [one] })).resource).toBe(one);
    expect(sent().getAll('resource')).toEqual([one]);
    const both = setUp(bearer);
    expect(
      await clientCredentialsGrant(both.client, { resource: [one, other] }),
    ).not.toHaveProperty('resource');
    expect(both.sent().getAll('resource')).toEqual([one, other]);
  });
});

describe('a grant request', () => {
  it('sends what was asked for and nothing else', async () => {
    const { client, sent, web } = setUp(bearer);
    await passwordGrant(client, {
      username: 'ада',
      password: 'p&=+ %',
      scope: 'a b',
      extraParameters: { audience: 'https://api.example' },
    });
    expect(Object.fromEntries(sent())).toEqual({
      grant_type: 'password',
      username: 'ада',
      password: 'p&=+ %',
      scope: 'a b',
      audience: 'https://api.example',
      client_id: 'app',
    });
    expect(web.requests[0]?.headers.get('content-type')).toMatch(
      /^application\/x-www-form-urlencoded/,
    );
    expect(web.requests[0]?.headers.get('accept')).toBe('application/json');
  });

  it('to refresh keeps everything that the answer does not replace', async () => {
    const { client, clock, sent } = setUp(bearer);
    const previous = {
      refreshToken: 'r',
      idToken: 'i',
      scope: 'a b',
      claims: { iss: issuer, sub: 'ada', aud: 'app', exp: 1, iat: 1 },
    };
    const now = clock.now();
    expect(await refreshTokenGrant(client, previous)).toEqual({
      ...previous,
      accessToken: 'a',
      tokenType: 'Bearer',
      obtainedAt: now,
    });
    expect(Object.fromEntries(sent())).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
      client_id: 'app',
    });
  });
});

describe('a lifetime without end', () => {
  it.each([1e308, 1e9, '1e308'])('(%o) still ends at a moment', async (expires_in) => {
    const { client } = setUp({ ...bearer, expires_in });
    const { obtainedAt, expiresAt } = await clientCredentialsGrant(client);
    expect(Number(expiresAt) - obtainedAt).toBe(1e12);
    expect(Number.isSafeInteger(expiresAt)).toBe(true);
    expect(new Date(Number(expiresAt)).getTime()).toBe(expiresAt);
  });

  it.each(['Infinity', '1e999'])('(%s) is refused by its name', async (expires_in) => {
    const { client } = setUp({ ...bearer, expires_in });
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject({
      code: 'invalid_token_response',
      check: 'token_response.expires_in',
    });
  });
});
