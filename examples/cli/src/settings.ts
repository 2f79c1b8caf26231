import { homedir } from 'node:os';
import { join } from 'node:path';

/** What `npm start` sets for its shell. A program of yours has these written in it. */
export interface Settings {
  readonly issuer: string;
  readonly clientId: string;
  readonly apiUrl: string;
  /** The folder for the session. */
  readonly directory: string;
  /** Where the key of the session comes from; `plaintext` is for whoever asks for it. */
  readonly store: 'keyring' | 'key' | 'plaintext';
  /** 32 bytes in base64url, for `store: 'key'`. */
  readonly key: string;
}

export class UsageError extends Error {}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const {
    CLI_API: apiUrl,
    CLI_HOME: home = join(homedir(), '.config', 'relier-example-cli'),
    CLI_ISSUER: issuer,
    CLI_KEY: key = '',
    CLI_STORE: store = 'keyring',
  } = env;
  if (!issuer || !apiUrl) {
    throw new UsageError('Set CLI_ISSUER and CLI_API, or start a shell that has them: npm start');
  }
  if (store !== 'keyring' && store !== 'key' && store !== 'plaintext') {
    throw new UsageError('CLI_STORE is keyring, key or plaintext.');
  }
  // One folder each: what one has encrypted, the other could not read.
  return { issuer, clientId: 'command-line', apiUrl, directory: join(home, store), store, key };
}
