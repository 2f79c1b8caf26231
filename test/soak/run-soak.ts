import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SessionEvent, SessionSnapshot } from '../../src/index.ts';
import type { Readings } from './child/reader-process.ts';
import { createProcesses, type SessionProcess } from './processes.ts';
import { type LoggedProvider, startLoggedProvider } from './server-log.ts';
import { clientId, createLogin, type Login } from './sign-in.ts';
import { startTrouble } from './trouble.ts';

const PROCESSES = 8;
const CALLERS = 50;

/** How long one request may take; the lease of a lock is ten seconds more. */
export const TIMEOUT_MS = 5_000;

/** Everything that was seen, for the judges. */
export interface Facts {
  readonly startedAt: number;
  readonly endedAt: number;
  /** All of them, the dead ones too. */
  readonly processes: readonly SessionProcess[];
  readonly server: Pick<LoggedProvider, 'requests' | 'revocations'>;
  /** When the parent had signed in again. */
  readonly signedInAt: readonly number[];
  /** What the processes that were left said, all asked at once. */
  readonly atEnd: readonly { readonly token: string; readonly session: SessionSnapshot }[];
  /** The newest token that they could know before they were asked; asking may have it renewed. */
  readonly newestBefore: string | undefined;
  readonly readings: Readings;
  /** The same process in the beginning and at the end. */
  readonly heapBytes: readonly [number, number];
  /** What lies in the folders of record and lock in the end. */
  readonly leftBehind: readonly string[];
  /** Processes that were still there when all should have ended. */
  readonly leaked: number;
}

/** Processes that share a session, of which one is killed every second. */
export async function runSoak(
  seconds: number,
  folder: string,
  keyringPackage?: string,
): Promise<Facts> {
  const directory = mkdtempSync(join(folder, 'store-'));
  const programs = createProcesses(folder);
  const server = await startLoggedProvider();
  const place = { directory, keyringPackage };
  const login = createLogin(server.issuer, place);
  const processes: SessionProcess[] = [];
  try {
    const renewed = keepSignedIn(login);
    await login.signIn();

    const start = async () => {
      const name = `p${processes.length}`;
      const slot = processes.push(undefined as unknown as SessionProcess) - 1;
      const settings = { ...place, ...{ name, clientId }, issuer: server.issuer };
      const started = await programs.start({ ...settings, timeoutMs: TIMEOUT_MS });
      processes[slot] = started;
      // It may have been killed in the middle of its first step.
      await started.do('startCallers', CALLERS).catch((error) => {
        if (started.killedAt === undefined) throw error;
      });
    };
    await Promise.all(Array.from({ length: PROCESSES }, start));
    const stopReading = await programs.read({ ...place, key: login.key });
    const resident = processes[0] as SessionProcess;
    const startedAt = Date.now();
    const trouble = startTrouble({ seconds, processes, server, start });
    await pause(Math.min(10, seconds / 3) * 1_000);
    const early = await resident.do('heapBytes');
    await pause(startedAt + seconds * 1_000 - Date.now());
    await trouble.stop();
    const late = await resident.do('heapBytes');
    const living = processes.filter(({ killedAt }) => killedAt === undefined);
    await Promise.all(living.map((one) => one.do('stopCallers')));
    const endedAt = Date.now();
    await renewed.settled();
    const agreed = await agreement(processes, server);
    const readings = await stopReading();
    renewed.stop();

    const ended = processes.map((one) => one.ended());
    await Promise.all(living.map((one) => one.do('close')));
    await Promise.race([Promise.all(ended), pause(5_000)]);
    login.session.close();
    return {
      ...{ startedAt, endedAt, processes, server, readings, ...agreed },
      signedInAt: renewed.signedInAt,
      heapBytes: [early, late],
      leftBehind: readdirSync(directory, { recursive: true }).map(String),
      leaked: programs.killAll(),
    };
  } finally {
    programs.killAll();
    await server.close();
  }
}

/** Ada signs in again whenever the session has ended. */
function keepSignedIn(login: Login) {
  const signedInAt: number[] = [];
  let work: Promise<void> = Promise.resolve();
  const again = async () => {
    await login.signIn();
    signedInAt.push(Date.now());
  };
  const stop = login.session.subscribe((event: SessionEvent) => {
    if (event.type === 'signedOut') work = work.then(again);
  });
  return { signedInAt, stop, settled: () => work };
}

/**
 * What all say at once. Again if the token was renewed between two answers, or if Ada has to sign in
 * first, because the last one to be killed had spent the refresh token.
 */
async function agreement(
  processes: readonly SessionProcess[],
  { requests }: Facts['server'],
): Promise<Pick<Facts, 'atEnd' | 'newestBefore'>> {
  const living = processes.filter(({ killedAt }) => killedAt === undefined);
  // What a process has taken with it when it was killed nobody knows.
  const lost = new Set(processes.filter((one) => !living.includes(one)).map(({ name }) => name));
  for (let tries = 1; ; tries++) {
    const newestBefore = requests.findLast(
      ({ accessToken, process }) => accessToken && !lost.has(process),
    )?.accessToken;
    try {
      const atEnd = await Promise.all(
        living.map(async (one) => {
          const token = await one.do('getAccessToken');
          return { token, session: await one.do('current') };
        }),
      );
      const isSame = new Set(atEnd.map((one) => JSON.stringify(one))).size === 1;
      if (isSame || tries >= 20) return { atEnd, newestBefore };
    } catch (error) {
      if (tries >= 20) throw error;
    }
    await pause(100);
  }
}
