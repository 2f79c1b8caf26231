import type { Clock } from '../clock.ts';
import { metadataList, type ServerMetadata } from '../discovery/server-metadata.ts';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import { unsupported } from '../protocol-errors.ts';
import { formEncode } from '../server-errors.ts';

/** The request that a client authenticates. */
export interface AuthenticationRequest {
  /** The client identifier. */
  readonly clientId: string;
  /** What the server says about itself. */
  readonly server: ServerMetadata;
  /** The member of the metadata that names the endpoint, such as `token_endpoint`. */
  readonly endpoint: Endpoint;
  /** The source of time. */
  readonly clock: Clock;
  /** The form body, to add parameters to. */
  readonly body: URLSearchParams;
  /** The headers, to add fields to. */
  readonly headers: Headers;
}

/** The endpoints at which a client authenticates itself, by their metadata names. */
export type Endpoint =
  | 'token_endpoint'
  | 'introspection_endpoint'
  | 'revocation_endpoint'
  | 'pushed_authorization_request_endpoint'
  | 'device_authorization_endpoint'
  | 'backchannel_authentication_endpoint';

/**
 * Adds one client's credentials to a request. Made by {@link none}, {@link clientSecret} and their
 * like; your own function may do something else.
 */
export interface ClientAuthentication {
  /** Adds the credentials. */
  (request: AuthenticationRequest): void | Promise<void>;
  /** The TLS connection proves who the client is, so the server's mTLS endpoints are called. */
  readonly mutualTls?: true;
}

/** How {@link clientSecretBasic} writes the two halves of the header. */
export interface ClientSecretBasicOptions {
  /**
   * `form` encodes id and secret as RFC 6749 section 2.3.1 asks; `raw` does not, for servers that
   * take the header as plain HTTP Basic (RFC 7617).
   * @default 'form'
   */
  readonly encoding?: 'form' | 'raw' | undefined;
}

/**
 * No credentials: a public client that only names itself (RFC 6749 section 3.2.1). The default.
 *
 * @example
 * ```ts
 * import { createClient, none } from 'relier'
 *
 * createClient({ issuer: 'https://login.example.com', clientId: 'spa', authentication: none() })
 * ```
 */
export function none(): ClientAuthentication {
  return ({ body, clientId }) => body.set('client_id', clientId);
}

/**
 * A client secret in the way the server's metadata prefers: in the header
 * (`client_secret_basic`, also where the metadata is silent), or else in the body.
 *
 * @param secret the client secret, as issued.
 * @throws ConfigurationError `invalid_option`; when called upon, `unsupported_by_server` where the
 * server takes neither
 * @see RFC 6749 section 2.3.1, RFC 8414 section 2
 *
 * @example
 * ```ts
 * import { clientSecret, createClient } from 'relier'
 *
 * createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'reports',
 *   authentication: clientSecret('…'),
 * })
 * ```
 */
export function clientSecret(secret: string): ClientAuthentication {
  const basic = clientSecretBasic(secret);
  const post = clientSecretPost(secret);
  return (request) => {
    const { server, endpoint } = request;
    const methods = metadataList(server, `${endpoint}_auth_methods_supported`) ??
      metadataList(server, 'token_endpoint_auth_methods_supported') ?? ['client_secret_basic'];
    if (methods.includes('client_secret_basic')) return basic(request);
    if (methods.includes('client_secret_post')) return post(request);
    throw unsupported(`${endpoint}_auth_methods_supported`);
  };
}

/**
 * A client secret in the `Authorization` header (`client_secret_basic`).
 *
 * @param secret the client secret, as issued.
 * @param options `encoding: 'raw'` for servers that do not form-decode the two halves.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 6749 section 2.3.1
 *
 * @example
 * ```ts
 * import { clientSecretBasic, createClient } from 'relier'
 *
 * createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'reports',
 *   authentication: clientSecretBasic('…', { encoding: 'raw' }),
 * })
 * ```
 */
export function clientSecretBasic(
  secret: string,
  options: ClientSecretBasicOptions = {},
): ClientAuthentication {
  requireOptions(options);
  const { encoding = 'form' } = options;
  requireText(secret, 'secret');
  if (encoding !== 'form' && encoding !== 'raw') {
    throw invalidOption('encoding', "must be 'form' or 'raw'");
  }
  if (encoding === 'raw' && /[^\x20-\x7e]/.test(secret)) {
    throw invalidOption('secret', "holds characters that encoding 'raw' cannot send");
  }
  const encode = encoding === 'form' ? formEncode : (value: string) => value;
  return ({ clientId, headers }) => {
    if (encoding === 'raw' && /[^\x20-\x7e]|:/.test(clientId)) {
      throw invalidOption('clientId', "holds characters that encoding 'raw' cannot send");
    }
    headers.set('authorization', `Basic ${btoa(`${encode(clientId)}:${encode(secret)}`)}`);
  };
}

/**
 * A client secret in the request body (`client_secret_post`), for servers that take it only there.
 *
 * @param secret the client secret, as issued.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 6749 section 2.3.1
 *
 * @example
 * ```ts
 * import { clientSecretPost, createClient } from 'relier'
 *
 * createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'reports',
 *   authentication: clientSecretPost('…'),
 * })
 * ```
 */
export function clientSecretPost(secret: string): ClientAuthentication {
  requireText(secret, 'secret');
  return ({ body, clientId }) => {
    body.set('client_id', clientId);
    body.set('client_secret', secret);
  };
}

/**
 * The certificate of the TLS connection (`tls_client_auth` and `self_signed_tls_client_auth`). The
 * certificate itself belongs to the `fetch` that the client is given, such as that of
 * `createTransport` in `relier/node`; requests go to the server's `mtls_endpoint_aliases` where it
 * has them.
 *
 * @see RFC 8705 sections 2 and 5
 *
 * @example
 * ```ts
 * import { createClient, type Fetch, tlsClientAuth } from 'relier'
 *
 * export const clientWith = (fetchWithCertificate: Fetch) =>
 *   createClient({
 *     issuer: 'https://login.example.com',
 *     clientId: 'reports',
 *     authentication: tlsClientAuth(),
 *     fetch: fetchWithCertificate,
 *   })
 * ```
 */
export function tlsClientAuth(): ClientAuthentication {
  return Object.assign(none(), { mutualTls: true } as const);
}
