import { describe, expect, it } from 'vitest';
import { createAuthorizationRequest, frontChannel, jarm } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  callback,
  type ScriptedClientOptions,
  scriptedProvider,
} from '../support/scripted-provider.ts';

const ask = (request: Anything, client: ScriptedClientOptions = {}) =>
  createAuthorizationRequest(scriptedProvider().client(client), {
    redirectUri: callback,
    ...request,
  });
const front = () => ({ frontChannel: frontChannel() });
const signed = () => ({ responseProtection: jarm() });

describe('the answer that is asked for', () => {
  it.each<
    [request: object, client: () => ScriptedClientOptions, place: string, mode: string | null]
  >([
    [{}, () => ({}), 'query', null],
    [{ responseMode: 'query' }, () => ({}), 'query', null],
    [{ responseMode: 'fragment' }, () => ({}), 'fragment', 'fragment'],
    [{ responseMode: 'form_post' }, () => ({}), 'form_post', 'form_post'],
    [{ responseMode: 'web_message' }, () => ({}), 'message', 'web_message'],
    [{ responseMode: 'okta_post_message' }, () => ({}), 'message', 'okta_post_message'],
    [{ responseType: 'id_token' }, front, 'fragment', null],
    [{ responseType: 'id_token', responseMode: 'form_post' }, front, 'form_post', 'form_post'],
    [{}, signed, 'query', 'jwt'],
    [{ responseMode: 'query' }, signed, 'query', 'query.jwt'],
    [{ responseMode: 'form_post' }, signed, 'form_post', 'form_post.jwt'],
  ])('as %o stands in its place', async (request, client, place, mode) => {
    const { transaction, url } = await ask(request, client());
    expect(transaction.responsePlace).toBe(place);
    expect(url.searchParams.get('response_mode')).toBe(mode);
  });

  it.each<[problem: string, request: object, client: () => ScriptedClientOptions, option: string]>([
    ['of an unknown type', { responseType: 'none' }, front, 'responseType'],
    ['of a type in another order', { responseType: 'id_token code' }, front, 'responseType'],
    ['of a type that is null', { responseType: null }, front, 'responseType'],
    ['with an ID token', { responseType: 'id_token' }, () => ({}), 'responseType'],
    ['with an access token', { responseType: 'code token' }, front, 'responseType'],
    ['with an ID token, without openid', { responseType: 'id_token', scope: 'a' }, front, 'scope'],
    [
      'with tokens in the query',
      { responseType: 'id_token', responseMode: 'query' },
      front,
      'responseMode',
    ],
    ['in an unknown mode', { responseMode: 'cookie' }, () => ({}), 'responseMode'],
    ['in a mode with its protection', { responseMode: 'query.jwt' }, signed, 'responseMode'],
    ['signed, in a window message', { responseMode: 'web_message' }, signed, 'responseType'],
    [
      'signed, with tokens',
      { responseType: 'id_token' },
      () => ({ ...front(), ...signed() }),
      'responseType',
    ],
    ['for no scope', { scope: '' }, () => ({}), 'scope'],
  ])('cannot be one %s', async (_, request, client, option) => {
    const error = await failureOf(ask(request, client()));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });
});
