import { generateRandomState } from 'oauth4webapi';
import { abortable, requireSignal } from '../abortable.ts';
import {
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
} from '../authorization/authorization-request.ts';
import { visibleParameters } from '../authorization/response-parameters.ts';
import { contextOf } from '../client/create-client.ts';
import { LONGEST_TIMER_MS } from '../clock.ts';
import { isRelierError, type StepUpDetails, withoutRetry } from '../errors.ts';
import { type AuthorizationResult, finishAuthorization } from '../flows/authorization-code.ts';
import { createLogoutRequest, type LogoutRequestOptions } from '../logout/logout-request.ts';
import { invalidOption, requireOptions, requireRedirectUri } from '../options.ts';
import { createSession, type Session, type SessionOptions } from '../session/create-session.ts';
import type { SignedOut } from '../session/engine.ts';
import { requireStepUp } from '../session/step-up.ts';
import type { Renew } from '../session/token-source.ts';
import type { SessionStore } from '../storage/session-store.ts';
import { transactionStore } from '../storage/transaction-store.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { indexedDbStore } from './indexed-db-store.ts';
import {
  type Journey,
  type JourneyOptions,
  type SignInMethod,
  type SignOutMethod,
  type SilentMethod,
  type Way,
  wayOf,
} from './journey.ts';
import { pageFetch } from './page-fetch.ts';
import { pageLifecycle } from './page-lifecycle.ts';
import { redirect } from './redirect.ts';
import { redirectAnswer } from './redirect-answer.ts';
import { ownPath, requireReturnTo } from './return-to.ts';
import type { SignInResult } from './sign-in-result.ts';

/** What a sign-in can ask the provider for. */
export type SignInParameters = Omit<
  AuthorizationRequestOptions,
  'appState' | 'redirectUri' | 'responseMode' | 'signal'
>;

/** What {@link createBrowserSession} takes. */
export interface BrowserSessionOptions
  extends Pick<SessionOptions, 'client' | 'isSessionEnded' | 'name' | 'random' | 'resources'> {
  /**
   * The page of this application that the provider sends the person back to; registered there. A page
   * of its own, because parameters that look like an answer are taken for one.
   */
  readonly redirectUri: string;
  /** The page that the provider sends the person to after a sign-out; registered there. */
  readonly postLogoutRedirectUri?: string | undefined;
  /**
   * What every sign-in asks for: `scope`, `resource` and so on.
   * @default { scope: 'openid' }
   */
  readonly authorization?: SignInParameters | undefined;
  /**
   * Where the session is kept. All tabs that share the store share the session.
   * @default indexedDbStore()
   */
  readonly store?: SessionStore | undefined;
  /**
   * Where sign-ins by redirect are kept until the answer comes.
   * @default indexedDbStore()
   */
  readonly transactions?: SessionStore | undefined;
  /**
   * Gets new tokens in place of a refresh token: `silent()`, or a function of your own.
   * @default by refresh token
   */
  readonly renew?: SilentMethod | Renew | undefined;
}

