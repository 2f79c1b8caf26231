import { expect } from 'vitest';
import type { HostileProvider } from '../support/hostile-provider/index.ts';
import { dpopProof } from './dpop-proof.ts';
import { callback, pkce } from './honest-client.ts';
import {
  assertion,
  authorize,
  basic,
  codeFor,
  credentials,
  direct,
  post,
  redeem,
  requestObject,
} from './request-kit.ts';

/** What no strictness may find fault with. */
export const accepted: [name: string, send: (op: HostileProvider) => Promise<unknown>][] = [
  ['a plain code request', (op) => authorize(op)],
  [
    'a loopback redirect with another port',
    (op) => authorize(op, { client_id: 'native', redirect_uri: 'http://127.0.0.1:4711/callback' }),
  ],
  [
    'the same authorization URL opened again',
    async (op) => {
      const { challenge } = pkce();
      const same = { code_challenge: challenge, state: 'the-same' };
      await authorize(op, same);
      await authorize(op, same);
    },
  ],
  ['a wrong secret', (op) => post(op, 'token', { ...direct, client_secret: 'wrong' })],
  ['an unknown code', async (op) => post(op, 'token', redeem('x', 'x'))],
  [
    'a verifier of another transaction, as with an injected code',
    async (op) => {
      const [attacker, victim] = [await codeFor(op), await codeFor(op)];
      const response = await post(op, 'token', redeem(attacker.code, victim.verifier));
      expect(await response.json()).toMatchObject({ error: 'invalid_grant' });
    },
  ],
  [
    'an assertion for the very endpoint',
    async (op) => post(op, 'token', await assertion(op, { aud: `${op.issuer}token` })),
  ],
  [
    'a revocation of an unknown token',
    (op) => post(op, 'revoke', { token: 'unknown', ...credentials }),
  ],
  [
    'a request object that repeats the plain parameters',
    async (op) => {
      const request = await requestObject(op, { response_type: 'code', scope: 'openid' });
      expect((await authorize(op, { client_id: 'key-client', request })).has('code')).toBe(true);
    },
  ],
  [
    'a well-formed registration',
    async (op) => {
      const body = JSON.stringify({ redirect_uris: [callback] });
      const response = await fetch(`${op.issuer}register`, { method: 'POST', body });
      expect(response.status).toBe(201);
      const { client_id, client_secret } = (await response.json()) as Record<string, string>;
      const encoded = [client_id, client_secret].map((half) =>
        new URLSearchParams([['', half ?? '']]).toString().slice(1),
      );
      const token = await post(
        op,
        'token',
        { grant_type: 'client_credentials' },
        basic(encoded.join(':')),
      );
      expect(token.status).toBe(200);
    },
  ],
  [
    'a DPoP proof',
    async (op) => {
      const proof = await dpopProof(`${op.issuer}token`, 'POST');
      expect(await (await post(op, 'token', direct, { dpop: proof })).json()).toMatchObject({
        token_type: 'DPoP',
      });
    },
  ],
];
