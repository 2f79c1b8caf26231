import { abortable } from '../abortable.ts';
import { checksOf } from '../checks.ts';
import { type RequestOptions, serverOf } from '../client/call-endpoint.ts';
import { coreClient } from '../client/core-client.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { guardOf, type ReplayGuard } from '../client/replay-guard.ts';
import { requireOptions, requireText } from '../options.ts';
import { verifyJwt } from '../tokens/verify-jwt.ts';

/** The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4). */
export interface LogoutTokenClaims {
  /** The issuer. */
  readonly iss: string;
  /** When it was issued, in seconds since the epoch. */
  readonly iat: number;
  /** When it lapses, in seconds since the epoch. */
  readonly exp: number;
  /** Its identifier. */
  readonly jti: string;
  /** Whose sessions end, where `sid` does not say which one. */
  readonly sub?: string;
  /** The session that ends. */
  readonly sid?: string;
  /** Claims of this provider's own. */
  readonly [claim: string]: unknown;
}

/** What {@link validateLogoutToken} takes besides the token. */
export interface LogoutTokenOptions extends RequestOptions {
  /** @default one in memory, for this client in this process */
  readonly replayGuard?: ReplayGuard | undefined;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** A logout token is sent when it is made; an old one is a copy. */
const MAX_AGE_SECONDS = 300;

/**
 * Checks a logout token: signature, issuer, audience, times, the event, that it names a session or a
 * person, that it is no ID token, and that it was not used before.
 *
 * @param client the client whose sessions may end.
 * @param token the `logout_token` that the provider sent.
 * @param options `replayGuard`, whose failures are passed on as they are; `signal`.
 * @returns the claims: end the session `sid`, or all sessions of `sub`.
 * @throws ValidationError `invalid_logout_token`, `invalid_metadata`, `invalid_keys`;
 * ConfigurationError `invalid_option`, `insecure_url`, `unsupported_by_server`; TransportError;
 * TimeoutError `timeout`
 * @see OpenID Connect Back-Channel Logout 1.0 section 2.6
 *
 * @example
 * ```ts
 * import { type Client, validateLogoutToken } from 'relier'
 *
 * export async function sessionToEnd(client: Client, form: URLSearchParams) {
 *   const { sid, sub } = await validateLogoutToken(client, form.get('logout_token') ?? '')
 *   return { sid, sub }
 * }
 * ```
 */
export async function validateLogoutToken(
  client: Client,
  token: string,
  options: LogoutTokenOptions = {},
): Promise<LogoutTokenClaims> {
  const context = contextOf(client);
  requireText(token, 'token');
  requireOptions(options);
  const { signal } = options;
  const guard = guardOf(context, options.replayGuard);
  const { clientId, clock, clockToleranceSeconds, trace } = context;
  const server = await serverOf(context, signal);
  const subject = 'logout_token';
  const { claims, header } = await abortable(
    () =>
      verifyJwt(context, subject, token, {
        algorithms: [coreClient(context, server).id_token_signed_response_alg as string],
        audience: clientId,
        requiredClaims: ['iat', 'exp', 'jti'],
      }),
    signal,
    'validation',
  );
  const check = checksOf(subject, trace);
  const { events, exp = 0, iat = 0, jti, nonce, sid, sub } = claims;
  const isAbsentOr = (value: unknown) => value === undefined || isText(value);
  check('typ', /^(?:application\/)?(?:logout\+)?jwt$/i.test(header.typ ?? 'jwt'));
  const oldest = clock.now() / 1000 - MAX_AGE_SECONDS - clockToleranceSeconds;
  check('iat', iat >= oldest && iat <= clock.now() / 1000 + clockToleranceSeconds, undefined, iat);
  check('jti', isText(jti));
  const event = Object(events)[EVENT];
  check('events', typeof event === 'object' && event !== null && !Array.isArray(event));
  // What has a nonce is an ID token that somebody tries to pass off.
  check('nonce', nonce === undefined);
  check('sub', isAbsentOr(sub));
  check('sid', isAbsentOr(sid) && (sub ?? sid) !== undefined);
  // For as long as it would be taken, and a little more for a clock that is set back.
  const until = Math.min(exp, iat + MAX_AGE_SECONDS) + clockToleranceSeconds + 60;
  const id = `logout ${context.issuer} ${clientId} ${jti}`;
  // A time in a token may have a fraction, which stores that expire something do not take.
  check('replay', (await guard.isNew(id, Math.ceil(until * 1000))) === true);
  return Object.freeze(claims) as LogoutTokenClaims;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
