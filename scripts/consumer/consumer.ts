// A consumer's first file, compiled against the packed types under every supported resolution.
import {
  type Client,
  clientCredentialsGrant,
  clientSecret,
  createAuthorizationRequest,
  createClient,
  createServiceTokens,
  handleAuthorizationResponse,
  isRelierError,
  type TokenSet,
} from 'relier';
import { type AuthorizationServer, accessToken, createManagementClient } from 'relier/management';
import { type RedisClient, redisStore } from 'relier/redis';

const client: Client = createClient({
  issuer: 'https://issuer.example',
  clientId: 'consumer',
  authentication: clientSecret('secret'),
});

export async function signIn(callback: URL): Promise<string | undefined> {
  const { url, transaction } = await createAuthorizationRequest(client, {
    redirectUri: 'https://app.example/callback',
    scope: 'openid profile',
  });
  const stored: typeof transaction = JSON.parse(JSON.stringify(transaction));
  const { tokens } = await handleAuthorizationResponse(client, stored, callback);
  return url.href && tokens.claims?.sub;
}

export async function serviceToken(): Promise<string> {
  try {
    const tokens: TokenSet = await clientCredentialsGrant(client, { scope: 'read' });
    return tokens.accessToken;
  } catch (error) {
    if (isRelierError(error) && error.code === 'oauth_error') return error.error;
    throw error;
  }
}

export const redisTokens = (redis: RedisClient, key: Uint8Array) =>
  createServiceTokens({ client, store: redisStore(redis, { encryptionKeys: [key] }) });

// @ts-expect-error An issuer is mandatory: the types arrived, they are not `any`.
createClient({ clientId: 'consumer' });

const okta = createManagementClient({
  orgUrl: 'https://org.example',
  auth: accessToken(serviceToken),
});

export async function servers(): Promise<readonly AuthorizationServer[]> {
  return okta.authorizationServers.list({ limit: 50 }).toArray({ limit: 100 });
}

// @ts-expect-error A scope has a name.
okta.authorizationServers.scopes.create('default', { displayName: 'Reports' });
