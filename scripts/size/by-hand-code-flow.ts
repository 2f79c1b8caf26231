// The floor for the code flow: what a careful caller writes on oauth4webapi alone, with the same
// HTTP steps and the same checks (discovery, PKCE, state, nonce, ID token with its signature).
import * as oauth from 'oauth4webapi';

export interface Settings {
  issuer: URL;
  clientId: string;
  redirectUri: string;
  scope: string;
}

export interface Transaction {
  codeVerifier: string;
  nonce: string;
  state: string;
}

async function discover(issuer: URL): Promise<oauth.AuthorizationServer> {
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
}

export async function createAuthorizationRequest(
  settings: Settings,
): Promise<{ url: URL; transaction: Transaction }> {
  const server = await discover(settings.issuer);
  if (server.authorization_endpoint === undefined) throw new Error('no authorization endpoint');
  const transaction = {
    codeVerifier: oauth.generateRandomCodeVerifier(),
    nonce: oauth.generateRandomNonce(),
    state: oauth.generateRandomState(),
  };
  const url = new URL(server.authorization_endpoint);
  url.searchParams.set('client_id', settings.clientId);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('redirect_uri', settings.redirectUri);
  url.searchParams.set('scope', settings.scope);
  url.searchParams.set('state', transaction.state);
  url.searchParams.set('nonce', transaction.nonce);
  url.searchParams.set('code_challenge_method', 'S256');
  url.searchParams.set(
    'code_challenge',
    await oauth.calculatePKCECodeChallenge(transaction.codeVerifier),
  );
  return { url, transaction };
}

export async function handleAuthorizationResponse(
  settings: Settings,
  transaction: Transaction,
  response: URL,
): Promise<oauth.TokenEndpointResponse> {
  const server = await discover(settings.issuer);
  const client = { client_id: settings.clientId };
  const callback = oauth.validateAuthResponse(server, client, response, transaction.state);
  const answer = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    callback,
    settings.redirectUri,
    transaction.codeVerifier,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: transaction.nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, answer);
  return tokens;
}
