import { isRelierError } from 'relier';
import { UsageError } from './settings.ts';

/** Errors that a person can do something about, by their `code`, or by what the server says. */
const sentences: Record<string, string> = {
  aborted: 'You gave up.',
  access_denied: 'You said no at the provider.',
  browser_unavailable: 'There is no browser here. Try: login --device',
  interaction_required: 'Nobody is signed in any more. Try: login',
  keyring_unavailable:
    'The keyring of this system is locked, or there is none. Unlock it; or set CLI_STORE=plaintext if everybody who reads your files may use your session.',
  network_error: 'The provider cannot be reached.',
  timeout: 'That took too long. Please start again.',
};

/** What to tell the person, and whoever looks into it. */
export function plainWords(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (!isRelierError(error)) return `That did not work: ${error}`;
  const told = 'error' in error ? error.error : undefined;
  const sentence = sentences[told ?? error.code] ?? sentences[error.code] ?? 'That did not work.';
  return `${sentence}\n(${error.code}: ${error.message})`;
}
