import { abortable } from '../abortable.ts';
import {
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
} from '../authorization/authorization-request.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { handleAuthorizationResponse } from '../flows/authorization-code.ts';
import {
  invalidOption,
  requireAmount,
  requireFunctions,
  requireOptions,
  requireText,
} from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { type CallbackTexts, callbackPages } from './callback-page.ts';
import { awaitAnswer } from './loopback-answer.ts';
import { type LoopbackHost, listenOnLoopback } from './loopback-listener.ts';
import { openBrowser, requireOpenable } from './open-browser.ts';

/** What {@link signInWithLoopback} takes. */
export interface LoopbackSignInOptions
  extends Omit<AuthorizationRequestOptions, 'redirectUri' | 'responseMode' | 'appState'> {
  /**
   * The port to listen at: 0 for any free one, or those that are registered, in the order in which
   * to try them.
   * @default 0
   */
  readonly port?: number | readonly number[] | undefined;
  /**
   * How the redirect URI names this machine. RFC 8252 wants the address; `localhost` is for
   * providers that take nothing else.
   * @default '127.0.0.1'
   */
  readonly host?: LoopbackHost | undefined;
  /**
   * The path of the redirect URI.
   * @default '/callback'
   */
  readonly path?: string | undefined;
  /**
   * How the answer comes back: in the address, or as a form.
   * @default 'query', or 'form_post' where the answer holds tokens
   */
  readonly responseMode?: 'query' | 'form_post' | undefined;
  /**
   * Opens the person's browser. The answer may come before it has returned.
   * @default the `openBrowser` of `relier/node`
   */
  readonly openBrowser?: ((url: URL) => void | Promise<void>) | undefined;
  /**
   * Shows the person the address, where no browser could be opened. Without it, that ends the
   * sign-in.
   */
  readonly withoutBrowser?: ((url: URL, reason: unknown) => void | Promise<void>) | undefined;
  /**
   * How long the person may take, in milliseconds.
   * @default 300_000
   */
  readonly timeoutMs?: number | undefined;
  /** What the browser shows at the end. */
  readonly texts?: CallbackTexts | undefined;
}

/**
 * Signs a person in with the browser of this machine, which comes back to a server on the loopback
 * interface. The server sends everybody else away, settles for no answer but the one with this
 * sign-in's `state`, and is gone, with all its sockets, when the promise settles.
 *
 * @param client the client; a native one has no secret.
 * @param options all of `createAuthorizationRequest` but the redirect URI, which is
 * `http://{host}:{port}{path}`; `openBrowser`, `withoutBrowser`; `timeoutMs`, `signal`, `texts`. What
 * `openBrowser` and `withoutBrowser` throw is passed on as it is.
 * @returns the tokens, every check passed.
 * @throws what `createAuthorizationRequest` and `handleAuthorizationResponse` do (OAuthResponseError
 * `oauth_error` with `error: 'access_denied'` where the person says no); TransportError
 * `listen_failed`, `browser_unavailable`, `aborted`; TimeoutError `timeout`; ConfigurationError
 * `invalid_option`, `insecure_url`
 * @see RFC 8252 sections 7.3, 8.3
 *
 * @example
 * ```ts
 * import { createClient } from 'relier'
 * import { signInWithLoopback } from 'relier/node'
 *
 * const client = createClient({ issuer: 'https://login.example.com', clientId: 'my-app' })
 * const tokens = await signInWithLoopback(client, {
 *   scope: 'openid offline_access',
 *   withoutBrowser: (url) => console.error(`Open ${url} in a browser of this machine.`),
 * })
 * console.log(`Signed in as ${tokens.claims?.sub}`)
 * ```
 */
export async function signInWithLoopback(
  client: Client,
  options: LoopbackSignInOptions = {},
): Promise<TokenSet> {
  const { clock } = contextOf(client);
  requireOptions(options);
  requireFunctions(options, ['openBrowser', 'withoutBrowser']);
  const {
    host,
    openBrowser: open = openBrowser,
    path,
    port,
    texts,
    timeoutMs,
    withoutBrowser,
    ...asked
  } = options;
  const { signal } = asked;
  const place = requirePlace(host, port, path);
  const responseMode = requireMode(asked);
  const pages = callbackPages(texts);
  const waitMs = requireAmount(timeoutMs ?? 300_000, 'timeoutMs');
  await abortable(async () => {}, signal, 'authorization');

  const listener = await listenOnLoopback(place.host, place.ports);
  const over = new AbortController();
  const ended = over.signal;
  try {
    const redirectUri = listener.origin + place.path;
    const { transaction, url } = await createAuthorizationRequest(client, {
      ...asked,
      responseMode,
      redirectUri,
    });
    const address = requireOpenable(url, 'authorization_endpoint');
    let isBack = false;
    const launch = async () => {
      try {
        await open(address);
      } catch (reason) {
        // A browser that ends with an error may have done its work before.
        if (isBack || ended.aborted) return;
        if (!withoutBrowser) throw reason;
        await withoutBrowser(address, reason);
      }
    };
    const waiting = () => {
      const answered = awaitAnswer(
        { clock, ended, listener, pages, transaction, waitMs },
        (lookup, response) => {
          const noticed = (state: string) => {
            const found = lookup(state);
            isBack ||= found !== undefined;
            return found;
          };
          return handleAuthorizationResponse(client, noticed, response, { signal });
        },
      );
      // What becomes of the browser matters only while nobody has come back: from then on a code is
      // being spent, and its tokens would be lost.
      const launched = launch().catch((reason) => {
        if (!isBack) throw reason;
      });
      return Promise.race([answered, launched.then(() => answered)]);
    };
    const { tokens } = await abortable(waiting, signal, 'authorization');
    return tokens;
  } finally {
    over.abort();
    await listener.close();
  }
}

interface Place {
  readonly host: LoopbackHost;
  readonly ports: readonly number[];
  readonly path: string;
}

function requirePlace(
  host: LoopbackHost = '127.0.0.1',
  port: number | readonly number[] = 0,
  path = '/callback',
): Place {
  if (!/^(?:127\.0\.0\.1|\[::1\]|localhost)$/.test(requireText(host, 'host'))) {
    throw invalidOption('host', 'must be 127.0.0.1, [::1] or localhost');
  }
  const ports = [port].flat() as number[];
  if (!ports.length || !ports.every((one) => Number.isInteger(one) && one >= 0 && one < 65_536)) {
    throw invalidOption('port', 'must be a port, or a list of them');
  }
  if (
    !/^\/[\w.\-~/]*$/.test(requireText(path, 'path')) ||
    parseUrl(`http://a${path}`)?.pathname !== path
  ) {
    throw invalidOption('path', 'must be the path of a URL');
  }
  return { host, ports, path };
}

/** A fragment stays in the browser. */
function requireMode({ responseMode, responseType = 'code' }: LoopbackSignInOptions) {
  const mode = responseMode ?? (responseType === 'code' ? undefined : 'form_post');
  if (mode && !/^(?:query|form_post)$/.test(mode)) {
    throw invalidOption('responseMode', 'does not reach a loopback server');
  }
  return mode;
}
