import type { Capability } from '../client/capability.ts';
import { privateKeyJwt } from '../client/client-assertion.ts';
import { createClient } from '../client/create-client.ts';
import type { PrivateKeyInput, PrivateKeyOptions } from '../client/private-key.ts';
import type { Clock } from '../clock.ts';
import { requireOptions, requireText, requireTexts } from '../options.ts';
import { createServiceTokens, type ServiceTokens } from '../services/create-service-tokens.ts';
import type { Trace } from '../trace.ts';
import type { Fetch } from '../transport.ts';
import { orgOrigin } from './org-url.ts';

/** What {@link oktaServiceApp} takes. */
export interface OktaServiceAppOptions extends PrivateKeyOptions {
  /** As for `createManagementClient`. */
  readonly orgUrl: string;
  /** The service app's client id. */
  readonly clientId: string;
  /** The private half of a key that the app has: a `CryptoKey`, JWK or PKCS #8 PEM; RSA or EC. */
  readonly privateKey: PrivateKeyInput;
  /**
   * Scopes that the app was granted, such as `okta.authorizationServers.manage` or
   * `okta.apps.read`.
   */
  readonly scopes: readonly string[];
  /** `dpop()`, unless the app's setting to require proofs of possession is off. */
  readonly dpop?: Capability<'dpop'> | undefined;
  /**
   * The `fetch` that all requests go through.
   * @default the platform's
   */
  readonly fetch?: Fetch | undefined;
  /**
   * How long one request may take, in milliseconds.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The source of time.
   * @default the platform's clock
   */
  readonly clock?: Clock | undefined;
  /** Receives redacted facts about every exchange. */
  readonly trace?: Trace | undefined;
}

/**
 * The tokens of an API service app: client credentials at the org's own authorization server, proved by
 * a private key. One token serves all calls until it is about to expire. Okta binds the tokens of new
 * apps to a key, so give it `dpop()`. The app also needs an admin role.
 *
 * @param options `orgUrl`, `clientId`, `privateKey`, `scopes`; `dpop`, `algorithm`, `keyId` and what
 * differs from the defaults.
 * @returns the value for `createManagementClient({ auth })`; `close()` forgets the tokens.
 * @throws ConfigurationError `invalid_option`, `insecure_url`; when used, OAuthResponseError
 * `oauth_error` and what else `clientCredentialsGrant` throws
 * @see RFC 6749 section 4.4, RFC 7523 section 2.2, RFC 9449
 *
 * @example
 * ```ts
 * import { dpop } from 'relier'
 * import { createManagementClient, oktaServiceApp } from 'relier/management'
 *
 * export const clientOf = (privateKey: JsonWebKey) => {
 *   const orgUrl = 'https://example.okta.com'
 *   const auth = oktaServiceApp({
 *     orgUrl,
 *     clientId: '0oa1nkheCuDn82XVI0g4',
 *     privateKey,
 *     scopes: ['okta.authorizationServers.manage'],
 *     dpop: dpop(),
 *   })
 *   return createManagementClient({ orgUrl, auth })
 * }
 * ```
 */
export function oktaServiceApp(options: OktaServiceAppOptions): ServiceTokens {
  requireOptions(options);
  const { algorithm, clientId, clock, dpop, fetch, keyId, privateKey, timeoutMs, trace } = options;
  const issuer = orgOrigin(options.orgUrl);
  const client = createClient({
    issuer,
    clientId,
    authentication: privateKeyJwt(privateKey, { algorithm, keyId, audience: 'endpoint' }),
    discovery: false,
    metadata: { issuer, token_endpoint: `${issuer}/oauth2/v1/token` },
    allowInsecureRequests: 'loopback',
    ...{ clock, dpop, fetch, timeoutMs, trace },
  });
  return createServiceTokens({
    client,
    scope: requireText(requireTexts(options.scopes, 'scopes').join(' '), 'scopes'),
    resources: [{ url: `${issuer}/api/v1` }],
  });
}
