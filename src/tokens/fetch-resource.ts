import {
  allowInsecureRequests,
  customFetch,
  protectedResourceRequest,
  type WWWAuthenticateChallenge,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import { type RequestOptions, serverOf } from '../client/call-endpoint.ts';
import type { Proof } from '../client/capability.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { invalidOption, requireOptions, requireToken } from '../options.ts';
import { mapped } from '../protocol-errors.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';
import { assertOwn, isBound } from './own-tokens.ts';
import type { TokenSet } from './token-set.ts';

/** What {@link fetchResource} takes besides the tokens and the URL. */
export interface ResourceRequestOptions extends RequestOptions {
  /**
   * The HTTP method, as it goes to the wire.
   * @default 'GET'
   */
  readonly method?: string | undefined;
  /** Without `authorization`, which is ours. */
  readonly headers?: Headers | Readonly<Record<string, string>> | undefined;
  /** A stream is sent once; a request that would have to be sent again then is not. */
  readonly body?: RequestInit['body'] | undefined;
  /** What else the platform's `fetch` takes, such as `credentials` or `keepalive`. */
  readonly init?: Omit<RequestInit, 'method' | 'headers' | 'body' | 'signal' | 'redirect'>;
}

/**
 * Sends one request to an API with an access token: as a bearer token, or with a proof of the key
 * that it is bound to. The URL is the caller's: nothing follows a redirect with a token.
 *
 * @param client the client that the tokens were issued to.
 * @param tokens the tokens of the sign-in.
 * @param url the absolute URL of the API; https, or http to this machine where the client allows.
 * @param options `method`, `headers`, `body`, `signal`.
 * @returns the API's answer, whatever its status, with the body unread.
 * @throws ConfigurationError `invalid_option`, `insecure_url`, `unsupported_by_server`;
 * TransportError; TimeoutError `timeout` (until the headers have arrived); ValidationError
 * `invalid_resource_response` (an unusable nonce), `invalid_metadata`
 * @see RFC 6750 section 2.1, RFC 9449 section 7
 *
 * @example
 * ```ts
 * import { type Client, fetchResource, type TokenSet } from 'relier'
 *
 * export async function orders(client: Client, tokens: TokenSet) {
 *   const response = await fetchResource(client, tokens, 'https://api.example.com/orders')
 *   return response.json()
 * }
 * ```
 */
export async function fetchResource(
  client: Client,
  tokens: Pick<TokenSet, 'accessToken'> & Partial<Pick<TokenSet, 'keyThumbprint' | 'tokenType'>>,
  url: string | URL,
  options: ResourceRequestOptions = {},
): Promise<Response> {
  const target = parseUrl(`${url}`);
  if (!target || target.username || target.password) {
    throw invalidOption('url', 'must be an absolute URL without credentials');
  }
  return (await askResource(client, tokens, target, options)).response;
}

/** An API's answer, and why it refuses the request if it does. */
export interface ResourceAnswer {
  readonly response: Response;
  /** The challenges of a `WWW-Authenticate` header that keeps to RFC 9110. Untrusted text. */
  readonly challenges: readonly WWWAuthenticateChallenge[];
}

/** The same for a URL without credentials, with the challenges as the protocol core has read them. */
export async function askResource(
  client: Client,
  tokens: Parameters<typeof fetchResource>[1],
  target: URL,
  options: ResourceRequestOptions,
): Promise<ResourceAnswer> {
  const context = contextOf(client);
  const { allowLoopback, clock, dpop, trace, transport } = context;
  requireOptions(tokens, 'tokens');
  requireOptions(options);
  const { body, method = 'GET', signal } = options;
  const accessToken = requireToken(tokens.accessToken, 'accessToken');
  assertSecureUrl(target, allowLoopback, 'url');
  if (!/^[A-Z]+$/i.test(method) || /^(?:CONNECT|TRACE|TRACK)$/i.test(method)) {
    throw invalidOption('method', 'cannot be sent');
  }
  if (body && /^(?:GET|HEAD)$/i.test(method))
    throw invalidOption('body', `cannot go with ${method}`);
  const headers = headersOf(options.headers);
  await assertOwn(context, tokens);
  const subject = 'resource_response';
  const phase = 'transport';
  // Those of Node are none of the platform's, and sent once all the same.
  const isStream = body instanceof ReadableStream || Symbol.asyncIterator in Object(body);

  const send = async (proof?: Proof): Promise<ResourceAnswer> => {
    const http = {
      [allowInsecureRequests]: allowLoopback,
      [customFetch]: async (address: string, init: object) => {
        // Browsers and Node send no stream without being told so.
        const sent = { ...options.init, ...init, ...(isStream && { duplex: 'half' }) };
        const call = { phase, signal, isStreamed: true } as const;
        const { response } = await transport(address, sent, call);
        return proof ? proof.received(response) : response;
      },
      ...(proof && { DPoP: proof.handle }),
    };
    const content = body as string;
    const response = await protectedResourceRequest(
      accessToken,
      method,
      target,
      headers,
      content,
      http,
    );
    return { response, challenges: [] };
  };
  const prove = async () => {
    if (!isBound(tokens) || !dpop) return send();
    const server = await serverOf(context, signal);
    const call = { server, role: 'resource', subject, phase, clock, trace } as const;
    return dpop.prove({ ...call, isUnrepeatable: isStream }, send);
  };
  const told = { phase, secrets: [accessToken], url: target.origin } as const;
  return mapped(subject, told, () => prove().catch(answerOf));
}

function headersOf(given: ResourceRequestOptions['headers']): Headers {
  let headers: Headers;
  try {
    headers = new Headers(given);
  } catch {
    // The platform's message shows the value.
    throw invalidOption('headers', 'holds a field that cannot be sent');
  }
  for (const name of ['authorization', 'dpop', 'host']) {
    if (headers.has(name)) throw invalidOption('headers', `may not hold ${name}`);
  }
  return headers;
}

/** A challenge is an answer like any other to whoever asked. */
function answerOf(error: unknown): ResourceAnswer {
  if (!(error instanceof WWWAuthenticateChallengeError)) throw error;
  return { response: error.response, challenges: error.cause };
}
