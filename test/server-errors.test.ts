import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  clientCredentialsGrant,
  clientSecretBasic,
  clientSecretPost,
  createAuthorizationRequest,
  dpop,
  fetchUserInfo,
  par,
  passwordGrant,
  refreshTokenGrant,
} from '../src/index.ts';
import { oauthError, secretsOf } from '../src/server-errors.ts';
import { failureOf } from './support/relying-party.ts';
import { callback, issuer, scriptedProvider } from './support/scripted-provider.ts';
import { json } from './support/scripted-web.ts';

function errorOf(error_description: unknown, secrets: readonly string[], error = 'invalid_client') {
  return oauthError({ error, error_description }, { phase: 'token', url: issuer, secrets });
}

function shown(error_description: unknown, secrets: readonly string[]): string {
  return inspect(errorOf(error_description, secrets));
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const lowerHex = (text: string) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
const form = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);
const htmlAmpersand = (text: string) => text.replaceAll('&', '&amp;');

describe('an error text that echoes a secret', () => {
  const secret = 'Swordfish/9+&x=y z!';
  it.each<[spelling: string, write: (secret: string) => string]>([
    ['as it is', (text) => text],
    ['in capitals', (text) => encodeURIComponent(text).toUpperCase()],
    ['percent-encoded', encodeURIComponent],
    ['percent-encoded in small letters', (text) => lowerHex(encodeURIComponent(text))],
    ['percent-encoded twice', (text) => encodeURIComponent(encodeURIComponent(text))],
    [
      'percent-encoded to the last character',
      (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join(''),
    ],
    ['as a form writes it', form],
    ['as a form writes it, in small letters', (text) => lowerHex(form(text))],
    ['as a form writes it, then percent-encoded', (text) => encodeURIComponent(form(text))],
    ['with + for spaces alone', (text) => text.replaceAll(' ', '+')],
    ['in base64', base64],
    ['in HTML', htmlAmpersand],
    ['in HTML, by number', (text) => text.replaceAll('&', '&#38;')],
    ['with control characters strewn in', (text) => [...text].join('\u0000')],
    ['with quotes strewn in', (text) => [...text].join('"')],
    ['quoted as JSON', (text) => JSON.stringify(text)],
    ['cut off after a while', (text) => text.slice(0, 19)],
  ])('%s shows nothing of it', (_, write) => {
    const text = shown(`You sent ${write(secret)} to us`, [secret]);
    expect(text).toContain('[redacted]');
    for (const part of ['wordfish', 'WORDFISH', write(secret), base64(secret)]) {
      expect(text).not.toContain(part);
    }
  });

  it.each(['pässword-42', 'пароль-secret-42', 'naïve & more'])(
    'of other alphabets (%s), percent-encoded, shows nothing of it',
    (secret) => {
      for (const write of [encodeURIComponent, form]) {
        expect(shown(`You sent ${write(secret)}`, [secret])).not.toContain(write(secret));
      }
    },
  );

  it.each(['hunter22', 'hunter2', 'hunter222'])(
    'in unpadded base64 (%s) shows nothing',
    (known) => {
      const echo = Buffer.from(known).toString('base64url');
      expect(shown(`You sent ${echo}`, [known])).not.toContain(echo);
    },
  );

  it('of the Basic header shows neither header nor password', () => {
    const header = `Basic ${base64(`app:${form(secret)}`)}`;
    const secrets = secretsOf({ headers: { authorization: header } });
    for (const echo of [header, header.slice(6), form(secret), secret, base64(secret)]) {
      expect(shown(`You sent ${echo} to us`, secrets)).not.toContain(echo);
    }
  });

  it.each<[order: string, write: (a: string, b: string) => string]>([
    ['in order', (a, b) => `${a} and ${b}`],
    ['in reverse', (a, b) => `${b} and ${a}`],
    ['the first one encoded', (a, b) => `${encodeURIComponent(a)} and ${b}`],
    ['the second one encoded', (a, b) => `${a} and ${encodeURIComponent(b)}`],
    ['both encoded, in reverse', (a, b) => `${base64(b)} and ${encodeURIComponent(a)}`],
    ['one inside of the other', (a, b) => `${a}${b}${a}`],
  ])('and another one (%s) shows nothing of either', (_, write) => {
    const [a, b] = ['first&secret', 'second/secret'];
    const text = shown(`Got ${write(a, b)}.`, [a, b]);
    expect(text).toContain('[redacted]');
    expect(text).not.toMatch(/first|second|secret/);
  });

  it('too long to be repeated whole shows nothing of its beginning', () => {
    const long = 'abcdefgh'.repeat(500);
    expect(shown(`x${long.slice(0, 900)}`, [long])).not.toContain('abcdefgh');
  });

  it('far behind everything that is shown says nothing about it', () => {
    const text = `${'a'.repeat(600)}swordfish`;
    expect(errorOf(text, ['swordfish']).errorDescription).toBe(`${'a'.repeat(500)}[redacted]`);
  });

  it('keeps everything else', () => {
    const text = 'No 100% reports+write here, sorry & goodbye.';
    expect(errorOf(text, ['swordfish']).errorDescription).toBe(text);
  });
});

describe('an error text of a megabyte', () => {
  const megabyte = 1_040_000;
  const long = `${'a'.repeat(10_000)}b${'a'.repeat(10_000)}`;
  it.each<[what: string, text: string, secrets: string[]]>([
    ['that nearly repeats a long refresh token', 'a'.repeat(megabyte), [long]],
    ['that is one short secret over and over', 'abcd'.repeat(megabyte / 4), ['abcd']],
    [
      'against two thousand secrets',
      'a'.repeat(megabyte),
      Array.from({ length: 2_000 }, (_, index) => `aaaa${index}`),
    ],
    ['of percent signs', '%'.repeat(megabyte), ['%25%25%25%25']],
    ['of ampersands', '&amp'.repeat(megabyte / 4), [long]],
    ['against a secret of a megabyte', 'a'.repeat(megabyte), [`${'a'.repeat(megabyte)}b`]],
  ])('%s is cut without delay', (_, text, secrets) => {
    const started = performance.now();
    const { errorDescription = '' } = errorOf(text, secrets);
    // What it took before was tens of seconds; the bound leaves room for a slow machine.
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(errorDescription.length).toBeLessThan(520);
  });

  it('does not hold up the refresh whose token it was made for', async () => {
    const { client, web } = scriptedProvider();
    web.on(`${issuer}/token`, () =>
      json({ error: 'x', error_description: 'a'.repeat(megabyte) }, 400),
    );
    const started = performance.now();
    const error = await failureOf(refreshTokenGrant(client(), { refreshToken: long }));
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(error).toMatchObject({ code: 'oauth_error', error: 'x' });
    expect(error.message.length).toBeLessThan(600);
  });
});

describe('an error code that contains a short secret', () => {
  const refusing = (error: string) => {
    const provider = scriptedProvider();
    for (const endpoint of ['token', 'par']) {
      provider.web.on(`${issuer}/${endpoint}`, () => json({ error }, 400));
    }
    return provider;
  };

  it.each([
    ['grant', 'hunter22', 'invalid_grant'],
    ['ada', 'invalid', 'invalid_grant'],
    ['server', 'error', 'server_error'],
  ])('(%s, %s) is still %s', async (username, password, error) => {
    const work = passwordGrant(refusing(error).client(), { username, password });
    expect(await failureOf(work)).toMatchObject({
      error,
      message: `The server answered ${error}.`,
    });
  });

  it.each(['consent', 'login'])('of a pushed prompt=%s asks for interaction', async (prompt) => {
    const client = refusing(`${prompt}_required`).client({ pushedAuthorization: par() });
    const work = createAuthorizationRequest(client, { redirectUri: callback, prompt });
    expect(await failureOf(work)).toMatchObject({
      name: 'InteractionRequiredError',
      error: `${prompt}_required`,
    });
  });

  it('still has the nonce of a proof sent', async () => {
    const { client, tokenRequests, web } = scriptedProvider();
    web.on(`${issuer}/token`, () =>
      json({ error: 'use_dpop_nonce' }, 400, { 'dpop-nonce': 'n-1' }),
    );
    const work = passwordGrant(client({ dpop: dpop() }), { username: 'ada', password: 'nonce' });
    expect(await failureOf(work)).toMatchObject({ error: 'use_dpop_nonce' });
    expect(tokenRequests()).toHaveLength(2);
  });

  it('that is a long secret itself is not shown', async () => {
    const client = refusing('swordfish_swordfish').client({
      authentication: clientSecretPost('swordfish_swordfish'),
    });
    const error = await failureOf(clientCredentialsGrant(client));
    expect(error).toMatchObject({ error: '[redacted]', code: 'oauth_error' });
    expect(inspect(error)).not.toContain('swordfish');
  });

  it('of no characters that may be shown is an unknown one', () => {
    expect(errorOf('', [], '\u0007')).toMatchObject({ error: 'unknown_error' });
  });
});

describe('the error of an endpoint', () => {
  it.each([
    ['the body', clientSecretPost('Swordfish & 9')],
    ['the Basic header', clientSecretBasic('Swordfish & 9')],
    ['a raw Basic header', clientSecretBasic('Swordfish & 9', { encoding: 'raw' })],
  ])('never shows a secret of %s', async (_, authentication) => {
    const { client, web } = scriptedProvider();
    web.on(`${issuer}/token`, ({ body, headers }) => {
      const error_description = `${decodeURIComponent(body)} ${headers.get('authorization')}`;
      return json({ error: 'invalid_client', error_description }, 401);
    });
    const error = await failureOf(clientCredentialsGrant(client({ authentication })));
    const header = base64('app:Swordfish+%26+9').slice(0, 12);
    for (const part of ['wordfish', header]) expect(inspect(error)).not.toContain(part);
    expect(inspect(error)).toContain('[redacted]');
  });

  it('shows no access token that a challenge repeats', async () => {
    const { client, web } = scriptedProvider();
    const challenge = 'Bearer error="invalid_token", error_description="the token-of-ada is old"';
    web.on(`${issuer}/userinfo`, () => {
      return new Response('', { status: 401, headers: { 'www-authenticate': challenge } });
    });
    const work = fetchUserInfo(
      client(),
      { accessToken: 'token-of-ada' },
      { expectedSubject: 'ada' },
    );
    expect(await failureOf(work)).toMatchObject({ errorDescription: 'the [redacted]' });
  });
});
