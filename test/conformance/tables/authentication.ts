import { expect } from 'vitest';
import {
  type ClientAuthentication,
  clientSecret,
  clientSecretJwt,
  introspectToken,
  none,
  refreshTokenGrant,
  revokeToken,
} from '../../../src/index.ts';
import type { HostileProvider } from '../../support/hostile-provider/index.ts';
import { doing, signIn, signingIn } from '../kit/acts.ts';
import { accepts, configuration, oauth, refuses, type Table, unsupported } from '../kit/case.ts';
import {
  asked,
  clients,
  credentialsOf,
  exchanged,
  fapi,
  used,
  usedResource,
} from '../kit/flows.ts';

const basic = credentialsOf('client_secret_basic');
const post = credentialsOf('client_secret_post');
const withSecret = (name: string, clientId: string, authentication: ClientAuthentication) =>
  signingIn(name, { client: () => ({ clientId, authentication }) });

const byMethod = {
  none: signingIn('none', { client: () => ({ authentication: none() }) }),
  client_secret_basic: signingIn('basic', { client: clients.basic }),
  client_secret_post: signingIn('post', { client: clients.post }),
  client_secret_jwt: signingIn('secret JWT', { client: clients.secretJwt }),
  private_key_jwt: signingIn('private key JWT', { client: clients.key }),
  tls_client_auth: signingIn('TLS', { client: clients.tls }),
  self_signed_tls_client_auth: signingIn('TLS', { client: clients.tls }),
} as const;
const chosen = {
  basic: withSecret('secret, by metadata', basic.clientId, clientSecret(basic.secret)),
  post: withSecret('secret, by metadata', post.clientId, clientSecret(post.secret)),
};

const paths = (op: HostileProvider) =>
  Object.fromEntries(
    op.requests.map(({ endpoint, url }) => [endpoint, new URL(url).pathname.includes('/mtls/')]),
  );

/** Sections 3.10 and 5.10 (mTLS): who the client is. */
export const authentication: Table = [
  accepts('CA-01', byMethod.client_secret_basic, used),
  accepts('CA-01', chosen.basic, used),
  ...Object.entries(byMethod).map(([method, act]) => accepts(`CA-02/${method}`, act, used)),
  accepts('CA-02/client_secret_basic', chosen.basic, used),
  accepts('CA-02/client_secret_post', chosen.post, used),
  ...(['none', 'private_key_jwt', 'client_secret_jwt', 'tls_client_auth'] as const).map((method) =>
    refuses(
      `CA-02/${method}`,
      chosen.basic,
      unsupported('token_endpoint_auth_methods_supported'),
      asked,
    ),
  ),
  // Chosen by hand, the method is used as it is, and the server's word is final.
  refuses(
    'CA-02/client_secret_post',
    byMethod.client_secret_basic,
    oauth('invalid_client', { status: 401 }),
    exchanged,
    { violations: ['CA-02'] },
  ),
  ...(['HS256', 'HS384', 'HS512'] as const).map((algorithm) =>
    refuses(
      'CA-02/client_secret_jwt',
      doing(`${algorithm} with a short secret`, {}, async () =>
        clientSecretJwt('x'.repeat(Number(algorithm.slice(2)) / 8 - 1), { algorithm }),
      ),
      configuration('invalid_option', 'secret'),
      [],
    ),
  ),

  accepts('CA-03', byMethod.tls_client_auth, used, (_, op) =>
    expect(paths(op)).toEqual({
      discovery: false,
      authorization: false,
      token: true,
      jwks: false,
      userinfo: true,
    }),
  ),
  accepts(
    'CA-03',
    doing('TLS, every endpoint', { client: clients.tls }, async (client, op) => {
      const { tokens } = await signIn(op, client);
      const renewed = await refreshTokenGrant(client, tokens);
      await introspectToken(client, renewed.accessToken);
      await revokeToken(client, renewed.refreshToken as string);
    }),
    [...used, 'token', 'introspection', 'revocation'],
  ),
  accepts('MT-01', byMethod.tls_client_auth, used, (_, op) =>
    expect(paths(op)).toMatchObject({ token: false, userinfo: true }),
  ),
  accepts('MT-02', byMethod.tls_client_auth, used, (_, op) => {
    const params = new Map(op.requests.find(({ endpoint }) => endpoint === 'token')?.params);
    expect(params.get('client_id')).toBe('tls-client');
    expect([...params.keys()].filter((name) => /secret|assertion/.test(name))).toEqual([]);
  }),
  ...(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const).map(
    (method) =>
      accepts('MT-03', byMethod[method], used, (_, op) =>
        expect(Object.values(paths(op))).not.toContain(true),
      ),
  ),
  accepts('F2-06', byMethod.private_key_jwt, used, (_, op) =>
    expect(Object.values(paths(op))).not.toContain(true),
  ),
  accepts('F2-06', fapi, usedResource, (_, op) =>
    expect(Object.values(paths(op))).not.toContain(true),
  ),
];
