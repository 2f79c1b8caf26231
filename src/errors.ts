import { withoutUndefined } from './without-undefined.ts';

/**
 * The step of a protocol exchange in which something failed.
 */
export type ErrorPhase =
  | 'configuration'
  | 'discovery'
  | 'authorization'
  | 'token'
  | 'validation'
  | 'storage'
  | 'transport'
  | 'session'
  | 'management';

/** Codes of {@link ConfigurationError}: the caller's mistakes, found before anything is sent. */
export type ConfigurationErrorCode =
  | 'invalid_option'
  | 'insecure_url'
  | 'reserved_parameter'
  | 'invalid_transaction'
  | 'unsupported_by_server';

/** Codes of {@link TransportError}: no usable HTTP answer arrived. */
export type TransportErrorCode =
  | 'network_error'
  | 'http_status'
  | 'redirect_refused'
  | 'response_too_large'
  | 'response_not_json'
  | 'refresh_postponed'
  | 'listen_failed'
  | 'browser_unavailable'
  | 'aborted';

/** Codes of {@link ValidationError}: an answer arrived and failed a check. */
export type ValidationErrorCode =
  | 'invalid_metadata'
  | 'invalid_keys'
  | 'invalid_authorization_response'
  | 'transaction_not_found'
  | 'transaction_expired'
  | 'invalid_token_response'
  | 'invalid_id_token'
  | 'invalid_userinfo'
  | 'invalid_introspection'
  | 'invalid_pushed_authorization_response'
  | 'invalid_resource_response'
  | 'invalid_login_initiation'
  | 'invalid_device_authorization_response'
  | 'invalid_backchannel_authentication_response'
  | 'invalid_logout_token'
  | 'invalid_access_token'
  | 'invalid_registration_response'
  | 'invalid_resource_metadata'
  | 'invalid_management_response';

/** Codes of {@link StorageError}: a store could not do what was asked of it. */
export type StorageErrorCode =
  | 'storage_failed'
  | 'storage_unsafe'
  | 'record_unreadable'
  | 'keyring_unavailable'
  | 'lock_timeout';

/**
 * Every stable error code. Each one has an entry in `docs/errors.md` that says what to do about it.
 */
export type ErrorCode =
  | ConfigurationErrorCode
  | TransportErrorCode
  | ValidationErrorCode
  | StorageErrorCode
  | 'timeout'
  | 'oauth_error'
  | 'interaction_required'
  | 'step_up_required'
  | 'step_up_failed'
  | 'popup_blocked'
  | 'popup_closed'
  | 'management_error';

/** Members that every relier error carries. */
export interface RelierErrorDetails {
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  readonly code: ErrorCode;
  /** The step that failed. */
  readonly phase: ErrorPhase;
  /** Whether doing the same again later can succeed. */
  readonly retryable: boolean;
}

/**
 * The base of all errors that relier throws. Neither the message, nor any member, nor `toJSON()`
 * ever holds a token, a secret or a server's raw answer, so an error may be logged as it is.
 *
 * @example
 * ```ts
 * import { clientCredentialsGrant, clientSecret, createClient, isRelierError } from 'relier'
 *
 * const client = createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'reports',
 *   authentication: clientSecret('…'),
 * })
 * try {
 *   await clientCredentialsGrant(client)
 * } catch (error) {
 *   if (isRelierError(error) && error.retryable) console.log('later:', error.code)
 *   else throw error
 * }
 * ```
 */
export class RelierError extends Error {
  /** The name of the class; a literal, because minifiers rename classes. */
  override name = 'RelierError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: ErrorCode;
  /** The step that failed. */
  declare readonly phase: ErrorPhase;
  /** Whether doing the same again later can succeed. */
  declare readonly retryable: boolean;

  constructor(message: string, details: RelierErrorDetails) {
    super(message);
    Object.assign(this, withoutUndefined(details));
  }

  /** A plain object with everything that is known, fit for a log. */
  toJSON(): Record<string, unknown> {
    const { name, message, ...details } = this as RelierError & Record<string, unknown>;
    return { name, message, ...details };
  }
}

/**
 * The caller passed something that cannot work, or asks for what the server does not offer.
 * Thrown before the request that it would spoil is sent.
 */
