// A process with a session in a file store that does what its parent says: started by processes.ts.
import { createClient, createSession, type SessionSnapshot } from '../../../src/index.ts';
import { fingerprint } from '../fingerprint.ts';
import { openJournal } from '../journal.ts';
import { type StoreSettings, soakStore } from '../soak-store.ts';
import type { Tally } from '../tally.ts';
import { type Callers, startCallers } from './callers.ts';
import {
  createDisk,
  noteTakenLocks,
  observedFetch,
  observedStore,
  type Place,
} from './observed.ts';

export interface Settings extends StoreSettings {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly journal: string;
  readonly timeoutMs: number;
}

const REPORT_MS = 200;

const settings: Settings = JSON.parse(process.argv[2] as string);
const { clientId, issuer, timeoutMs } = settings;
const note = openJournal(settings.journal);
noteTakenLocks(note);
const disk = createDisk();
for (const event of ['unhandledRejection', 'uncaughtException', 'warning']) {
  process.on(event, (error) => note({ what: 'unhandled', error: `${event}: ${error?.stack}` }));
}

let place: Place | undefined;
let isToFreeze = false;
let release = () => {};
const reached = (here: Place): Promise<void> | undefined => {
  if (here !== place) return undefined;
  place = undefined;
  if (isToFreeze) {
    process.kill(process.pid, 'SIGSTOP');
    return undefined;
  }
  process.send?.({ reached: here });
  return new Promise((resolve) => {
    release = resolve;
  });
};

const session = createSession({
  client: createClient({
    ...{ issuer, clientId, timeoutMs },
    allowInsecureRequests: 'loopback',
    fetch: observedFetch(settings.name, note, reached),
  }),
  store: observedStore(soakStore(settings), note, reached),
});
session.subscribe((event) => {
  if (event.type === 'storageDegraded') note({ what: event.type });
  if (event.type !== 'signedOut') return;
  const { answerLost = false, reason, type } = event;
  note({ what: type, reason, answerLost });
});

let callers: Callers | undefined;
let reports: NodeJS.Timeout | undefined;
const report = () => callers && process.send?.({ tally: callers.take() });

const actions = {
  async getAccessToken(): Promise<string> {
    return fingerprint(await session.getAccessToken());
  },
  current: async (): Promise<SessionSnapshot> => session.current(),
  /** The next refresh waits at this place until `goOn`, or the whole process stands still there. */
  async haltAt(there: Place, how: 'wait' | 'freeze' = 'wait'): Promise<void> {
    place = there;
    isToFreeze = how === 'freeze';
  },
  goOn: async (): Promise<void> => release(),
  async fillDisk(isFull: boolean): Promise<void> {
    disk.isFull = isFull;
  },
  async startCallers(number: number): Promise<void> {
    // The first fetch of a process takes its time, which must not be taken for the session's.
    await fetch('data:,');
    callers = startCallers(session, number, `${issuer}/userinfo`);
    reports = setInterval(report, REPORT_MS);
  },
  async stopCallers(): Promise<void> {
    await callers?.stop();
    clearInterval(reports);
    report();
  },
  /** What is in use, without what is only waiting to be collected. */
  async heapBytes(): Promise<number> {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  },
  /** Lets go of everything: with nothing else to do, the process ends. */
  async close(): Promise<void> {
    session.close();
    setTimeout(() => process.disconnect(), 20);
  },
};

export type Actions = typeof actions;

export interface Command {
  readonly id: number;
  readonly action: keyof Actions;
  readonly args: unknown[];
}

export interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly tally?: Tally;
  readonly reached?: Place;
}

process.on('message', ({ id, action, args }: Command) => {
  const act = actions[action] as (...args: unknown[]) => Promise<unknown>;
  act(...args).then(
    (result) => process.send?.({ id, result }),
    (error) => process.send?.({ id, error: { ...error, message: error.message } }),
  );
});
process.send?.({ ready: true });
