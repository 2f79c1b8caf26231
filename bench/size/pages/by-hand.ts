// What a careful person writes: sign-in with all checks, tokens in IndexedDB, refresh in the page
// that asks. Nothing between tabs, no time limits, no errors of its own.
import { get, set } from 'idb-keyval';
import * as oauth from 'oauth4webapi';

const issuer = new URL('https://login.example');
const client: oauth.Client = { client_id: 'spa' };
const redirectUri = 'https://app.example/callback';

interface Kept {
  accessToken: string;
  expiresAt: number;
  refreshToken?: string | undefined;
  idToken?: string | undefined;
}

async function discover(): Promise<oauth.AuthorizationServer> {
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
}

async function keep(tokens: oauth.TokenEndpointResponse, before?: Kept): Promise<Kept> {
  const kept = {
    accessToken: tokens.access_token,
    expiresAt: Date.now() + (tokens.expires_in ?? 0) * 1000,
    refreshToken: tokens.refresh_token ?? before?.refreshToken,
    idToken: tokens.id_token ?? before?.idToken,
  };
  await set('tokens', kept);
  return kept;
}

export async function signIn(): Promise<void> {
  const server = await discover();
  const transaction = {
    codeVerifier: oauth.generateRandomCodeVerifier(),
    nonce: oauth.generateRandomNonce(),
    state: oauth.generateRandomState(),
  };
  await set('transaction', transaction);
  const url = new URL(server.authorization_endpoint ?? '');
  const parameters = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid offline_access',
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge_method: 'S256',
    code_challenge: await oauth.calculatePKCECodeChallenge(transaction.codeVerifier),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

export async function handleRedirect(): Promise<Kept> {
  const server = await discover();
  const transaction = await get('transaction');
  const answer = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    oauth.validateAuthResponse(server, client, new URL(location.href), transaction.state),
    redirectUri,
    transaction.codeVerifier,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: transaction.nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, answer);
  return keep(tokens);
}

export async function getAccessToken(): Promise<string | undefined> {
  const kept: Kept | undefined = await get('tokens');
  if (!kept?.refreshToken || kept.expiresAt > Date.now() + 60_000) return kept?.accessToken;
  const server = await discover();
  const answer = await oauth.refreshTokenGrantRequest(
    server,
    client,
    oauth.None(),
    kept.refreshToken,
  );
  const tokens = await oauth.processRefreshTokenResponse(server, client, answer);
  if (tokens.id_token) await oauth.validateApplicationLevelSignature(server, answer);
  return (await keep(tokens, kept)).accessToken;
}

export async function callApi(url: string): Promise<Response> {
  return fetch(url, { headers: { authorization: `Bearer ${await getAccessToken()}` } });
}

export async function userInfo(subject: string): Promise<oauth.UserInfoResponse> {
  const server = await discover();
  const answer = await oauth.userInfoRequest(server, client, (await getAccessToken()) ?? '');
  return oauth.processUserInfoResponse(server, client, subject, answer);
}

export async function signOut(): Promise<void> {
  const server = await discover();
  const kept: Kept | undefined = await get('tokens');
  await set('tokens', undefined);
  if (kept?.refreshToken) {
    const answer = await oauth.revocationRequest(server, client, oauth.None(), kept.refreshToken);
    await oauth.processRevocationResponse(answer);
  }
  const url = new URL(server.end_session_endpoint ?? '');
  url.searchParams.set('id_token_hint', kept?.idToken ?? '');
  location.assign(url);
}
