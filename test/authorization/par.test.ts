import { describe, expect, it } from 'vitest';
import { clientSecretPost, createAuthorizationRequest, dpop, par } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  callback,
  issuer,
  type ScriptedClientOptions,
  scriptedProvider,
} from '../support/scripted-provider.ts';
import { json, type Responder } from '../support/scripted-web.ts';

const endpoint = `${issuer}/par`;

function setUp(responder?: Responder, options: ScriptedClientOptions = {}) {
  const provider = scriptedProvider();
  if (responder) provider.web.on(endpoint, responder);
  const client = provider.client({ pushedAuthorization: par(), ...options });
  const ask = () => createAuthorizationRequest(client, { redirectUri: callback });
  return { ...provider, ask };
}

describe('par', () => {
  it('sends the parameters to the server and a reference through the browser', async () => {
    const { ask, clock, web } = setUp(undefined, { authentication: clientSecretPost('sw0rdfish') });
    const { expiresAt, transaction, url } = await ask();
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'app',
      request_uri: 'urn:pushed:1',
    });
    expect(expiresAt).toBe(clock.now() + 60_000);
    const pushed = Object.fromEntries(new URLSearchParams(web.requests[0]?.body));
    expect(pushed).toMatchObject({
      client_id: 'app',
      client_secret: 'sw0rdfish',
      state: transaction.state,
      redirect_uri: callback,
    });
  });

  it('repeats a push with the nonce that the server asks for', async () => {
    const { ask, web } = setUp(
      () =>
        web.requests.length === 1
          ? json({ error: 'use_dpop_nonce' }, 400, { 'dpop-nonce': 'n-1' })
          : json({ request_uri: 'urn:pushed:2', expires_in: 60 }, 201),
      { dpop: dpop() },
    );
    expect((await ask()).url.searchParams.get('request_uri')).toBe('urn:pushed:2');
    expect(web.count(endpoint)).toBe(2);
  });

  it('goes by the browser where the server has no endpoint for it', async () => {
    const metadata = { pushed_authorization_request_endpoint: undefined };
    const { ask, web } = setUp(undefined, { metadata });
    const { transaction, url } = await ask();
    expect(url.searchParams.get('state')).toBe(transaction.state);
    expect(web.requests).toEqual([]);
  });

  it('required, fails where the server has no endpoint for it', async () => {
    const metadata = { pushed_authorization_request_endpoint: undefined };
    const { ask } = setUp(undefined, {
      metadata,
      pushedAuthorization: par({ mode: 'required' }),
    });
    expect(await failureOf(ask())).toMatchObject({
      code: 'unsupported_by_server',
      option: 'pushed_authorization_request_endpoint',
    });
  });

  it.each<[what: string, body: object, check: string]>([
    ['no reference', { expires_in: 60 }, 'request_uri'],
    ['an empty reference', { request_uri: '', expires_in: 60 }, 'request_uri'],
    ['no lifetime', { request_uri: 'urn:x' }, 'expires_in'],
    ['a lifetime of nothing', { request_uri: 'urn:x', expires_in: 0 }, 'expires_in'],
    ['a negative lifetime', { request_uri: 'urn:x', expires_in: -1 }, 'expires_in'],
  ])('does not go on with %s', async (_, body, check) => {
    const { ask } = setUp(() => json(body, 201));
    expect(await failureOf(ask())).toMatchObject({
      code: 'invalid_pushed_authorization_response',
      phase: 'authorization',
      check: `pushed_authorization_response.${check}`,
    });
  });

  it.each([400, 401, 500])('never replaces a push that failed with %s', async (status) => {
    const { ask } = setUp(() => json({ error: 'invalid_request' }, status));
    expect(await failureOf(ask())).toMatchObject({
      error: 'invalid_request',
      status,
      phase: 'authorization',
    });
  });

  it.each<[options: Anything, option: string]>([
    [{ mode: 'always' }, 'mode'],
    [{ mode: null }, 'mode'],
    ['required', 'options'],
  ])('refuses %o', async (options, option) => {
    const error = await failureOf(() => par(options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });
});
