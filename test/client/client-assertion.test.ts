import { generateKeyPair, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type ClientAuthentication,
  clientCredentialsGrant,
  clientSecretJwt,
  introspectToken,
  privateKeyJwt,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { issuer, scriptedProvider } from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';

const secret = 's'.repeat(64);
const key = new TextEncoder().encode(secret);
const { privateKey, publicKey } = await generateKeyPair('ES256');

async function assertionsOf(authentication: ClientAuthentication) {
  const provider = scriptedProvider();
  provider.web.on(`${issuer}/introspect`, () => json({ active: true }));
  const client = provider.client({ authentication });
  await clientCredentialsGrant(client);
  await introspectToken(client, 'token');
  const sent = provider.web.requests.map(({ body }) => new URLSearchParams(body));
  const verified = await Promise.all(
    sent.map((parameters) =>
      jwtVerify(
        parameters.get('client_assertion') ?? '',
        (({ alg }: Anything) => (alg.startsWith('HS') ? key : publicKey)) as Anything,
        { currentDate: new Date(provider.clock.now()) },
      ),
    ),
  );
  return { now: provider.now, sent, verified, web: provider.web };
}

describe('a client assertion', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)(
    'is signed with the secret and %s, short-lived, once only',
    async (algorithm) => {
      const { now, sent, verified, web } = await assertionsOf(
        clientSecretJwt(secret, { algorithm }),
      );
      expect(verified).toHaveLength(2);
      for (const { payload, protectedHeader } of verified) {
        expect(protectedHeader).toEqual({ alg: algorithm });
        expect(payload).toMatchObject({
          iss: 'app',
          sub: 'app',
          aud: issuer,
          iat: now - 5,
          exp: now + 60,
        });
      }
      expect(new Set(verified.map(({ payload }) => payload.jti)).size).toBe(2);
      for (const parameters of sent) {
        expect(parameters.get('client_id')).toBe('app');
        expect(parameters.get('client_assertion_type')).toBe(
          'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        );
      }
      expect(JSON.stringify(web.requests)).not.toContain(secret);
    },
  );

  it.each([
    ['the secret', clientSecretJwt(secret, { audience: 'endpoint' })],
    ['a key', privateKeyJwt(privateKey, { audience: 'endpoint' })],
  ])('signed with %s may be addressed to the endpoint', async (_, authentication) => {
    const { verified } = await assertionsOf(authentication);
    const audiences = verified.map(({ payload }) => payload.aud);
    expect(audiences).toEqual([`${issuer}/token`, `${issuer}/introspect`]);
  });

  it('signed with a key names that key', async () => {
    const { verified } = await assertionsOf(privateKeyJwt(privateKey, { keyId: 'k-1' }));
    for (const { protectedHeader } of verified) {
      expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'k-1' });
    }
  });

  it.each<[problem: string, make: () => unknown, option: string]>([
    ['no secret', () => clientSecretJwt('' as Anything), 'secret'],
    ['a secret that is none', () => clientSecretJwt(undefined as Anything), 'secret'],
    ['a short secret', () => clientSecretJwt('s'.repeat(31)), 'secret'],
    [
      'a secret that is short for the hash',
      () => clientSecretJwt('s'.repeat(63), { algorithm: 'HS512' }),
      'secret',
    ],
    [
      'an asymmetric algorithm',
      () => clientSecretJwt(secret, { algorithm: 'RS256' as Anything }),
      'algorithm',
    ],
    ['options that are none', () => clientSecretJwt(secret, 'HS256' as Anything), 'options'],
    [
      'another audience',
      () => clientSecretJwt(secret, { audience: 'https://x' as Anything }),
      'audience',
    ],
    [
      'another audience for a key',
      () => privateKeyJwt(privateKey, { audience: '' as Anything }),
      'audience',
    ],
  ])('is not made of %s', async (_, make, option) => {
    const error = await failureOf(make);
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });

  it('counts a secret in bytes', async () => {
    expect(clientSecretJwt('é'.repeat(16))).toBeTypeOf('function');
  });
});
