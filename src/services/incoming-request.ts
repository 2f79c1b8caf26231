import { checkFailed } from '../checks.ts';
import { invalidOption } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import { type PresentedToken, readAuthorization } from '../tokens/presented-token.ts';

/** What `node:http` and the frameworks on it hand to a handler, as far as it is looked at. */
export interface NodeRequest {
  /** Such as `GET`. */
  readonly method?: string | undefined;
  /** The target, with its query. */
  readonly url?: string | undefined;
  /** Where a router has cut off the beginning of `url`, as Express does. */
  readonly originalUrl?: string | undefined;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The same, each as often as it came. */
  readonly headersDistinct?: Readonly<Record<string, readonly string[] | undefined>> | undefined;
}

/** A token, or a request with or without one, in whatever form it came in. */
export interface Incoming {
  /** How the token came, good or bad; absent where there is none. */
  readonly scheme: 'Bearer' | 'DPoP' | undefined;
  /** Whether a token that is bound to a key can be taken here: its proof is made for a URL. */
  readonly takesDpop: boolean;
  /** Reads the token. */
  presented(): PresentedToken;
}

/** Reads what came in. `baseUrl` stands in for what a request says of scheme, host and path's start. */
export function incoming(
  request: string | Request | NodeRequest,
  baseUrl: string | undefined,
): Incoming {
  if (typeof request === 'string') return bareToken(request);
  const { headers, method = 'GET', url = '/' } = Object(request) as Request | NodeRequest;
  if (typeof headers !== 'object' || headers === null) {
    throw invalidOption('request', 'must be a token, a Request or an IncomingMessage');
  }
  if (isHeaders(headers)) {
    const address = () => (baseUrl === undefined ? url : baseUrl + pathOf(url));
    return withHeaders((name) => headers.get(name) ?? '', method, address);
  }
  const { headersDistinct, originalUrl = url } = request as NodeRequest;
  // Node keeps the first of several, where a second one is what somebody has added.
  const header = (name: string) => [headersDistinct?.[name] ?? headers[name] ?? []].flat().join();
  // Its scheme is not known, and its Host header says whatever the client wants.
  const address = baseUrl === undefined ? undefined : () => baseUrl + pathOf(originalUrl);
  return withHeaders(header, method, address);
}

function bareToken(accessToken: string): Incoming {
  return {
    scheme: accessToken ? 'Bearer' : undefined,
    takesDpop: false,
    presented() {
      if (!accessToken) throw checkFailed('access_token', 'authorization');
      return { accessToken };
    },
  };
}

function withHeaders(
  header: (name: string) => string,
  method: string,
  url: (() => string) | undefined,
): Incoming {
  const authorization = header('authorization');
  const [scheme] = /^(?:bearer|dpop)(?= |$)/i.exec(authorization) ?? [];
  return {
    scheme: scheme === undefined ? undefined : scheme.length === 4 ? 'DPoP' : 'Bearer',
    takesDpop: url !== undefined,
    presented() {
      const { accessToken, isDpop } = readAuthorization(authorization);
      if (!isDpop) return { accessToken };
      if (!url) throw invalidOption('baseUrl', 'is needed to check proofs of possession');
      return { accessToken, proof: { jwt: header('dpop'), method, url: url() } };
    },
  };
}

function isHeaders(headers: unknown): headers is Headers {
  return typeof (headers as Headers).get === 'function';
}

/** A request's target is a path, even one that begins with two slashes, or a whole URL. */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  const { pathname = '' } = parseUrl(target) ?? {};
  // That of `data:.example` is no path, and would go on with the name of the host.
  return pathname.startsWith('/') ? pathname : '';
}
