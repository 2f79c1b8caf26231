import { requireSignal } from '../abortable.ts';
import type { RequestOptions } from '../client/call-endpoint.ts';
import { type Client, type ClientOptions, createClient } from '../client/create-client.ts';
import type { ReplayGuard } from '../client/replay-guard.ts';
import { invalidOption, requireOptions, requireText, requireTexts } from '../options.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';
import {
  type AccessTokenRequirements,
  requireRequirements,
} from '../tokens/access-token-requirements.ts';
import {
  type AccessTokenRules,
  type CheckedRules,
  requireRules,
} from '../tokens/verify-access-token.ts';
import type { TokenIntrospection } from './introspected-tokens.ts';
import type { TokenCacheOptions } from './known-tokens.ts';

/** What `createAccessTokenValidator` takes. */
export interface AccessTokenValidatorOptions
  extends AccessTokenRules,
    Pick<
      ClientOptions,
      | 'issuer'
      | 'metadata'
      | 'discovery'
      | 'fetch'
      | 'timeoutMs'
      | 'clock'
      | 'clockToleranceSeconds'
      | 'allowInsecureRequests'
      | 'trace'
    > {
  /**
   * What the URLs of this API begin with for its clients, which make proofs of possession for them.
   * Needed where requests do not say so themselves: behind a proxy, and with `node:http`.
   * @default the URL of a `Request`; with `node:http`, no proofs are taken
   */
  readonly baseUrl?: string | undefined;
  /**
   * Takes only tokens that are bound to a key or to a certificate.
   * @default false
   */
  readonly boundTokensOnly?: boolean | undefined;
  /**
   * Remembers proofs of possession; one for all processes of the API.
   * @default one in memory, for this validator
   */
  readonly replayGuard?: ReplayGuard | undefined;
  /**
   * Remembers tokens that were found good, so that they need not be verified each time.
   * @default each token is verified each time
   */
  readonly cache?: TokenCacheOptions | undefined;
  /**
   * Asks the server about tokens.
   * @default tokens that cannot be read are refused
   */
  readonly introspection?: TokenIntrospection | undefined;
  /**
   * The `realm` of challenges.
   * @default the audience, or the first one
   */
  readonly realm?: string | undefined;
  /** Where the API's metadata is, for challenges (RFC 9728 section 5.1). An absolute URL. */
  readonly resourceMetadata?: string | undefined;
}

/** What one request asks of its token, and what is known about its connection. */
export interface AccessRequirements extends AccessTokenRequirements, RequestOptions {
  /**
   * The client certificate of this connection, in place of its thumbprint: DER
   * (`request.socket.getPeerCertificate().raw`), PEM, or the value of a `Client-Cert` header that a
   * proxy of yours sets (RFC 9440).
   */
  readonly certificate?: string | Uint8Array | undefined;
}

/** The options of a validator, each checked. */
export interface CheckedValidatorOptions {
  readonly client: Client;
  readonly rules: CheckedRules;
  readonly boundTokensOnly: boolean;
  readonly introspection: TokenIntrospection | undefined;
  /** Without a slash at the end. */
  readonly baseUrl: string | undefined;
  readonly realm: string;
  readonly resourceMetadata: string | undefined;
}

export function requireValidatorOptions(
  options: AccessTokenValidatorOptions,
): CheckedValidatorOptions {
  requireOptions(options);
  const rules = requireRules(options);
  const [audience] = rules.audience as readonly [string];
  const { boundTokensOnly = false, introspection, realm = audience } = options;
  if (typeof boundTokensOnly !== 'boolean') {
    throw invalidOption('boundTokensOnly', 'must be a boolean');
  }
  if (!/^[\x20-\x7e]+$/.test(requireText(realm, 'realm'))) {
    throw invalidOption('realm', 'must be printable ASCII');
  }
  if (introspection !== undefined) requireIntrospection(introspection);
  const client = createClient({
    ...options,
    clientId: introspection?.clientId ?? audience,
    authentication: introspection?.authentication,
  });
  const isLoopbackAllowed = options.allowInsecureRequests === 'loopback';
  const urlOf = (option: 'baseUrl' | 'resourceMetadata') => {
    if (options[option] === undefined) return undefined;
    const url = parseUrl(options[option]);
    if (!url || url.username || url.password || url.hash) {
      throw invalidOption(option, 'must be an absolute URL without credentials and fragment');
    }
    return assertSecureUrl(url, isLoopbackAllowed, option);
  };
  const base = urlOf('baseUrl');
  return {
    client,
    rules,
    boundTokensOnly,
    introspection,
    baseUrl: base && base.origin + base.pathname.replace(/\/$/, ''),
    realm,
    resourceMetadata: urlOf('resourceMetadata')?.href,
  };
}

function requireIntrospection(introspection: TokenIntrospection): void {
  requireOptions(introspection, 'introspection');
  const { authentication, clientId, signedAnswer = false, when = 'opaque' } = introspection;
  requireText(clientId, 'introspection.clientId');
  if (typeof authentication !== 'function') {
    throw invalidOption('introspection.authentication', 'must be a client authentication');
  }
  if (when !== 'opaque' && when !== 'always') {
    throw invalidOption('introspection.when', "must be 'opaque' or 'always'");
  }
  if (typeof signedAnswer !== 'boolean') {
    throw invalidOption('introspection.signedAnswer', 'must be a boolean');
  }
}

/** What one request asks: all of it may go into a header. */
export function requireAccessRequirements(requirements: AccessRequirements): void {
  requireOptions(requirements, 'requirements');
  requireRequirements(requirements);
  const { acr, certificate, requireScopes, signal } = requirements;
  requireWords(requireScopes, 'requireScopes');
  requireWords(acr, 'acr');
  if (signal) requireSignal(signal);
  if (
    certificate !== undefined &&
    typeof certificate !== 'string' &&
    !(certificate instanceof Uint8Array)
  ) {
    throw invalidOption('certificate', 'must be a text or bytes');
  }
}

/** Words of a list that spaces separate (RFC 6749 appendix A.4). */
function requireWords(words: readonly string[] | undefined, option: string): void {
  if (!requireTexts(words, option).every((word) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word))) {
    throw invalidOption(option, 'must be words without spaces, quotes and backslashes');
  }
}
