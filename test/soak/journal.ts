import { openSync, readFileSync, writeSync } from 'node:fs';

/** What a process did, in its own words; tokens by their fingerprints. */
export type Deed =
  | { readonly what: 'sent'; readonly token: string }
  | { readonly what: 'answered'; readonly token: string; readonly status: number }
  | { readonly what: 'stored'; readonly token: string; readonly isPending: boolean }
  | { readonly what: 'deleted' }
  | { readonly what: 'signedOut'; readonly reason: string; readonly answerLost: boolean }
  | { readonly what: 'storageDegraded' }
  /** The lock, from another process. */
  | { readonly what: 'tookLock'; readonly from: number }
  | { readonly what: 'unhandled'; readonly error: string };

export type Entry = Deed & { readonly at: number };

export type Note = (deed: Deed) => void;

/** Notes that outlive their process: each is with the system when the call returns. */
export function openJournal(path: string): Note {
  const file = openSync(path, 'a', 0o600);
  return (deed) => void writeSync(file, `${JSON.stringify({ at: Date.now(), ...deed })}\n`);
}

export function readJournal(path: string): Entry[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  // The last line is empty, or a process was killed in the middle of it.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}
