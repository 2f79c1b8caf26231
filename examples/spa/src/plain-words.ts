import { type AnyRelierError, isRelierError } from 'relier';

export interface PlainWords {
  /** What it means for the person. */
  readonly sentence: string;
  /** What relier says, for whoever looks into it. */
  readonly detail: string;
  /** What a program goes by; docs/errors.md has an entry for each. */
  readonly code: string;
}

/** Errors that a person can do something about, by their `code`, or by what is behind it. */
const sentences: Record<string, string> = {
  aborted: 'You gave up.',
  access_denied: 'You said no at the provider. Nothing has changed here.',
  'id_token.step_up_sub': 'That was somebody else. Here, you are who you were.',
  consent_required: 'The provider wants to ask you first. Sign in another way.',
  interaction_required: 'The provider wants to ask you first. Sign in another way.',
  login_required: 'You are not signed in at the provider. Sign in another way.',
  network_error: 'The provider cannot be reached.',
  popup_blocked: 'The browser did not open the window. Allow this page to open windows.',
  popup_closed: 'The window was closed too early.',
  step_up_failed: 'You have confirmed that it is you, and the API is still not content.',
  storage_failed: 'The browser does not let this page keep anything.',
  timeout: 'The provider did not answer in time.',
  transaction_expired: 'That took too long. Please start again.',
  transaction_not_found: 'This is the answer to a sign-in that was not started here.',
};

export function plainWords(error: unknown): PlainWords {
  if (!isRelierError(error)) {
    return { sentence: 'That did not work.', detail: String(error), code: 'unexpected' };
  }
  const told = reasonOf(error);
  const code = told ? `${error.code} · ${told}` : error.code;
  if (error.phase === 'session' && error.code === 'interaction_required') {
    return { sentence: 'Sign in again to go on.', detail: error.message, code };
  }
  const fallback = error.retryable
    ? 'That did not work. Please try again.'
    : 'That did not work. Please start again.';
  return {
    sentence: sentences[told ?? error.code] ?? sentences[error.code] ?? fallback,
    detail: error.message,
    code,
  };
}

/** What the server has said, or which check of the ID token it was. */
function reasonOf(error: AnyRelierError): string | undefined {
  if ('error' in error) return error.error;
  return error.code === 'invalid_id_token' ? error.check : undefined;
}
