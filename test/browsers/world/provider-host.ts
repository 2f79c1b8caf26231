import { randomBytes } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { endpointOf, mountProvider } from '../../../examples/demo/provider/provider.ts';
import { app } from './names.ts';
import { oktaPostMessage } from './okta-post-message.ts';
import { sendPage } from './plain-page.ts';
import { type Secret, tellSecrets } from './secrets.ts';
import type { WorldSettings } from './settings.ts';

/** oidc-provider with its real pages, as a person meets it. */
export async function providerHost(
  issuer: string,
  settings: Readonly<WorldSettings>,
  fetch: typeof globalThis.fetch,
  learn: (secret: Secret) => void,
): Promise<RequestListener> {
  const { provider, handler } = await mountProvider(issuer, {
    clients: clients(),
    fetch,
    apiScopes: ['reports:read', 'reports:write'],
    responseTypes: ['code', 'id_token', 'id_token token', 'code id_token', 'none'],
    acrOf: ([asked]) => ({ 'as asked': asked, untold: undefined, pwd: 'pwd' })[settings.acr],
    cookieAttributes: { sameSite: 'none', secure: true },
    get accessTokenTtlSeconds() {
      return settings.accessTokenTtlSeconds;
    },
    features: {
      backchannelLogout: { enabled: true },
      webMessageResponseMode: { enabled: true, ack: 'individual-draft-01' },
      dPoP: {
        enabled: true,
        nonceSecret: randomBytes(32),
        requireNonce: () => settings.providerDemandsNonce,
      },
    },
  });
  provider.registerResponseMode('okta_post_message', oktaPostMessage);
  tellSecrets(provider, learn);
  // It leaves that out where an ID token says it; RFC 9207 knows no such exception.
  provider.on('authorization.success', (_context, answer) => {
    answer['iss'] = issuer;
  });

  return (request, response) => {
    const isFramed = request.headers['sec-fetch-dest'] === 'iframe';
    const isSilent = request.url?.startsWith('/authorize') && /prompt=none/.test(request.url);
    if (settings.silentShowsPage && (isFramed || isSilent)) {
      return sendPage(response, 'A page of the provider');
    }
    if (endpointOf(request.url) === settings.refusesPages) allowNoPage(response);
    return handler(request, response);
  };
}

/** Answers as ever, but without the headers that let a page of another origin see it. */
function allowNoPage(response: ServerResponse): void {
  const set = response.setHeader.bind(response);
  response.setHeader = (name, value) =>
    name.toLowerCase().startsWith('access-control-') ? response : set(name, value);
}

function clients() {
  const page = {
    // For the `sid` in ID tokens.
    backchannel_logout_uri: `${app}/backchannel-logout`,
    backchannel_logout_session_required: true,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`${app}/callback`, `${app}/popup-callback`],
    post_logout_redirect_uris: [`${app}/`, `${app}/callback`, `${app}/popup-callback`],
  };
  return [
    { ...page, client_id: 'page', client_name: 'The page' },
    // Gets no refresh token: has to renew silently.
    { ...page, client_id: 'page-without-refresh', grant_types: ['authorization_code'] },
    { ...page, client_id: 'bound-page', dpop_bound_access_tokens: true },
    // Gets its tokens through the browser.
    {
      ...page,
      client_id: 'implicit-page',
      grant_types: ['authorization_code', 'implicit'],
      response_types: ['code', 'id_token', 'id_token token', 'code id_token'],
    },
  ];
}
