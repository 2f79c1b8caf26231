/** The applications of this demo, as the provider knows them (wire names of RFC 7591). */

export const backendService = {
  client_id: 'backend-service',
  client_name: 'Nightly report job',
  // Awkward on purpose: has to be form-encoded before it goes into the Basic header.
  client_secret: 'p@ss:word+ /=&%20 "quoted" ~!*()',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
};

export const passwordApp = {
  client_id: 'password-app',
  client_name: 'Terminal of the warehouse',
  client_secret: 'a secret that travels in the body',
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['password', 'refresh_token'],
  redirect_uris: [],
  response_types: [],
};

export const nativeApp = {
  client_id: 'native-app',
  client_name: 'Desktop app',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  // Registered without a port: any free port may be used at run time (RFC 8252 section 7.3).
  redirect_uris: ['http://127.0.0.1/callback'],
};

export const commandLine = {
  client_id: 'command-line',
  client_name: 'Command line',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
  redirect_uris: ['http://127.0.0.1/callback'],
};

export function webPage(origin: string) {
  return {
    client_id: 'web-page',
    client_name: 'Demo web page',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/callback`],
  };
}
