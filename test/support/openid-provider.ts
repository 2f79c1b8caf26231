import {
  type ProviderOptions,
  type RunningProvider,
  startProvider,
} from '../../examples/demo/provider/provider.ts';

export type { ProviderRequest, RunningProvider } from '../../examples/demo/provider/provider.ts';

/** Registered for every client that has a front channel; nothing ever listens there. */
export const redirectUri = 'https://app.example/callback';
export const postLogoutRedirectUri = 'https://app.example/signed-out';

const frontChannel = {
  redirect_uris: [redirectUri],
  post_logout_redirect_uris: [postLogoutRedirectUri],
};

/** A page: no secret; `https://app.example` may read answers across origins. */
export const publicClient = {
  client_id: 'public-client',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  ...frontChannel,
};

/** A native app: any port of 127.0.0.1, path `/callback`. */
export const nativeClient = {
  client_id: 'native-client',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['http://127.0.0.1/callback'],
};

const everyGrant = ['authorization_code', 'refresh_token', 'client_credentials', 'password'];

/** Its id and secret change when form-encoded, so raw and encoded Basic credentials differ. */
export const basicClient = {
  client_id: 'basic client:1',
  client_secret: 'p@ss:word+ /=&%20 "quoted" ~!*()',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: everyGrant,
  ...frontChannel,
};

export const postClient = {
  client_id: 'post-client',
  client_secret: 'another + secret & more',
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: everyGrant,
  ...frontChannel,
};

/**
 * Starts a real OpenID provider with the clients above. Access tokens are opaque, or RS256 JWTs
 * with the resource as audience when one is asked for (scopes `reports:read`, `reports:write`).
 */
export function startOpenIdProvider(
  options: Partial<ProviderOptions> = {},
): Promise<RunningProvider> {
  return startProvider({
    clients: [publicClient, nativeClient, basicClient, postClient],
    apiScopes: ['reports:read', 'reports:write'],
    ...options,
  });
}
