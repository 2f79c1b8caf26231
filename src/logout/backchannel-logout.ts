import { abortable, requireSignal } from '../abortable.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { guardOf } from '../client/replay-guard.ts';
import type { Clock } from '../clock.ts';
import { isRelierError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { readText } from '../transport.ts';
import {
  type LogoutTokenClaims,
  type LogoutTokenOptions,
  validateLogoutToken,
} from './logout-token.ts';

/** What {@link handleBackchannelLogout} takes besides the request. */
export interface BackchannelLogoutOptions extends LogoutTokenOptions {
  /**
   * Ends the session `sid`, or all sessions of `sub`. To have no such session is no failure; what it
   * throws tells the provider that the sign-out failed. The token counts as used even then.
   */
  readonly endSession: (claims: LogoutTokenClaims) => void | Promise<void>;
}

/**
 * Answers the provider's request to end a session: 200 when it has ended, 400 otherwise, never to be
 * cached. Mount it at the client's `backchannel_logout_uri`.
 *
 * @param client the client whose sessions may end.
 * @param request the provider's POST.
 * @param options `endSession`; `replayGuard`, `signal`.
 * @returns the response to send.
 * @throws ConfigurationError `invalid_option`
 * @see OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8
 *
 * @example
 * ```ts
 * import { type Client, handleBackchannelLogout } from 'relier'
 *
 * const sessions = new Map<string, unknown>()
 *
 * export const logout = (client: Client, request: Request) =>
 *   handleBackchannelLogout(client, request, {
 *     endSession: ({ sid }) => {
 *       if (sid) sessions.delete(sid)
 *     },
 *   })
 * ```
 */
export async function handleBackchannelLogout(
  client: Client,
  request: Request,
  options: BackchannelLogoutOptions,
): Promise<Response> {
  const context = contextOf(client);
  const { endSession, replayGuard, signal } = Object(options) as BackchannelLogoutOptions;
  guardOf(context, replayGuard);
  if (typeof endSession !== 'function') throw invalidOption('endSession', 'must be a function');
  if (signal !== undefined) requireSignal(signal);
  if (!(request instanceof Request) || request.bodyUsed) {
    throw invalidOption('request', 'must be a Request whose body nobody has read');
  }
  const type = request.headers.get('content-type') ?? '';
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type);
  if (request.method !== 'POST' || !isForm) return refusal('invalid_request');

  try {
    const form = await readInTime(request, context.clock, signal);
    const tokens = new URLSearchParams(form).getAll('logout_token');
    const [token] = tokens;
    if (!token || tokens.length > 1) return refusal('invalid_request');
    await endSession(await validateLogoutToken(client, token, options));
    return new Response(null, { status: 200, headers });
  } catch (error) {
    // The provider learns what kind of failure it was and no more; the trace has the check.
    return refusal(isRelierError(error) ? error.code : 'logout_failed');
  }
}

/** Anybody may call here, and begin a body that never ends. */
const BODY_TIME_MS = 10_000;

async function readInTime(
  request: Request,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const late = new AbortController();
  const stopTimer = clock.setTimer(() => late.abort(), BODY_TIME_MS);
  try {
    const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
    return await abortable(() => readText(request), either, 'validation');
  } finally {
    stopTimer();
  }
}

const headers = { 'cache-control': 'no-store' };

function refusal(error: string): Response {
  return Response.json({ error }, { status: 400, headers });
}