export class ConfigurationError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'ConfigurationError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: ConfigurationErrorCode;
  /** Always `configuration`. */
  declare readonly phase: 'configuration';
  /** The option, or the member of the server's metadata, that is wrong. */
  declare readonly option: string;

  constructor(message: string, code: ConfigurationErrorCode, option: string) {
    super(message, { code, phase: 'configuration', retryable: false });
    this.option = option;
  }
}

/** What {@link TransportError} and {@link TimeoutError} say beyond the common members. */
export interface TransportErrorDetails extends RelierErrorDetails {
  /** The HTTP status, where an answer arrived. */
  readonly status?: number | undefined;
  /** The runtime's name for the failure, such as `ECONNREFUSED`, where it gave one. */
  readonly reason?: string | undefined;
  /** How long the server asked us to wait, in milliseconds (`Retry-After`, RFC 9110 section 10.2.3). */
  readonly retryAfterMs?: number | undefined;
}

/** The message of a {@link TransportError}. */
export function requestFailed(url: string, code: string, detail?: string | number): string {
  return `The request to ${url} failed: ${code}${detail ? ` (${detail})` : ''}.`;
}

/** No usable HTTP answer arrived: offline, refused, redirected, too large, not JSON. */
export class TransportError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'TransportError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: TransportErrorCode;
  /** The HTTP status, where an answer arrived. */
  declare readonly status?: number;
  /** The runtime's name for the failure, such as `ECONNREFUSED`, where it gave one. */
  declare readonly reason?: string;
  /** How long the server asked us to wait, in milliseconds. */
  declare readonly retryAfterMs?: number;

  constructor(message: string, details: TransportErrorDetails & { code: TransportErrorCode }) {
    super(message, details);
  }
}

/** The server did not answer completely within `timeoutMs`. */
export class TimeoutError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'TimeoutError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: 'timeout';

  constructor(message: string, phase: ErrorPhase) {
    super(message, { code: 'timeout', phase, retryable: true });
  }
}

/** What {@link OAuthResponseError} says beyond the common members. */
export interface OAuthResponseErrorDetails extends Omit<RelierErrorDetails, 'code'> {
  /** The specification's error code, such as `invalid_grant`. */
  readonly error: string;
  /** The server's explanation for developers. Untrusted text: never render it as markup. */
  readonly errorDescription?: string | undefined;
  /** A page about the error. Untrusted: never follow it by itself. */
  readonly errorUri?: string | undefined;
  /** The HTTP status; absent when the error came through the browser. */
  readonly status?: number | undefined;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * The server answered with an error of RFC 6749 section 4.1.2.1 or 5.2 (or of an extension).
 */
export class OAuthResponseError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name: 'OAuthResponseError' | 'InteractionRequiredError' = 'OAuthResponseError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: 'oauth_error' | 'interaction_required';
  /** The specification's error code, such as `invalid_grant`. */
  declare readonly error: string;
  /** The server's explanation for developers. Untrusted text: never render it as markup. */
  declare readonly errorDescription?: string;
  /** A page about the error. Untrusted: never follow it by itself. */
  declare readonly errorUri?: string;
  /** The HTTP status; absent when the error came through the browser. */
  declare readonly status?: number;
  /** How long the server asked us to wait, in milliseconds. */
  declare readonly retryAfterMs?: number;

  constructor(
    message: string,
    details: OAuthResponseErrorDetails,
    code: 'oauth_error' | 'interaction_required' = 'oauth_error',
  ) {
    super(message, { code, ...details });
  }
}

/**
 * The person has to do something at the provider: sign in, choose an account, consent
 * (OpenID Connect Core 1.0 section 3.1.2.6).
 */
export class InteractionRequiredError extends OAuthResponseError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'InteractionRequiredError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: 'interaction_required';

  constructor(message: string, details: OAuthResponseErrorDetails) {
    super(message, details, 'interaction_required');
  }
}

/** What {@link StepUpRequiredError} says beyond the common members. */
export interface StepUpDetails {
  /** Authentication context classes that would do, space-separated, as `acrValues` takes them. */
  readonly acrValues?: string | undefined;
  /** How old the person's authentication may be, in seconds, as `maxAge` takes it. */
  readonly maxAge?: number | undefined;
}

