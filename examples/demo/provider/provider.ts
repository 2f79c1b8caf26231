/// <reference path="./oidc-provider.d.ts" />
import { generateKeyPairSync } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { Context, InteractionPolicy, Provider, RegisteredClient } from 'oidc-provider';
import { listen } from '../listen.ts';
import { type Account, ada, claimsOf, grace } from './accounts.ts';
import { devicePages } from './device-pages.ts';
import { interactions } from './interactions.ts';
import { noticePage, signOutPage } from './pages.ts';
import { addPasswordGrant } from './password-grant.ts';
import { quietly } from './quietly.ts';
import { knownAcrValues, signInClaims, stepUpPolicy } from './step-up.ts';

export interface ProviderSettings {
  /** Client registrations, with the wire names of RFC 7591. */
  clients: readonly Record<string, unknown>[];
  accounts?: readonly Account[];
  accessTokenTtlSeconds?: number;
  /** Merged over the features below; see oidc-provider's documentation. */
  features?: Record<string, unknown>;
  /** Scopes of the APIs that tokens can be asked for with `resource`. */
  apiScopes?: readonly string[];
  /** What an authorization response may hold. Default: `code`, and `id_token` with or without it. */
  responseTypes?: readonly string[];
  /** Of the provider's cookies, such as `sameSite: 'none'` for use in frames of other sites. */
  cookieAttributes?: { sameSite: 'lax' | 'none'; secure: boolean };
  /** Which kind of sign-in it was, where `acr_values` has asked for one. Default: the first value. */
  acrOf?: (asked: readonly string[]) => string | undefined;
  /** How clients may authenticate. Default: with a secret, with a key, or not at all. */
  clientAuthMethods?: readonly string[];
  /** What it says about itself, with wire names, besides what it knows. */
  metadata?: Record<string, unknown>;
  /** How the provider reaches its clients, to tell them that somebody has signed out. */
  fetch?: typeof fetch;
}

export interface ProviderOptions extends ProviderSettings {
  /** A page on `localhost` and a provider on `localhost` are one site. Default: `127.0.0.1`. */
  host?: 'localhost' | '127.0.0.1';
  port?: number;
}

export interface ProviderRequest {
  readonly method: string;
  /** First segment of the path, such as `token` or `jwks`; `discovery` for the metadata. */
  readonly endpoint: string;
  readonly status: number;
}

export interface MountedProvider {
  readonly provider: Provider;
  /** Answers for the issuer, which has to be a bare origin. */
  readonly handler: RequestListener;
}

export interface RunningProvider {
  readonly issuer: string;
  readonly provider: Provider;
  /** Every answered request, oldest first. */
  readonly requests: readonly ProviderRequest[];
  /** How many requests an endpoint has answered, CORS preflights not counted. */
  count(endpoint: string): number;
  close(): Promise<void>;
}

/** A real OpenID provider (oidc-provider), certified, strict, in memory. */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const server = await listen(options.host ?? '127.0.0.1', options.port);
  const { provider, handler } = await mountProvider(server.origin, options);
  const requests: ProviderRequest[] = [];
  server.serve((request, response) => {
    const endpoint = endpointOf(request.url);
    response.once('finish', () => {
      requests.push({ method: request.method ?? '', endpoint, status: response.statusCode });
    });
    return handler(request, response);
  });

  return {
    issuer: server.origin,
    provider,
    requests,
    count: (endpoint) =>
      requests.filter((r) => r.endpoint === endpoint && r.method !== 'OPTIONS').length,
    close: server.close,
  };
}

/** The same for a server that somebody else has started. */
export async function mountProvider(
  issuer: string,
  options: ProviderSettings,
): Promise<MountedProvider> {
  const { accounts = [ada, grace], acrOf = ([first]) => first } = options;
  const { provider, errors } = await quietly(async () => {
    const module = await import('oidc-provider');
    const policy = stepUpPolicy(module.interactionPolicy);
    const configured = new module.Provider(issuer, configuration(options, accounts, policy));
    return { provider: configured, errors: module.errors };
  });
  addPasswordGrant(provider, errors, accounts, (resource) => resourceServer(options, resource));
  const pages = interactions(provider, accounts, acrOf);
  const protocol = provider.callback();
  return {
    provider,
    handler: (request, response) =>
      endpointOf(request.url) === 'interaction'
        ? pages(request, response)
        : protocol(request, response),
  };
}

