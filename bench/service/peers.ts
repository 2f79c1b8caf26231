import { ConfidentialClientApplication } from '@azure/msal-node';
import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';
import * as openid from 'openid-client';
import { ClientCredentials } from 'simple-oauth2';
import { clientSecretPost, createClient, createServiceTokens } from '../../dist/index.js';
import type { ServiceEndpoint } from './endpoint.ts';

/** A service, and how it comes by its token. */
export interface ServicePeer {
  readonly name: string;
  readonly keepsTokens: boolean;
  /** So long before its end a token counts as expired, in seconds. */
  readonly marginSeconds?: number;
  /** More at once are more sockets than a process may have. */
  readonly mostCalls?: number;
  start(endpoint: ServiceEndpoint): () => Promise<string>;
}

const id = 'service';
const secret = 'a secret';

export const relier: ServicePeer = {
  name: 'relier',
  keepsTokens: true,
  start({ fetch, issuer, metadata }) {
    const client = createClient({
      issuer,
      clientId: id,
      authentication: clientSecretPost(secret),
      discovery: false,
      metadata,
      fetch,
    });
    const tokens = createServiceTokens({ client });
    return () => tokens.getAccessToken();
  },
};

export const badgateway: ServicePeer = {
  name: '@badgateway/oauth2-client',
  keepsTokens: true,
  start({ fetch, issuer }) {
    const client = new OAuth2Client({
      clientId: id,
      clientSecret: secret,
      tokenEndpoint: `${issuer}/token`,
      fetch,
    });
    const wrapper = new OAuth2Fetch({
      client,
      scheduleRefresh: false,
      getNewToken: () => client.clientCredentials(),
    });
    return () => wrapper.getAccessToken();
  },
};

/** It asks the endpoint by its own HTTP client, and keeps what its documentation keeps. */
export const simpleOauth2: ServicePeer = {
  name: 'simple-oauth2 (over HTTP, 2,000 calls at most)',
  keepsTokens: true,
  mostCalls: 2_000,
  start({ http }) {
    const client = new ClientCredentials({
      client: { id, secret },
      auth: { tokenHost: http.origin, tokenPath: '/token' },
    });
    let held: Awaited<ReturnType<typeof client.getToken>> | undefined;
    return async () => {
      if (!held || held.expired()) held = await client.getToken({});
      return held.token['access_token'] as string;
    };
  },
};

export const msalNode: ServicePeer = {
  name: '@azure/msal-node',
  keepsTokens: true,
  marginSeconds: 300,
  start({ fetch, issuer }) {
    const send = async (url: string, init: { body?: string } = {}) => {
      const response = await fetch(url, init);
      return { status: response.status, headers: {}, body: await response.json() };
    };
    const networkClient = { sendGetRequestAsync: send, sendPostRequestAsync: send };
    const application = new ConfidentialClientApplication({
      auth: {
        clientId: id,
        clientSecret: secret,
        authority: issuer,
        knownAuthorities: [new URL(issuer).host],
      },
      system: { protocolMode: 'OIDC', networkClient: networkClient as never },
    });
    return async () => {
      const result = await application.acquireTokenByClientCredential({ scopes: ['api'] });
      return result?.accessToken ?? '';
    };
  },
};

export const openidClient: ServicePeer = {
  name: 'openid-client (keeps nothing)',
  keepsTokens: false,
  start({ fetch, metadata }) {
    const config = new openid.Configuration(
      metadata as unknown as openid.ServerMetadata,
      id,
      secret,
    );
    config[openid.customFetch] = fetch as openid.CustomFetch;
    return async () => (await openid.clientCredentialsGrant(config)).access_token;
  },
};

export const peers = [relier, badgateway, simpleOauth2, msalNode, openidClient];
