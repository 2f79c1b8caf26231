import {
  type AnyRelierError,
  isRelierError,
  requestFailed,
  TimeoutError,
  TransportError,
  type TransportErrorCode,
} from '../errors.ts';
import { invalidOption } from '../options.ts';

type Stage = 'connectTimeoutMs' | 'headersTimeoutMs' | 'bodyTimeoutMs';

const STAGES: Record<string, Stage> = {
  UND_ERR_CONNECT_TIMEOUT: 'connectTimeoutMs',
  UND_ERR_HEADERS_TIMEOUT: 'headersTimeoutMs',
  UND_ERR_BODY_TIMEOUT: 'bodyTimeoutMs',
};

/** What undici refuses to send, whatever the network does. */
const UNSENDABLE = /^UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/;

/** How a request fails here: typed, and with nothing of the request but where it went. */
export interface Failures {
  late(option: Stage | 'timeoutMs'): TimeoutError;
  failed(code: TransportErrorCode, retryable: boolean, about: string, more: object): TransportError;
  /** What undici threw. */
  from(error: unknown): AnyRelierError;
}

/** The failures of a request to a URL, of which no query is shown. */
export function failuresAt(
  { origin, pathname }: URL,
  limits: Readonly<Record<Stage | 'timeoutMs', number>>,
): Failures {
  const where = origin + pathname;
  const phase = 'transport';
  const late: Failures['late'] = (option) =>
    new TimeoutError(requestFailed(where, 'timeout', `${option} ${limits[option]}`), phase);
  const failed: Failures['failed'] = (code, retryable, about, more) =>
    new TransportError(requestFailed(where, code, about), { code, phase, retryable, ...more });
  return {
    late,
    failed,
    from(error) {
      if (isRelierError(error)) return error;
      // What is wrong with the request itself has no cause in the network.
      const reason = reasonOf(error);
      if ((error instanceof TypeError && error.cause === undefined) || UNSENDABLE.test(reason)) {
        return invalidOption('init', 'holds what cannot be sent');
      }
      const option = STAGES[reason];
      if (option) return late(option);
      // What a proxy refuses now it will refuse again.
      const retryable = !/^PROXY_STATUS_4(?!08|29)/.test(reason);
      return failed('network_error', retryable, reason, reason ? { reason } : {});
    },
  };
}

/** The transport was closed: nothing is sent any more, or what was sent is given up. */
export function transportClosed(): TransportError {
  return new TransportError('The transport is closed.', {
    code: 'aborted',
    phase: 'transport',
    retryable: false,
  });
}

/** A code of the system, of TLS or of undici; never free text, which could hold anything. */
function reasonOf(error: unknown): string {
  const { code, cause } = Object(error);
  return /^[A-Z][A-Z0-9_]{1,59}$/.exec(Object(cause).code ?? code)?.[0] ?? '';
}
