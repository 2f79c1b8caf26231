// The floor for client credentials: the same HTTP steps on oauth4webapi alone.
import * as oauth from 'oauth4webapi';

export interface Settings {
  issuer: URL;
  clientId: string;
  clientSecret: string;
  scope: string;
}

export async function clientCredentialsGrant(
  settings: Settings,
): Promise<oauth.TokenEndpointResponse> {
  const server = await oauth.processDiscoveryResponse(
    settings.issuer,
    await oauth.discoveryRequest(settings.issuer),
  );
  const client = { client_id: settings.clientId };
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const authentication = methods.includes('client_secret_basic')
    ? oauth.ClientSecretBasic(settings.clientSecret)
    : oauth.ClientSecretPost(settings.clientSecret);
  const answer = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    authentication,
    new URLSearchParams({ scope: settings.scope }),
  );
  return oauth.processClientCredentialsResponse(server, client, answer);
}
