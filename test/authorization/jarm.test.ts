import { CompactEncrypt, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  createAuthorizationRequest,
  handleAuthorizationResponse,
  jarm,
  jwe,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  callback,
  issuer,
  type ScriptedClientOptions,
  scriptedProvider,
} from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

const encryption = await generateKeyPair('ECDH-ES');

interface Answer {
  readonly claims?: Record<string, unknown>;
  readonly header?: object;
  readonly client?: ScriptedClientOptions;
  readonly parameters?: Record<string, string>;
  readonly isEncrypted?: boolean;
}

/** A sign-in whose answer is signed, and right unless told otherwise. */
async function signIn({ claims, header, client, parameters, isEncrypted }: Answer = {}) {
  const provider = scriptedProvider();
  const { now } = provider;
  const made = provider.client({ responseProtection: jarm(), ...client });
  const { transaction } = await createAuthorizationRequest(made, {
    redirectUri: callback,
    scope: 'accounts',
  });
  let response = await provider.sign(
    {
      iss: issuer,
      aud: 'app',
      exp: now + 60,
      code: 'the-code',
      state: transaction.state,
      ...claims,
    },
    header,
  );
  if (isEncrypted) {
    response = await new CompactEncrypt(new TextEncoder().encode(response))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM', typ: 'JWT' })
      .encrypt(encryption.publicKey);
  }
  const query = new URLSearchParams({ response, ...parameters });
  const finish = (signal?: AbortSignal) =>
    handleAuthorizationResponse(made, transaction, new URL(`${callback}?${query}`), { signal });
  return { ...provider, finish };
}

const decryption = () => ({
  decryption: jwe([{ key: encryption.privateKey, algorithm: 'ECDH-ES' }]),
});

describe('a signed response', () => {
  it.each<[header: object]>([
    [{}],
    [{ typ: 'JWT' }],
    [{ typ: 'jwt' }],
    [{ typ: 'application/jwt' }],
    [{ typ: 'jwt;x=y' }],
    [{ kid: 'server-1' }],
  ])('with the header %o is taken', async (header) => {
    const { finish, recorder } = await signIn({ header });
    expect((await finish()).tokens.accessToken).toBe('access');
    const checks = ['typ', 'alg', 'iss', 'aud', 'exp', 'signature', 'state'];
    expect(recorder.checks()).toEqual(
      expect.arrayContaining(checks.map((name) => `authorization_response.${name}`)),
    );
  });

  it.each([
    'at+jwt',
    'AT+JWT',
    'application/at+jwt',
    ' at+jwt',
    'at+jwt ',
    'logout+jwt',
    'at+jwt;x=y',
  ])('of type %j is refused, plain and encrypted', async (typ) => {
    for (const isEncrypted of [false, true]) {
      const { finish, tokenRequests } = await signIn({
        header: { typ },
        isEncrypted,
        client: decryption(),
      });
      expect(await failureOf(finish())).toMatchObject({
        code: 'invalid_authorization_response',
        check: 'authorization_response.typ',
      });
      expect(tokenRequests()).toEqual([]);
    }
  });

  it.each<[what: string, answer: Answer, check: string]>([
    ['from another issuer', { claims: { iss: 'https://evil.example' } }, 'iss'],
    ['for another client', { claims: { aud: 'another' } }, 'aud'],
    ['that has expired', { claims: { exp: 1 } }, 'exp'],
    ['without an expiry', { claims: { exp: undefined } }, 'exp'],
    ['with another state', { claims: { state: 'x'.repeat(43) } }, 'state'],
    [
      'of another algorithm',
      { client: { responseProtection: jarm({ signingAlgorithm: 'PS256' }) } },
      'alg',
    ],
    ['beside another iss', { parameters: { iss: 'https://evil.example' } }, 'iss'],
  ])('%s is refused', async (_, answer, check) => {
    const { finish, tokenRequests } = await signIn(answer);
    expect(await failureOf(finish())).toMatchObject({ check: `authorization_response.${check}` });
    expect(tokenRequests()).toEqual([]);
  });

  it('by a key that nobody knows is refused', async () => {
    const { finish, web } = await signIn();
    web.on(`${issuer}/jwks`, () => json({ keys: [] }));
    expect(await failureOf(finish())).toMatchObject({ code: 'invalid_authorization_response' });
  });

  it('may be an error like any other', async () => {
    const { finish } = await signIn({
      claims: { code: undefined, error: 'access_denied', error_description: 'no' },
    });
    expect(await failureOf(finish())).toMatchObject({
      name: 'OAuthResponseError',
      error: 'access_denied',
      errorDescription: 'no',
    });
  });

  it('that is encrypted is read by a client that can', async () => {
    const { finish } = await signIn({ isEncrypted: true, client: decryption() });
    expect((await finish()).tokens.accessToken).toBe('access');
    const without = await signIn({ isEncrypted: true });
    expect(await failureOf(without.finish())).toMatchObject({
      check: 'authorization_response.encryption',
    });
  });

  it('is given up on by the caller while the keys are under way', async () => {
    const { finish, web } = await signIn();
    const controller = new AbortController();
    web.on(`${issuer}/jwks`, () => {
      controller.abort();
      return new Promise<Response>(() => {});
    });
    expect((await failureOf(finish(controller.signal))).code).toBe('aborted');
  });
});

describe('jarm', () => {
  it.each<[options: Anything, option: string]>([
    [{ signingAlgorithm: 'HS256' }, 'signingAlgorithm'],
    [{ signingAlgorithm: 'none' }, 'signingAlgorithm'],
    ['ES256', 'options'],
  ])('refuses %o', async (options, option) => {
    const error = await failureOf(() => jarm(options));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });

  it('takes the algorithm that it was told', async () => {
    const { finish } = await signIn({
      client: { responseProtection: jarm({ signingAlgorithm: 'ES256' }) },
    });
    expect((await finish()).tokens.accessToken).toBe('access');
  });
});