/**
 * An API wants the person to sign in again, more strongly or more recently (RFC 9470). The session
 * goes on; ask for a sign-in with `acrValues` and `maxAge`, and then call the API again. With
 * `step_up_failed` the person has done so already, and the API is not content.
 */
export class StepUpRequiredError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'StepUpRequiredError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: 'step_up_required' | 'step_up_failed';
  /** Authentication context classes that would do, space-separated, as `acrValues` takes them. */
  declare readonly acrValues?: string;
  /** How old the person's authentication may be, in seconds, as `maxAge` takes it. */
  declare readonly maxAge?: number;

  constructor(
    message: string,
    details: StepUpDetails,
    code: 'step_up_required' | 'step_up_failed' = 'step_up_required',
  ) {
    super(message, {
      code,
      phase: 'session',
      retryable: false,
      ...details,
    } as RelierErrorDetails);
  }
}

/** The browser did not open a window: it does so only in the very click of a person. */
export class PopupBlockedError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'PopupBlockedError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: 'popup_blocked';

  constructor(message: string) {
    super(message, { code: 'popup_blocked', phase: 'authorization', retryable: false });
  }
}

/** The person closed the window before it had an answer. */
export class PopupClosedError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'PopupClosedError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: 'popup_closed';

  constructor(message: string) {
    super(message, { code: 'popup_closed', phase: 'authorization', retryable: true });
  }
}

/** What {@link StorageError} says beyond the common members. */
export interface StorageErrorDetails {
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  readonly code: StorageErrorCode;
  /** Whether doing the same again later can succeed. */
  readonly retryable: boolean;
  /** The runtime's name for the failure, such as `ENOSPC` or `QuotaExceededError`, where it gave one. */
  readonly reason?: string | undefined;
  /** The file or folder that is wrong, where there is one. */
  readonly path?: string | undefined;
  /** `record_unreadable`: the revision under which the record may be replaced by a new sign-in. */
  readonly revision?: string | undefined;
}

/** A store could not do what was asked of it. What is stored is as it was. */
export class StorageError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'StorageError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: StorageErrorCode;
  /** Always `storage`. */
  declare readonly phase: 'storage';
  /** The runtime's name for the failure, such as `ENOSPC` or `QuotaExceededError`, where it gave one. */
  declare readonly reason?: string;
  /** The file or folder that is wrong, where there is one. */
  declare readonly path?: string;
  /** `record_unreadable`: the revision under which the record may be replaced by a new sign-in. */
  declare readonly revision?: string;

  constructor(message: string, details: StorageErrorDetails) {
    super(message, { phase: 'storage', ...details });
  }
}

/** What Okta says about the bucket that a request was counted in. */
export interface RateLimit {
  /** Requests per window; 0 where too many were under way at once. */
  readonly limit: number;
  /** What is left of the window. */
  readonly remaining: number;
  /** When the window ends, by Okta's clock, in milliseconds since the epoch. */
  readonly resetAt: number;
  /** How long that was away when the answer was made, in milliseconds. */
  readonly resetInMs: number;
}

/** What {@link ManagementError} says beyond the common members. */
export interface ManagementErrorDetails {
  /** Whether doing the same again later can succeed, and does nothing twice. */
  readonly retryable: boolean;
  /** The HTTP status. */
  readonly status: number;
  /** Okta's code, such as `E0000007`: the one thing to decide by besides the status. */
  readonly errorCode?: string | undefined;
  /** Okta's explanation. Untrusted text that changes; may quote what was sent. */
  readonly errorSummary?: string | undefined;
  /** What was wrong in particular. Untrusted text. */
  readonly errorCauses: readonly string[];
  /** Where Okta explains the code; mostly the code again. */
  readonly errorLink?: string | undefined;
  /** Okta's name for this very error. */
  readonly errorId?: string | undefined;
  /** What Okta's support asks for (`X-Okta-Request-Id`). */
  readonly requestId?: string | undefined;
  /** What is left of the bucket that the call was counted in. */
  readonly rateLimit?: RateLimit | undefined;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The OAuth code, of the answer or its challenge, such as `invalid_dpop_proof`. */
  readonly error?: string | undefined;
  /** The explanation that goes with it. Untrusted text. */
  readonly errorDescription?: string | undefined;
  /** The challenges of `WWW-Authenticate` (RFC 9110 section 11.6.1). Untrusted text. */
  readonly challenges: readonly {
    readonly scheme?: string;
    readonly parameters: Readonly<Record<string, string>>;
  }[];
}

