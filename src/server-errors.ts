import type { Clock } from './clock.ts';
import {
  type ErrorPhase,
  InteractionRequiredError,
  OAuthResponseError,
  requestFailed,
  TransportError,
} from './errors.ts';

/** The untrusted parts of an OAuth error, as a server put them. */
export interface ServerError {
  readonly error: string;
  readonly error_description?: unknown;
  readonly error_uri?: unknown;
}

/** What an answer is judged by, and all of it that an error may show. */
export interface AnswerContext {
  readonly phase: ErrorPhase;
  /** The URL that answered, without query. */
  readonly url: string;
  /** Values of the request that must not come back to light; servers echo what they are sent. */
  readonly secrets: readonly string[];
  /** Absent where the answer came through the browser. */
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
}

const INTERACTION = /^(?:login|interaction|consent|account_selection)_required$/;
const TRANSIENT = /^(?:server_error|temporarily_unavailable|slow_down)$/;

/**
 * The typed error for an OAuth error answer. Texts are cut to the characters that RFC 6749
 * section 5.2 allows.
 */
export function oauthError(
  { error, error_description, error_uri }: ServerError,
  { phase, retryAfterMs, secrets, status }: AnswerContext,
): OAuthResponseError {
  const name = errorCode(error, secrets);
  const errorDescription = visible(error_description, secrets);
  const errorUri = visible(error_uri, secrets);
  return new (INTERACTION.test(name) ? InteractionRequiredError : OAuthResponseError)(
    `The server answered ${name}${errorDescription && `: ${errorDescription.replace(/[.\s]+$/, '')}`}.`,
    {
      phase,
      retryable: TRANSIENT.test(name) || isTransient(status),
      error: name,
      errorDescription: errorDescription || undefined,
      errorUri: /^https?:/.test(errorUri) ? errorUri : undefined,
      status,
      retryAfterMs,
    },
  );
}

/** An unsuccessful answer that says nothing in OAuth's terms. */
export function statusError({
  phase,
  retryAfterMs,
  status = 0,
  url,
}: Omit<AnswerContext, 'secrets'>): TransportError {
  return new TransportError(requestFailed(url, 'http_status', status), {
    code: 'http_status',
    phase,
    retryable: isTransient(status),
    status,
    retryAfterMs,
  });
}

/** A body that should have been a JSON object: a captive portal, an error page, half a file. */
export function notJson({ phase, status, url }: Omit<AnswerContext, 'secrets'>): TransportError {
  return new TransportError(requestFailed(url, 'response_not_json'), {
    code: 'response_not_json',
    phase,
    retryable: true,
    status,
  });
}

/** Throws where the answer is an OAuth error or no success; a 2xx answer passes. */
export function assertSuccess(
  { headers, ok }: Response,
  body: object | undefined,
  context: AnswerContext,
): void {
  const { error, error_description, error_uri, access_token } = Object(body);
  // Before any WWW-Authenticate header, and at 5xx and 200 too: some servers answer so, and whoever
  // keeps a session alive needs to see invalid_grant whatever stands around it.
  if (typeof error === 'string' && error && !(ok && access_token)) {
    throw oauthError({ error, error_description, error_uri }, context);
  }
  // The protocol core reads the challenge of a refused request.
  if (!ok && !headers.has('www-authenticate')) throw statusError(context);
}

const DAY_MS = 86_400_000;

/** The HTTP facts of an answer. */
export function httpFacts(
  { headers, status }: Response,
  clock: Clock,
): Pick<AnswerContext, 'status' | 'retryAfterMs'> {
  // A number of seconds or a date (RFC 9110 section 10.2.3).
  const value = headers.get('retry-after') ?? '';
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - clock.now();
  return { status, ...(wait >= 0 && { retryAfterMs: Math.min(wait, DAY_MS) }) };
}

