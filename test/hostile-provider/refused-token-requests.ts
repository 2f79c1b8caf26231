import { clientKey, type HostileProvider } from '../support/hostile-provider/index.ts';
import { dpopProof } from './dpop-proof.ts';
import { callback } from './honest-client.ts';
import { assertion, basic, codeFor, credentials, direct, post, redeem } from './request-kit.ts';

/** Rows about what the client itself sends to the provider. */
export const refusedRequests: [
  row: string,
  name: string,
  send: (op: HostileProvider) => Promise<unknown>,
][] = [
  ['REQ-06', 'no grant_type', (op) => post(op, 'token', credentials)],
  [
    'REQ-06',
    'another redirect_uri at the token endpoint',
    async (op) => {
      const { code, verifier } = await codeFor(op);
      await post(op, 'token', { ...redeem(code, verifier), redirect_uri: 'https://rp.example/' });
    },
  ],
  ['REQ-06', 'a GET', (op) => fetch(`${op.issuer}token`)],
  [
    'REQ-06',
    'another client_id in the body',
    (op) =>
      post(
        op,
        'token',
        { grant_type: 'client_credentials', client_id: 'post-client' },
        basic('basic+client%3A1%2B1:basic+secret%3A+100%25+%22sure%22+%26+%2B%2F%3D%3F%23%5C'),
      ),
  ],
  ['REQ-07', 'two authentications at once', (op) => post(op, 'token', direct, basic('a:b'))],
  [
    'REQ-07',
    'unencoded Basic credentials',
    (op) =>
      post(op, 'token', { grant_type: 'client_credentials' }, basic('basic client:1+1:secret')),
  ],
  ['REQ-07', 'no authentication', (op) => post(op, 'token', { grant_type: 'client_credentials' })],
  [
    'CA-02',
    'another method than the registered one',
    (op) => post(op, 'token', { grant_type: 'client_credentials', client_id: 'post-client' }),
  ],
  [
    'REQ-08',
    'another audience',
    async (op) => post(op, 'token', await assertion(op, { aud: 'https://other.example' })),
  ],
  ['REQ-08', 'no jti', async (op) => post(op, 'token', await assertion(op, { jti: undefined }))],
  [
    'REQ-08',
    'an exp of next week',
    async (op) => post(op, 'token', await assertion(op, { exp: Date.now() / 1000 + 604_800 })),
  ],
  [
    'REQ-08',
    'a symmetric algorithm',
    async (op) => post(op, 'token', await assertion(op, {}, 'HS256')),
  ],
  [
    'REQ-08',
    'an assertion sent twice',
    async (op) => {
      const same = await assertion(op);
      await post(op, 'token', same);
      await post(op, 'token', same);
    },
  ],
  [
    'MT-02',
    'nothing but a certificate',
    (op) => post(op, 'mtls/token', { grant_type: 'client_credentials' }),
  ],
  ['REQ-09', 'the access token in the query', (op) => fetch(`${op.issuer}userinfo?access_token=x`)],
  [
    'REQ-09',
    'the access token twice',
    (op) => post(op, 'userinfo', { access_token: 'x' }, { authorization: 'Bearer x' }),
  ],
  [
    'REQ-10',
    'a registration without redirect_uris',
    (op) => fetch(`${op.issuer}register`, { method: 'POST', body: '{}' }),
  ],
  [
    'REQ-10',
    'a private key in the registration',
    (op) =>
      fetch(`${op.issuer}register`, {
        method: 'POST',
        body: JSON.stringify({ redirect_uris: [callback], jwks: { keys: [clientKey] } }),
      }),
  ],
  [
    'REQ-13',
    'a proof for another URL',
    async (op) =>
      post(op, 'token', direct, { dpop: await dpopProof(`${op.issuer}token?a=b`, 'POST') }),
  ],
  [
    'REQ-13',
    'a proof for another method',
    async (op) => post(op, 'token', direct, { dpop: await dpopProof(`${op.issuer}token`, 'post') }),
  ],
  [
    'REQ-13',
    'a proof with ath at the token endpoint',
    async (op) =>
      post(op, 'token', direct, {
        dpop: await dpopProof(`${op.issuer}token`, 'POST', undefined, 'x'),
      }),
  ],
  [
    'REQ-13',
    'an old proof',
    async (op) =>
      post(op, 'token', direct, {
        dpop: await dpopProof(`${op.issuer}token`, 'POST', undefined, undefined, { iat: 1 }),
      }),
  ],
  [
    'REQ-13',
    'a proof sent twice',
    async (op) => {
      const dpop = await dpopProof(`${op.issuer}token`, 'POST');
      await post(op, 'token', direct, { dpop });
      await post(op, 'token', direct, { dpop });
    },
  ],
  [
    'F2-02',
    'a nonce nobody asked for',
    async (op) =>
      post(op, 'token', direct, { dpop: await dpopProof(`${op.issuer}token`, 'POST', 'made-up') }),
  ],
  [
    'REQ-14',
    'an access token in the query of a resource',
    (op) => fetch(`${op.issuer}accounts?access_token=x`),
  ],
  [
    'REQ-14',
    'a bearer token presented with DPoP',
    async (op) => {
      const { access_token } = (await (await post(op, 'token', direct)).json()) as {
        access_token: string;
      };
      const dpop = await dpopProof(`${op.issuer}accounts`, 'GET', undefined, access_token);
      await fetch(`${op.issuer}accounts`, {
        headers: { dpop, authorization: `DPoP ${access_token}` },
      });
    },
  ],
  [
    'DP-12',
    'a dpop_jkt that is not the key used later',
    async (op) => {
      const { code, verifier } = await codeFor(op, { dpop_jkt: 'another' });
      const dpop = await dpopProof(`${op.issuer}token`, 'POST');
      await post(op, 'token', redeem(code, verifier), { dpop });
    },
  ],
  ['MT-03', 'an mTLS alias without mTLS', (op) => post(op, 'mtls/token', direct)],
  ['RV-03', 'a revocation without a token', (op) => post(op, 'revoke', credentials)],
  [
    'RV-03',
    'an odd token_type_hint',
    (op) => post(op, 'introspect', { token: 'x', token_type_hint: 'code', ...credentials }),
  ],
  [
    'RT-01',
    'a scope that grows at the refresh',
    async (op) => {
      const { code, verifier } = await codeFor(op);
      const first = await post(op, 'token', redeem(code, verifier));
      const { refresh_token } = (await first.json()) as { refresh_token: string };
      await post(op, 'token', {
        grant_type: 'refresh_token',
        refresh_token,
        scope: 'openid admin',
        client_id: 's6BhdRkqt3',
      });
    },
  ],
];
