import { describe, expect, it } from 'vitest';
import { createClient, readThirdPartyLogin } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { issuer, scriptedProvider } from '../support/scripted-provider.ts';

const origin = 'https://app.example';
const initiate = `${origin}/initiate`;

function setUp() {
  const { client, recorder, web } = scriptedProvider();
  const known = client();
  const read = (parameters: Record<string, string> | string[][], clients = [known]) =>
    readThirdPartyLogin(clients, new URLSearchParams(parameters), { origin });
  return { known, read, recorder, web };
}

const refused = (check: string) => ({
  name: 'ValidationError',
  code: 'invalid_login_initiation',
  phase: 'authorization',
  check: `login_initiation.${check}`,
});

describe('readThirdPartyLogin', () => {
  it('finds the client of the issuer, and asks nobody', async () => {
    const { known, read, recorder, web } = setUp();
    const other = createClient({ issuer: 'https://other.example', clientId: 'app' });
    const target = `${origin}/orders?id=1#top`;
    const login = await read({ iss: issuer, login_hint: 'ada & co', target_link_uri: target }, [
      other,
      known,
    ]);
    expect(login).toEqual({ client: known, loginHint: 'ada & co', targetLinkUri: target });
    expect(login.client).toBe(known);
    expect(web.requests).toEqual([]);
    expect(recorder.checks()).toContain('login_initiation.target_link_uri');
  });

  it.each<[form: string, request: () => URL | Request]>([
    ['a URL', () => new URL(`${initiate}?iss=${issuer}`)],
    ['a request', () => new Request(`${initiate}?iss=${issuer}`)],
    [
      'a posted form',
      () => new Request(initiate, { method: 'POST', body: new URLSearchParams({ iss: issuer }) }),
    ],
  ])('reads %s', async (_, request) => {
    const { known } = setUp();
    expect(await readThirdPartyLogin([known], request(), { origin })).toEqual({ client: known });
  });

  it.each<[what: string, parameters: Record<string, string> | string[][], check: string]>([
    ['no issuer', {}, 'iss'],
    ['an issuer nobody knows', { iss: 'https://evil.example' }, 'iss'],
    ['an issuer with a slash more', { iss: `${issuer}/` }, 'iss'],
    [
      'a parameter twice',
      [
        ['iss', issuer],
        ['iss', issuer],
      ],
      'duplicate',
    ],
    ['a hint over two lines', { iss: issuer, login_hint: 'a\r\nb' }, 'login_hint'],
    ['an endless hint', { iss: issuer, login_hint: 'a'.repeat(501) }, 'login_hint'],
  ])('refuses %s', async (_, parameters, check) => {
    expect(await failureOf(setUp().read(parameters))).toMatchObject(refused(check));
  });

  it.each([
    'https://app.example@evil.example/',
    'https://app.example.evil.example/',
    'https://app.example\\@evil.example',
    'https://app.example/\t//evil.example',
    'https://app.example/../..//evil',
    'https://app.example//evil.example',
    'https://app.example/.//evil.example',
    'https://app.example/\\evil.example',
    'https://app.example:444/',
    'https://APP.example/',
    'https:app.example/',
    'http://app.example/',
    '//evil.example',
    '/orders',
    'javascript:alert(1)',
    'blob:https://app.example/x',
    'https://app.example/\u2028x',
    'https://app.example/ x',
    'https://app.example/\r\nSet-Cookie: a=b',
  ])('refuses the target %j', async (target_link_uri) => {
    const error = await failureOf(setUp().read({ iss: issuer, target_link_uri }));
    expect(error).toMatchObject(refused('target_link_uri'));
  });

  it.each(['https://app.example', 'https://app.example?next=//evil', 'https://app.example/a//b'])(
    'takes the target %j, which is ours',
    async (target_link_uri) => {
      const login = await setUp().read({ iss: issuer, target_link_uri });
      expect(login.targetLinkUri).toBe(target_link_uri);
    },
  );

  it('names its own checks where the form is spoilt', async () => {
    const { known } = setUp();
    const post = (body: BodyInit, type: string) =>
      readThirdPartyLogin(
        [known],
        new Request(initiate, { method: 'POST', body, headers: { 'content-type': type } }),
        { origin },
      );
    expect(await failureOf(post('x', 'text/plain'))).toMatchObject(refused('content_type'));
    const form = 'application/x-www-form-urlencoded';
    const large = 'a'.repeat(1_100_000);
    expect(await failureOf(post(large, form))).toMatchObject(refused('size'));
  });

  it.each<[problem: string, clients: Anything, options: Anything, option: string]>([
    ['no list of clients', {}, { origin }, 'clients'],
    ['a client that is none', [{ issuer, clientId: 'app' }], { origin }, 'client'],
    ['no options', [], undefined, 'options'],
    ['no origin', [], {}, 'origin'],
    ['an origin with a path', [], { origin: `${origin}/` }, 'origin'],
    ['an origin that is none', [], { origin: 'null' }, 'origin'],
  ])('refuses %s', async (_, clients, options, option) => {
    const work = readThirdPartyLogin(clients, new URLSearchParams({ iss: issuer }), options);
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option });
  });
});
