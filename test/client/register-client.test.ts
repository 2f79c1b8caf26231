import { describe, expect, it } from 'vitest';
import { clientSecret, introspectToken, registerClient } from '../../src/index.ts';
import { op, useHostileProvider } from '../support/hostile-rows.ts';
import { type Anything, cyclic, issuer, setUp } from '../support/refusals.ts';
import { failureOf, hostileCallback, hostileClient } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';

useHostileProvider();

const metadata = { redirect_uris: [hostileCallback] };
const answering = (respond: () => Response) => {
  const { client, web } = setUp({ metadata: { registration_endpoint: `${issuer}/register` } });
  web.on(`${issuer}/register`, respond);
  return { client, web };
};

describe('registering a client', () => {
  it('brings a client that works', async () => {
    const registered = await registerClient(hostileClient(op), metadata);
    expect(registered).toMatchObject({
      ...metadata,
      client_id: expect.any(String),
      client_secret: expect.any(String),
      client_secret_expires_at: 0,
      registration_access_token: expect.any(String),
    });
    expect(Object.isFrozen(registered)).toBe(true);
    const client = hostileClient(op, {
      clientId: registered.client_id,
      authentication: clientSecret(registered.client_secret as string),
    });
    expect(await introspectToken(client, 'made-up')).toEqual({ active: false });
    expect(op.violations).toEqual([]);
  });

  it('brings one without a secret, as the server describes it', async () => {
    const registered = await registerClient(hostileClient(op), {
      ...metadata,
      token_endpoint_auth_method: 'none',
    });
    expect(registered).not.toHaveProperty('client_secret');
    expect(registered).not.toHaveProperty('client_secret_expires_at');
  });

  it('shows the token that allows it, to the server alone', async () => {
    const canary = 'initial-access-canary';
    const { client, web } = answering(() =>
      json({ error: 'invalid_token', error_description: `no such token ${canary}` }, 401, {
        'www-authenticate': `Bearer error="invalid_token", error_description="${canary}"`,
      }),
    );
    const error = await failureOf(registerClient(client, metadata, { initialAccessToken: canary }));
    expect(web.requests.at(-1)?.headers.get('authorization')).toBe(`Bearer ${canary}`);
    expect(error).toMatchObject({ code: 'oauth_error', error: 'invalid_token', status: 401 });
    expect(JSON.stringify(error) + error.stack).not.toContain(canary);
  });

  it('passes on a challenge without a body', async () => {
    const { client } = answering(
      () =>
        new Response(null, {
          status: 401,
          headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
        }),
    );
    expect(await failureOf(registerClient(client, metadata))).toMatchObject({
      code: 'oauth_error',
      error: 'invalid_token',
    });
  });

  it('passes on why the server refuses', async () => {
    const work = registerClient(hostileClient(op), { redirect_uris: ['not a URL'] });
    expect(await failureOf(work)).toMatchObject({
      code: 'oauth_error',
      error: 'invalid_redirect_uri',
      status: 400,
    });
  });

  it.each([200, 201])('takes the status %d', async (status) => {
    const { client } = answering(() => json({ client_id: 'c' }, status));
    expect(await registerClient(client, metadata)).toEqual({ client_id: 'c' });
  });

  it.each<[member: string, body: object]>([
    ['client_id', {}],
    ['client_id', { client_id: 7 }],
    ['client_id', { client_id: '' }],
    ['client_secret', { client_id: 'c', client_secret: 7 }],
    [
      'client_secret_expires_at',
      { client_id: 'c', client_secret: 's', client_secret_expires_at: 'never' },
    ],
  ])('refuses an answer whose %s is wrong: %o', async (member, body) => {
    const { client } = answering(() => json(body, 201));
    expect(await failureOf(registerClient(client, metadata))).toMatchObject({
      code: 'invalid_registration_response',
      check: `registration_response.${member}`,
    });
  });

  it.each<[Anything, Anything, string]>([
    [undefined, undefined, 'metadata'],
    [null, undefined, 'metadata'],
    [[], undefined, 'metadata'],
    ['{}', undefined, 'metadata'],
    [cyclic, undefined, 'metadata'],
    [{ n: 1n }, undefined, 'metadata'],
    [metadata, null, 'options'],
    [metadata, { initialAccessToken: '' }, 'initialAccessToken'],
    [metadata, { initialAccessToken: 7 }, 'initialAccessToken'],
    [metadata, { signal: {} }, 'signal'],
  ])('refuses %o with %o', async (given, options, option) => {
    const { client, web } = answering(() => json({ client_id: 'c' }, 201));
    const error = await failureOf(() => registerClient(client, given, options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
    expect(web.requests).toEqual([]);
  });

  it('says that the server has no such endpoint', async () => {
    expect(await failureOf(registerClient(setUp().client, metadata))).toMatchObject({
      code: 'unsupported_by_server',
      option: 'registration_endpoint',
    });
  });
});