/** First segment of the path; `discovery` for the metadata. */
export function endpointOf(url = '/'): string {
  const [, segment = ''] = new URL(url, 'http://localhost').pathname.split('/');
  return segment === '.well-known' ? 'discovery' : segment;
}

function configuration(
  options: ProviderSettings,
  accounts: readonly Account[],
  policy: InteractionPolicy,
) {
  const { accessTokenTtlSeconds = 600 } = options;
  return {
    clients: options.clients,
    ...(options.fetch && { fetch: options.fetch }),
    ...(options.responseTypes && { responseTypes: options.responseTypes }),
    ...(options.metadata && { discovery: options.metadata }),
    ...(options.clientAuthMethods && { clientAuthMethods: options.clientAuthMethods }),
    jwks: { keys: [signingKey()] },
    cookies: {
      keys: ['only for demonstration'],
      ...(options.cookieAttributes && {
        long: { httpOnly: true, ...options.cookieAttributes },
        short: { httpOnly: true, ...options.cookieAttributes },
      }),
    },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    acrValues: knownAcrValues,
    extraTokenClaims: signInClaims,
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    routes: {
      authorization: '/authorize',
      end_session: '/logout',
      introspection: '/introspect',
      jwks: '/jwks',
      pushed_authorization_request: '/par',
      revocation: '/revoke',
      token: '/token',
      userinfo: '/userinfo',
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    // An application that signs out gives its tokens back; what the person has allowed stays allowed.
    revokeGrantPolicy: (context: Context) => context.oidc.route !== 'revocation',
    issueRefreshToken: (_context: Context, client: RegisteredClient) =>
      client.grantTypeAllowed('refresh_token'),
    clientBasedCORS: (_context: Context, origin: string, client: RegisteredClient) =>
      client.redirectUris.some((uri) => new URL(uri).origin === origin),
    findAccount(_context: Context, id: string) {
      const account = accounts.find(({ username }) => username === id);
      return account && { accountId: id, claims: () => claimsOf(account) };
    },
    ttl: {
      // Asked each time: a test may change its mind.
      AccessToken: () => options.accessTokenTtlSeconds ?? 600,
      DeviceCode: 600,
      ClientCredentials: accessTokenTtlSeconds,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 3_600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    interactions: {
      policy,
      url: (_context: Context, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, ...devicePages },
      introspection: {
        enabled: true,
        allowedPolicy: (
          _context: Context,
          client: RegisteredClient & { clientAuthMethod: string },
        ) => client.clientAuthMethod !== 'none',
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_context: Context, client: RegisteredClient, token: { clientId: string }) =>
          token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: Context, resource: string) =>
          resourceServer(options, resource),
        useGrantedResource: () => true,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(context: Context, form: string) {
          context.body = signOutPage(form);
        },
        postLogoutSuccessSource(context: Context) {
          context.body = noticePage('Signed out', 'You can close this window.');
        },
      },
      ...options.features,
    },
    renderError(context: Context, out: { error: string; error_description?: string }) {
      context.type = 'html';
      context.body = noticePage(out.error, out.error_description ?? 'That did not work.');
    },
  };
}

function resourceServer(options: ProviderSettings, resource: string) {
  const { accessTokenTtlSeconds = 600, apiScopes = ['reports:read'] } = options;
  return {
    audience: resource,
    scope: apiScopes.join(' '),
    accessTokenFormat: 'jwt',
    accessTokenTTL: accessTokenTtlSeconds,
    jwt: { sign: { alg: 'RS256' } },
  };
}

let key: Record<string, unknown> | undefined;

/** Made once per process: an RSA key takes longer than everything else here together. */
function signingKey(): Record<string, unknown> {
  key ??= {
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
    kid: 'demo-key',
    use: 'sig',
    alg: 'RS256',
  };
  return key;
}