/** Whether the same request may be answered with success later. */
export function isTransient(status = 0): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** Short secrets look like words, so a code that is nothing but words is taken at its word. */
function errorCode(error: string, secrets: readonly string[]): string {
  const guarded = /^[a-z_]{3,60}$/.test(error)
    ? secrets.filter(({ length }) => length > 7)
    : secrets;
  return visible(error, guarded) || 'unknown_error';
}

const SEARCHED_LENGTH = 1000;
const SHOWN_LENGTH = 500;
/** A secret that was cut off is found by its beginning, in time that does not depend on it. */
const NEEDLE_LENGTH = 40;

/** A server's text up to the place where a secret begins, however that is written. */
function visible(text: unknown, secrets: readonly string[]): string {
  const whole = allowed(text).slice(0, SEARCHED_LENGTH);
  const needle = (form: string) => form.slice(0, NEEDLE_LENGTH);
  const places = secrets
    .map((secret) => needle(allowed(secret)))
    .map((start) => (start.length > 3 ? whole.indexOf(start) : -1))
    .filter((place) => place >= 0);
  const before = whole.slice(0, Math.min(...places));
  const shown = before.slice(0, SHOWN_LENGTH);
  // Beyond what is shown, because half a secret is not recognized.
  const plain = decoded(before);
  const isEchoed = secrets
    .flatMap((secret) => [secret, base64(secret)])
    .map((form) => needle(decoded(form)))
    .some((start) => start.length > 3 && plain.includes(start));
  if (isEchoed) return '[redacted]';
  return places.length > 0 ? `${shown}[redacted]` : shown;
}

/** A value from the wire, unless it tells a secret back. */
export function withoutSecrets(value: unknown, secrets: readonly string[]): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return visible(text, secrets).endsWith('[redacted]') ? '[redacted]' : value;
}

/** The characters that an error's texts may have (RFC 6749 section 5.2). */
function allowed(text: unknown): string {
  return typeof text === 'string' ? text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '') : '';
}

/** One spelling for the many in which servers and frameworks write a value back. */
function decoded(text: string): string {
  let plain = text.replace(/&(?:amp|#38);/gi, '&');
  for (let times = 0; times < 3; times++) {
    plain = plain.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  }
  // Base64 has two alphabets.
  return allowed(plain).replace(/[+-]/g, ' ').replaceAll('_', '/').toLowerCase();
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text).subarray(0, 60);
  return btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
}

/** `application/x-www-form-urlencoded` of one value, as the platform does it. */
export function formEncode(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}

/** Parameters that are no secret, whatever they hold. */
const PUBLIC_PARAMETERS =
  /^(?:client_id|scope|redirect_uri|resource|audience|prompt|display|max_age|acr_values|ui_locales|claims|response_mode|\w+_(?:type(?:_hint)?|method))$/;

/** Everything in a request that must not come back to light, longest first. */
export function secretsOf({ body, headers }: RequestInit): string[] {
  const secrets: string[] = [];
  if (body instanceof URLSearchParams) {
    for (const [name, value] of body) if (!PUBLIC_PARAMETERS.test(name)) secrets.push(value);
  }
  const sent = new Headers(headers);
  const [scheme, credentials] = sent.get('authorization')?.split(' ') ?? [];
  if (credentials) {
    secrets.push(credentials);
    if (scheme === 'Basic') {
      const password = passwordOf(credentials);
      secrets.push(password, new URLSearchParams(`v=${password}`).get('v') ?? '');
    }
  }
  secrets.push(sent.get('dpop') ?? '');
  // Shorter ones would black out half of the text and so give themselves away. A secret that
  // contains another one has to go first, to be taken out whole.
  return secrets.filter(({ length }) => length > 3).sort((a, b) => b.length - a.length);
}

function passwordOf(credentials: string): string {
  try {
    return atob(credentials).replace(/^[^:]*:/, '');
  } catch {
    // Written by a method of the application, in a way of its own.
    return '';
  }
}
