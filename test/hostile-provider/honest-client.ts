import { createHash, randomBytes } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { clientKey, type HostileProvider } from '../support/hostile-provider/index.ts';

export const callback = 'https://rp.example/callback';

export interface Login {
  server: oauth.AuthorizationServer;
  client: oauth.Client;
  authentication: oauth.ClientAuth;
  verifier: string;
  state: string;
  nonce: string;
  url: URL;
}

const insecure = { [oauth.allowInsecureRequests]: true };

/** Discovers the provider and builds an authorization URL, as any careful client would. */
export async function startLogin(
  op: HostileProvider,
  options: {
    params?: Record<string, string>;
    client?: oauth.Client;
    authentication?: oauth.ClientAuth;
  } = {},
): Promise<Login> {
  const issuer = new URL(op.issuer);
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, insecure),
  );
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const client = options.client ?? { client_id: 's6BhdRkqt3' };
  const url = new URL(server.authorization_endpoint as string);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...options.params,
  }).toString();
  const authentication = options.authentication ?? oauth.None();
  return { server, client, authentication, verifier, state, nonce, url };
}

/** Redeems the code and verifies the ID Token. */
export async function finishLogin(
  login: Login,
  answer: URL | URLSearchParams,
  options: oauth.TokenEndpointRequestOptions = {},
): Promise<oauth.TokenEndpointResponse> {
  const { server, client, authentication, verifier, state, nonce } = login;
  const params = oauth.validateAuthResponse(server, client, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    params,
    callback,
    verifier,
    { ...insecure, ...options },
  );
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response, insecure);
  return result;
}

export async function fetchUserInfo(
  login: Login,
  accessToken: string,
  subject: string,
): Promise<oauth.UserInfoResponse> {
  const { server, client } = login;
  const response = await oauth.userInfoRequest(server, client, accessToken, insecure);
  return oauth.processUserInfoResponse(server, client, subject, response);
}

/** How oauth4webapi authenticates a default client of that method. */
export async function authenticationOf(method: string, secret: string): Promise<oauth.ClientAuth> {
  if (method === 'client_secret_basic') return oauth.ClientSecretBasic(secret);
  if (method === 'client_secret_post') return oauth.ClientSecretPost(secret);
  if (method === 'client_secret_jwt') return oauth.ClientSecretJwt(secret);
  if (method === 'tls_client_auth') return oauth.TlsClientAuth();
  if (method === 'none') return oauth.None();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('jwk', clientKey as JsonWebKey, algorithm, false, [
    'sign',
  ]);
  return oauth.PrivateKeyJwt({ key, kid: 'client-signing-key' });
}

/** A verifier and its challenge, for tests that write requests by hand. */
export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export { insecure };
