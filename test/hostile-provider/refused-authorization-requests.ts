import type { HostileProvider } from '../support/hostile-provider/index.ts';
import { callback, pkce } from './honest-client.ts';
import {
  authorize,
  codeFor,
  credentials,
  post,
  pushedUrl,
  redeem,
  requestObject,
} from './request-kit.ts';

/** Rows about what the browser carries to the provider. */
export const refusedAuthorizations: [
  row: string,
  name: string,
  send: (op: HostileProvider) => Promise<unknown>,
][] = [
  ['REQ-01', 'no client_id', (op) => authorize(op, { client_id: undefined })],
  [
    'REQ-01',
    'an unregistered redirect_uri',
    (op) => authorize(op, { redirect_uri: `${callback}/x` }),
  ],
  ['REQ-01', 'no redirect_uri', (op) => authorize(op, { redirect_uri: undefined })],
  ['REQ-01', 'no response_type', (op) => authorize(op, { response_type: undefined })],
  [
    'REQ-01',
    'a response_type that is not configured',
    (op) =>
      authorize(op, {
        client_id: 'native',
        redirect_uri: 'http://127.0.0.1/callback',
        response_type: 'id_token',
        nonce: 'n',
      }),
  ],
  ['REQ-01', 'a scope without openid', (op) => authorize(op, { scope: 'profile' })],
  [
    'REQ-01',
    'response_mode query with tokens',
    (op) => authorize(op, { response_type: 'id_token', nonce: 'n', response_mode: 'query' }),
  ],
  ['REQ-02', 'max_age=0 with prompt=none', (op) => authorize(op, { max_age: '0', prompt: 'none' })],
  ['REQ-04', 'no nonce for an ID Token', (op) => authorize(op, { response_type: 'id_token' })],
  ['REQ-05', 'the plain method', (op) => authorize(op, { code_challenge_method: 'plain' })],
  ['REQ-05', 'no method', (op) => authorize(op, { code_challenge_method: undefined })],
  [
    'REQ-05',
    'a challenge of another transaction',
    async (op) => {
      const { challenge } = pkce();
      await authorize(op, { code_challenge: challenge });
      await authorize(op, { code_challenge: challenge });
    },
  ],
  [
    'REQ-05',
    'a verifier that fits nothing',
    async (op) => {
      const { code } = await codeFor(op);
      await post(op, 'token', redeem(code, pkce().verifier));
    },
  ],
  [
    'PK-03',
    'no challenge from a public client',
    (op) => authorize(op, { code_challenge: undefined }),
  ],
  [
    'REQ-11',
    'a parameter that differs outside',
    async (op) =>
      authorize(op, {
        client_id: 'key-client',
        request: await requestObject(op, { scope: 'openid email' }),
      }),
  ],
  [
    'JR-02',
    'a request object with a subject',
    async (op) =>
      authorize(op, {
        client_id: 'key-client',
        request: await requestObject(op, { sub: 'key-client' }),
      }),
  ],
  [
    'JR-02',
    'a request object of odd type',
    async (op) =>
      authorize(op, {
        client_id: 'key-client',
        request: await requestObject(op, {}, { typ: 'at+jwt' }),
      }),
  ],
  [
    'REQ-12',
    'request_uri in a pushed request',
    (op) => post(op, 'par', { ...credentials, request_uri: 'urn:x' }),
  ],
  [
    'REQ-12',
    'more than two parameters after PAR',
    async (op) => op.visit(`${await pushedUrl(op)}&state=x`),
  ],
  [
    'PA-04',
    'a request_uri opened twice',
    async (op) => {
      const url = await pushedUrl(op);
      await op.visit(url);
      await op.visit(url);
    },
  ],
  ['LO-01', 'a foreign id_token_hint', (op) => op.visit(`${op.issuer}end-session?id_token_hint=x`)],
];