/** What {@link BrowserSession.signIn} takes. */
export interface SignInOptions<Result> extends SignInParameters {
  /**
   * How the person gets to the provider and back: `redirect()`, `popup()`, `silent()`.
   * @default redirect()
   */
  readonly via?: SignInMethod<Result> | undefined;
  /** Anything JSON can hold; comes back with the result. */
  readonly appState?: unknown;
  /** Where the application goes on afterwards: a path of this origin. Comes back, checked. */
  readonly returnTo?: string | undefined;
  /**
   * What an API has asked for: the error that `fetch` threw. Sets `acrValues` and `maxAge`, and takes
   * the answer only if it is the same person's and what was asked for (RFC 9470).
   */
  readonly stepUp?: StepUpDetails | undefined;
  /** Gives up, and closes what was opened. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link BrowserSession.signOut} takes. */
export interface SignOutOptions extends Omit<LogoutRequestOptions, 'idTokenHint' | 'state'> {
  /** Signs out at the provider as well: `redirect()` or `popup()`. */
  readonly via?: SignOutMethod | undefined;
}

/** A person's session in a page. */
export interface BrowserSession extends Omit<Session, 'signOut'> {
  /**
   * Signs a person in. `popup()` needs the very click. By redirect the page ends here.
   *
   * @throws PopupBlockedError, PopupClosedError, TimeoutError; InteractionRequiredError with
   * `silent()`; TransportError `aborted`; everything that `createAuthorizationRequest`,
   * `handleAuthorizationResponse` and `establish` throw
   */
  signIn<Result = null>(options?: SignInOptions<Result>): Promise<Result>;
  /**
   * Goes on after a sign-in by redirect, if this page was called with its answer. The address is
   * clean when the call returns; the result comes when the session has the person. `null` on any
   * other page, and where the answer has been used before: by a reload, the back button, another
   * tab.
   *
   * @throws everything that `handleAuthorizationResponse` and `establish` throw
   */
  handleRedirect(url?: string | URL): Promise<SignInResult | null>;
  /**
   * Ends the session here, in all tabs, and at the provider if there is a `via`. A window that the
   * person closes before it is back changes nothing here.
   *
   * @throws what `Session.signOut` and `createLogoutRequest` throw; PopupBlockedError, TimeoutError.
   * A wrong option ends nothing, nor does an abort before the session has ended; everything that
   * fails later finds it ended.
   */
  signOut(options?: SignOutOptions): Promise<SignedOut>;
}

/**
 * A session in a page: signs people in by redirect, popup or a hidden frame, and keeps them signed
 * in, across tabs and reloads. May be made anywhere (on a server, in a test): it touches nothing of
 * the page until it is used.
 *
 * @param options `client` and `redirectUri`; `authorization` for what every sign-in asks for,
 * `resources` for `fetch`.
 * @returns the session. Nothing is read or sent until it is used.
 * @throws ConfigurationError `invalid_option`, `insecure_url`
 * @see RFC 6749 section 4.1, RFC 7636, OAuth 2.0 for Browser-Based Applications (draft)
 *
 * @example
 * ```ts
 * import { createClient } from 'relier'
 * import { createBrowserSession } from 'relier/browser'
 *
 * export const session = createBrowserSession({
 *   client: createClient({ issuer: 'https://login.example.com', clientId: 'my-app' }),
 *   redirectUri: `${location.origin}/callback`,
 *   authorization: { scope: 'openid profile' },
 *   resources: [{ url: 'https://api.example.com' }],
 * })
 *
 * const result = await session.handleRedirect()
 * if (result) history.replaceState(null, '', result.returnTo ?? '/')
 * await session.restore()
 * // in a click: await session.signIn({ returnTo: location.pathname })
 * ```
 */
export function createBrowserSession(options: BrowserSessionOptions): BrowserSession {
  requireOptions(options);
  const { authorization = {}, client, name = 'default', postLogoutRedirectUri } = options;
  const context = contextOf(client);
  const { clientId, clock, issuer, timeoutMs } = context;
  const redirectUri = requireRedirectUri(options.redirectUri, 'redirectUri');
  requireOptions(authorization, 'authorization');
  const closing = new AbortController();
  /** Ends the sign-ins that are on their way. */
  let coming = new AbortController();

  /** One journey from its first step to what came of it, with nothing left open. */
  async function travel<T>(
    way: Way,
    answersAt: JourneyOptions['answersAt'],
    signals: readonly (AbortSignal | undefined)[],
    work: (journey: Journey, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const given = signals.filter((signal) => (signal ?? undefined) !== undefined);
    const either = AbortSignal.any([...given.map(requireSignal), closing.signal]);
    const run = async () => {
      const started = way.begin({ clock, answersAt, signal: either });
      const journey = started instanceof Promise ? await started : started;
      try {
        return await work(journey, either);
      } finally {
        journey.end();
      }
    };
    return abortable(run, either, 'authorization');
  }

  /** Gets tokens; `null` if the answer arrives elsewhere. */
  function authorize(
    way: Way,
    asked: SignInParameters & Pick<AuthorizationRequestOptions, 'appState'>,
    given: AbortSignal | undefined,
  ): Promise<AuthorizationResult | null> {
    return travel(way, { redirectUri }, [given, coming.signal], async (journey, signal) => {
      const request = {
        ...authorization,
        // What is not said is not to take the place of what every sign-in asks for.
        ...withoutUndefined(asked),
        ...journey.parameters,
        ...{ redirectUri, signal },
      };
      const { transaction, url } = await createAuthorizationRequest(client, request);
      if (way.isLeaving) await pending.save(transaction);
      const response = await journey.go(url, transaction.state);
      if (!response) return null;
      return finishAuthorization(context, transaction, visibleParameters(response), signal);
    });
  }

  async function finish({ appState: wrapped, tokens }: AuthorizationResult): Promise<SignInResult> {
    const { appState, returnTo, stepUp, sub } = Object(wrapped);
    try {
      await session.establish(tokens, { stepUp, sub });
    } catch (error) {
      // The code is used up.
      throw withoutRetry(error);
    }
    return Object.freeze({ status: 'signedIn', appState, returnTo: ownPath(returnTo) });
  }

  const { renew } = options;
  const isWay = renew !== undefined && typeof renew !== 'function';
  // Whole milliseconds, as platforms take them.
  const longestMs = Math.min(Math.ceil(timeoutMs), LONGEST_TIMER_MS);
  const renewal = isWay ? wayOf(renew, 'renew', ({ isSilent }) => !!isSilent) : undefined;
  const session = createSession({
    client,
    name,
    store: options.store ?? indexedDbStore(),
    resources: options.resources,
    isSessionEnded: options.isSessionEnded,
    random: options.random,
    lifecycle: pageLifecycle(),
    renew: renewal
      ? async ({ idToken, resource, scope }) => {
          const asked = { idTokenHint: idToken, resource, scope };
          const result = await authorize(renewal, asked, AbortSignal.timeout(longestMs));
          return (result as AuthorizationResult).tokens;
        }
      : (renew as Renew | undefined),
  });
  const pending = transactionStore(options.transactions ?? indexedDbStore(), {
    name: [issuer, clientId, name].join('\n'),
    clock,
    rememberTaken: true,
  });
  const answered = redirectAnswer(context, pending, redirectUri);
  /** Whoever is on the way in when the person leaves does not arrive. */
  const leave = () => {
    coming.abort();
    coming = new AbortController();
    return session.signOut();
  };
  let underway: Promise<SignInResult | null> | undefined;
  /** The address with the answer that is underway. */
  let arrived: string | undefined;

  return Object.freeze({
    ...session,
    fetch: pageFetch(session.fetch),
    async signIn<Result>(asked: SignInOptions<Result> = {}) {
      requireOptions(asked);
      const { appState, returnTo, signal, stepUp: demand, via = redirect(), ...parameters } = asked;
      const stepUp = requireStepUp(demand);
      if (/^(?:function|symbol)$/.test(typeof appState)) {
        throw invalidOption('appState', 'cannot be written as JSON');
      }
      // Whoever comes back goes on with what this person has begun.
      const sub = stepUp && session.current().claims?.sub;
      const wrapped = { appState, returnTo: requireReturnTo(returnTo), stepUp, sub };
      const request = { ...parameters, ...stepUp, appState: wrapped };
      const result = await authorize(wayOf(via, 'via'), request, signal);
      return (result && (await finish(result))) as Result;
    },
    async handleRedirect(url: string | URL = location.href) {
      // A page may ask twice while the first answer is still on its way, by the same address or the
      // clean one.
      if (underway && String(url) === arrived) return underway;
      const answer = answered(url, coming.signal);
      if (answer !== undefined) {
        arrived = String(url);
        const done = answer.then(async (result) => (result ? finish(result) : null));
        const own = done.finally(() => {
          if (underway === own) underway = undefined;
        });
        underway = own;
      }
      return underway ?? null;
    },
    async signOut(asked: SignOutOptions = {}) {
      requireOptions(asked);
      const { signal, via, ...given } = asked;
      if (!via) return leave();
      const request = { postLogoutRedirectUri, ...withoutUndefined(given) };
      const way = wayOf(via, 'via', ({ isSilent }) => !isSilent);
      const answersAt = { postLogoutRedirectUri: request.postLogoutRedirectUri };
      return travel(way, answersAt, [signal], async (journey, signal) => {
        const state = generateRandomState();
        const ask = (idTokenHint?: string) =>
          createLogoutRequest(client, {
            ...request,
            ...(!way.isLeaving && { state }),
            ...(idTokenHint !== undefined && { idTokenHint }),
            signal,
          });
        // What cannot work or was given up ends nothing; who is offline signs out here all the same.
        await ask().catch((error) => {
          const isWrong = isRelierError(error) && error.phase === 'configuration';
          if (isWrong || signal.aborted) throw error;
        });
        const signedOut = await leave();
        const { url } = await ask(signedOut.idTokenHint);
        await journey.go(url, state).catch((error) => {
          if (error?.code !== 'popup_closed') throw error;
        });
        return signedOut;
      });
    },
    close() {
      closing.abort();
      coming.abort();
      session.close();
    },
  });
}
