import { type ErrorPhase, TransportError } from './errors.ts';
import { invalidOption } from './options.ts';

/** Lets one caller give up on work that others may share: the work itself goes on. */
export async function abortable<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
  phase: ErrorPhase,
): Promise<T> {
  if (!signal) return work();
  requireSignal(signal);
  const error = new TransportError('The caller aborted.', {
    code: 'aborted',
    phase,
    retryable: false,
  });
  if (signal.aborted) throw error;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(error);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A signal, from this realm or another one. */
export function requireSignal(value: unknown): AbortSignal {
  const { aborted, addEventListener } = Object(value);
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function') {
    throw invalidOption('signal', 'must be an AbortSignal');
  }
  return value as AbortSignal;
}
