import {
  type ClientOptions,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  dpop,
  frontChannel,
  jarm,
  jwe,
  par,
  privateKeyJwt,
  type ResponseMode,
  type ResponseType,
  tlsClientAuth,
} from '../../../src/index.ts';
import { clientKey, defaultClients } from '../../support/hostile-provider/index.ts';
import { type SignInOptions, signingIn } from './acts.ts';
import { decryptionKeys, encryptedClient, type ProviderName, sharedClock } from './providers.ts';

type Method = (typeof defaultClients)[number]['token_endpoint_auth_method'];

/** The registered client of that method, with its credentials. */
export function credentialsOf(method: Method): { clientId: string; secret: string } {
  const found = defaultClients.find((client) => client.token_endpoint_auth_method === method);
  return { clientId: found?.client_id ?? '', secret: found?.client_secret ?? '' };
}

const basic = credentialsOf('client_secret_basic');
const post = credentialsOf('client_secret_post');
const secretJwt = credentialsOf('client_secret_jwt');

/** Clients by the way they prove who they are. */
export const clients = {
  basic: () => ({
    clientId: basic.clientId,
    authentication: clientSecretBasic(basic.secret),
  }),
  post: () => ({ clientId: post.clientId, authentication: clientSecretPost(post.secret) }),
  secretJwt: () => ({
    clientId: secretJwt.clientId,
    authentication: clientSecretJwt(secretJwt.secret),
  }),
  key: () => ({ clientId: 'key-client', authentication: privateKeyJwt(clientKey as never) }),
  tls: () => ({ clientId: 'tls-client', authentication: tlsClientAuth() }),
} satisfies Record<string, () => Partial<ClientOptions>>;

/** The client that the FAPI plans describe. */
export function fapiClient(algorithm = 'PS256'): Partial<ClientOptions> {
  return {
    ...clients.key(),
    dpop: dpop(),
    pushedAuthorization: par({ mode: 'required' }),
    idTokenSigningAlgorithm: algorithm,
  };
}

export const decryption = () =>
  jwe([
    { key: decryptionKeys.rsa, algorithm: 'RSA-OAEP' },
    { key: decryptionKeys.rsa, algorithm: 'RSA-OAEP-256' },
    { key: decryptionKeys.ec, algorithm: 'ECDH-ES' },
  ]);

/** The response type and mode as a front-channel sign-in. */
export function frontChannelSignIn(
  responseType: ResponseType,
  responseMode?: Extract<ResponseMode, 'fragment' | 'form_post'>,
  more: SignInOptions = {},
) {
  const name = [responseType, responseMode ?? 'fragment'].join(', ');
  return signingIn(name, {
    ...more,
    client: (op) => ({ frontChannel: frontChannel(), ...more.client?.(op) }),
    request: {
      responseType,
      ...(responseMode && { responseMode }),
      allowImplicit: true,
      ...more.request,
    },
  });
}

export const code = signingIn('code');
export const codeByPost = signingIn('code, form_post', { request: { responseMode: 'form_post' } });
export const codeWithSecret = signingIn('code with a secret', { client: clients.basic });
export const hybrid = frontChannelSignIn('code id_token');
export const hybridByPost = frontChannelSignIn('code id_token', 'form_post');
export const implicit = frontChannelSignIn('id_token');
export const implicitByPost = frontChannelSignIn('id_token', 'form_post');

/** Of a client that ID tokens may be encrypted to. */
export const encryptedCode = signingIn('code, encrypted', {
  client: () => ({ clientId: encryptedClient.client_id, decryption: decryption() }),
});
export const encryptedHybrid = frontChannelSignIn('code id_token', 'form_post', {
  client: () => ({ clientId: encryptedClient.client_id, decryption: decryption() }),
});

/** Time stands still, so that the edges of a tolerance are where they seem to be. */
export const punctual: SignInOptions = {
  provider: 'clocked',
  client: () => ({ clock: sharedClock }),
};

const fapiProviders = {
  PS256: 'fapi',
  ES256: 'fapi-es256',
  EdDSA: 'fapi-eddsa',
} as const satisfies Record<string, ProviderName>;

/** PAR, DPoP, an assertion, up to the protected resource. */
export function fapiSignIn(
  algorithm: keyof typeof fapiProviders = 'PS256',
  more: SignInOptions = {},
) {
  return signingIn(`FAPI, ${algorithm}`, {
    provider: fapiProviders[algorithm],
    use: 'resource',
    ...more,
    client: (op) => ({ ...fapiClient(algorithm), ...more.client?.(op) }),
  });
}

export const fapi = fapiSignIn();

/** FAPI with a signed response. */
export function signedResponse(responseMode?: ResponseMode) {
  return {
    ...fapiSignIn('PS256', {
      client: () => ({ responseProtection: jarm({ signingAlgorithm: 'PS256' }) }),
      request: responseMode ? { responseMode } : {},
    }),
    name: `FAPI, JARM, ${responseMode ?? 'any mode'}`,
  };
}

/** FAPI 1.0 Advanced: `code id_token`, with `s_hash`. */
const fapiHybridIn = (responseMode: 'fragment' | 'form_post') => ({
  ...frontChannelSignIn('code id_token', responseMode, {
    provider: 'fapi-hybrid',
    use: 'resource',
    client: () => ({
      ...clients.key(),
      dpop: dpop(),
      idTokenSigningAlgorithm: 'PS256',
      frontChannel: frontChannel({ requireStateHash: true }),
    }),
  }),
  name: `FAPI, code id_token, ${responseMode}`,
});
export const fapiHybrid = fapiHybridIn('fragment');
export const fapiHybridByPost = fapiHybridIn('form_post');

// How far a flow gets.
export const discovered = ['discovery'] as const;
export const asked = ['discovery', 'authorization'] as const;
export const exchanged = [...asked, 'token'] as const;
export const verified = [...exchanged, 'jwks'] as const;
export const used = [...verified, 'userinfo'] as const;
/** With an ID token in the front channel. */
export const verifiedInFront = [...asked, 'jwks'] as const;
export const exchangedAfterFront = [...verifiedInFront, 'token'] as const;
export const usedAfterFront = [...exchangedAfterFront, 'userinfo'] as const;
export const pushed = ['discovery', 'par'] as const;
export const askedAfterPush = [...pushed, 'authorization'] as const;
export const exchangedAfterPush = [...askedAfterPush, 'token'] as const;
export const verifiedAfterPush = [...exchangedAfterPush, 'jwks'] as const;
export const usedResource = [...verifiedAfterPush, 'resource'] as const;
