import { type ErrorPhase, ValidationError } from './errors.ts';
import type { Trace } from './trace.ts';

/** What is being checked; the first part of a check's name. */
export type Subject =
  | 'metadata'
  | 'keys'
  | 'authorization_response'
  | 'token_response'
  | 'id_token'
  | 'userinfo'
  | 'introspection'
  | 'pushed_authorization_response'
  | 'resource_response'
  | 'login_initiation'
  | 'device_authorization_response'
  | 'backchannel_authentication_response'
  | 'logout_token'
  | 'access_token'
  | 'registration_response'
  | 'resource_metadata'
  | 'management_response';

const PHASES: Partial<Record<Subject, ErrorPhase>> = {
  metadata: 'discovery',
  keys: 'discovery',
  authorization_response: 'authorization',
  pushed_authorization_response: 'authorization',
  login_initiation: 'authorization',
  management_response: 'management',
};

/**
 * Goes on if `ok`, and tells the trace; else throws. The two values are shown, so they are given
 * only where they are no secret.
 */
export type Check = (name: string, ok: boolean, expected?: unknown, received?: unknown) => void;

/** Checks of one subject. */
export function checksOf(subject: Subject, trace: Trace | undefined): Check {
  return (name, ok, expected, received) => {
    if (!ok) throw checkFailed(subject, name, expected, received);
    trace?.({ type: 'check', phase: phaseOf(subject), check: `${subject}.${name}` });
  };
}

/** The error of a failed check. */
export function checkFailed(
  subject: Subject,
  name: string,
  expected?: unknown,
  received?: unknown,
): ValidationError {
  const check = `${subject}.${name}`;
  const shown =
    expected === undefined && received === undefined
      ? ''
      : `: received ${text(received)}${expected === undefined ? '' : `, expected ${text(expected)}`}`;
  return new ValidationError(`The check ${check} failed${shown}.`, {
    code: `invalid_${subject}`,
    phase: phaseOf(subject),
    retryable: false,
    check,
    ...(shown && { expected: bounded(expected), received: bounded(received) }),
  });
}

function phaseOf(subject: Subject): ErrorPhase {
  return PHASES[subject] ?? 'validation';
}

function text(value: unknown): string {
  // Never by an object's own toString, which came from the wire too.
  return `${typeof value === 'object' ? JSON.stringify(value) : value}`.slice(0, 200);
}

/** What a server sent may be of any shape and size. */
function bounded(value: unknown): unknown {
  return typeof value === 'string' || typeof value === 'object' ? text(value) : value;
}
