import { generateKeyPairSync } from 'node:crypto';
import type { ClientRegistration, Json } from './types.ts';

const callback = 'https://rp.example/callback';
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Private JWK of the default `key-client`; its public half is registered. */
export const clientKey: Json = {
  ...(ec.privateKey.export({ format: 'jwk' }) as Json),
  kid: 'client-signing-key',
  use: 'sig',
  alg: 'ES256',
};

export const publicClient: ClientRegistration = {
  client_id: 's6BhdRkqt3',
  token_endpoint_auth_method: 'none',
  redirect_uris: [callback],
  post_logout_redirect_uris: ['https://rp.example/signed-out'],
};

/** One client per authentication method, with secrets that must be encoded properly. */
export const defaultClients: ClientRegistration[] = [
  publicClient,
  {
    ...publicClient,
    client_id: 'basic client:1+1',
    client_secret: 'basic secret: 100% "sure" & +/=?#\\',
    token_endpoint_auth_method: 'client_secret_basic',
  },
  {
    ...publicClient,
    client_id: 'post-client',
    client_secret: 'post secret: 100% "sure" & +/=?#\\',
    token_endpoint_auth_method: 'client_secret_post',
  },
  {
    ...publicClient,
    client_id: 'secret-jwt-client',
    client_secret: 'a secret of more than sixty-four bytes, so that HS512 may be keyed by it too',
    token_endpoint_auth_method: 'client_secret_jwt',
  },
  {
    ...publicClient,
    client_id: 'key-client',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: {
      keys: [
        {
          ...(ec.publicKey.export({ format: 'jwk' }) as Json),
          kid: 'client-signing-key',
          use: 'sig',
          alg: 'ES256',
        },
      ],
    },
  },
  { ...publicClient, client_id: 'tls-client', token_endpoint_auth_method: 'tls_client_auth' },
];