/** Okta's management API refused a call, or failed over it. */
export class ManagementError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'ManagementError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: 'management_error';
  /** Always `management`. */
  declare readonly phase: 'management';
  /** The HTTP status. */
  declare readonly status: number;
  /** Okta's code, such as `E0000007`: the one thing to decide by besides the status. */
  declare readonly errorCode?: string;
  /** Okta's explanation. Untrusted text that changes; may quote what was sent. */
  declare readonly errorSummary?: string;
  /** What was wrong in particular. Untrusted text. */
  declare readonly errorCauses: readonly string[];
  /** Where Okta explains the code; mostly the code again. */
  declare readonly errorLink?: string;
  /** Okta's name for this very error. */
  declare readonly errorId?: string;
  /** What Okta's support asks for (`X-Okta-Request-Id`). */
  declare readonly requestId?: string;
  /** What is left of the bucket that the call was counted in. */
  declare readonly rateLimit?: RateLimit;
  /** How long the server asked us to wait, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** The OAuth code, of the answer or its challenge, such as `invalid_dpop_proof`. */
  declare readonly error?: string;
  /** The explanation that goes with it. Untrusted text. */
  declare readonly errorDescription?: string;
  /** The challenges of `WWW-Authenticate` (RFC 9110 section 11.6.1). Untrusted text. */
  declare readonly challenges: ManagementErrorDetails['challenges'];

  constructor(message: string, details: ManagementErrorDetails) {
    super(message, { code: 'management_error', phase: 'management', ...details });
  }
}

/** What {@link ValidationError} says beyond the common members. */
export interface ValidationErrorDetails extends RelierErrorDetails {
  /** The check that failed, such as `id_token.iss`. */
  readonly check: string;
  /** What the check expected; only where that is no secret. */
  readonly expected?: unknown;
  /** What arrived; only where that is no secret. */
  readonly received?: unknown;
}

/** An answer arrived and failed a check that the specifications ask for. */
export class ValidationError extends RelierError {
  /** Tells the classes apart without `instanceof`. */
  override readonly name = 'ValidationError';
  /** Stable, machine-readable reason; documented in `docs/errors.md`. */
  declare readonly code: ValidationErrorCode;
  /** The check that failed, such as `id_token.iss`. */
  declare readonly check: string;
  /** What the check expected; only where that is no secret. */
  declare readonly expected?: unknown;
  /** What arrived; only where that is no secret. */
  declare readonly received?: unknown;

  constructor(message: string, details: ValidationErrorDetails & { code: ValidationErrorCode }) {
    super(message, details);
  }
}

/**
 * The same error for a caller to whom doing the same again is no help, because something has been
 * used up. A copy: several callers may be waiting for what failed.
 */
export function withoutRetry(error: unknown): unknown {
  if (!isRelierError(error)) return error;
  return Object.defineProperties(Object.create(Object.getPrototypeOf(error)), {
    ...Object.getOwnPropertyDescriptors(error),
    retryable: { value: false, enumerable: true },
  });
}

/** Every error that relier throws: switch on `code` (or `name`) to narrow it. */
export type AnyRelierError =
  | ConfigurationError
  | TransportError
  | TimeoutError
  | OAuthResponseError
  | InteractionRequiredError
  | StepUpRequiredError
  | PopupBlockedError
  | PopupClosedError
  | StorageError
  | ManagementError
  | ValidationError;

/**
 * Whether `error` was thrown by relier, narrowed to the union of its error classes. Tells by shape,
 * not by class, so it also works across two copies of the library and across realms.
 *
 * @example
 * ```ts
 * import { isRelierError } from 'relier'
 *
 * export const mayRetry = (error: unknown) => isRelierError(error) && error.retryable
 * ```
 */
export function isRelierError(error: unknown): error is AnyRelierError {
  const { code, message, phase, retryable } = Object(error);
  return [code, message, phase].every(isText) && typeof retryable === 'boolean';
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
