import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import type { Place } from './child/observed.ts';
import type { ReaderSettings, Readings } from './child/reader-process.ts';
import type { Actions, Message, Settings } from './child/session-process.ts';
import { type Entry, readJournal } from './journal.ts';
import { addTally, type Tally, tally } from './tally.ts';

/** A process with a session of its own. */
export interface SessionProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: number;
  /** When it was killed, stopped and continued by us. */
  readonly killedAt: number | undefined;
  readonly stoppedAt: number | undefined;
  readonly thawedAt: number | undefined;
  /** How it ended by itself. */
  readonly exit: { readonly code: number | null; readonly signal: string | null } | undefined;
  readonly tally: Tally;
  journal(): Entry[];
  do<A extends keyof Actions>(
    action: A,
    ...args: Parameters<Actions[A]>
  ): Promise<Awaited<ReturnType<Actions[A]>>>;
  /** Returns when it waits where it was told to. */
  reached(place: Place): Promise<void>;
  /** Kills it, with no chance to tidy up; the signal is on its way when this returns. */
  kill(): void;
  stop(): void;
  /** Returns when it has stopped itself. */
  stopped(): Promise<void>;
  thaw(): void;
  /** Returns when it has ended. */
  ended(): Promise<void>;
}

export interface Processes {
  start(settings: Omit<Settings, 'journal'>): Promise<SessionProcess>;
  /** Starts a process that only reads; the returned function ends it. */
  read(settings: ReaderSettings): Promise<() => Promise<Readings>>;
  /** Ends whatever is left, and says how many that were. */
  killAll(): number;
}

/** @param folder for what is compiled and what the processes note. */
export function createProcesses(folder: string): Processes {
  const running = new Set<ChildProcess>();
  // What has to be compiled is compiled once: a process then starts in no time.
  buildSync({
    entryPoints: ['session-process', 'reader-process'].map((name) =>
      join(import.meta.dirname, 'child', `${name}.ts`),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });

  const run = async (name: string, settings: object) => {
    const script = join(folder, `${name}.mjs`);
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--enable-source-maps', script, JSON.stringify(settings)],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    running.add(child);
    child.once('exit', () => running.delete(child));
    await once(child, 'message');
    return child;
  };

  return {
    async start(settings) {
      const journal = join(folder, `${settings.name}.journal`);
      const startedAt = Date.now();
      const child = await run('session-process', { ...settings, journal });
      return sessionProcess(child, settings.name, startedAt, journal);
    },
    async read(settings) {
      const child = await run('reader-process', settings);
      return async () => {
        const message = once(child, 'message');
        const exit = once(child, 'exit');
        child.send('stop');
        const [readings] = await message;
        await exit;
        return readings;
      };
    },
    killAll() {
      for (const child of running) child.kill('SIGKILL');
      return running.size;
    },
  };
}

function sessionProcess(
  child: ChildProcess,
  name: string,
  startedAt: number,
  journal: string,
): SessionProcess {
  const pid = child.pid as number;
  const pending = new Map<number, (message: Message) => void>();
  let lastId = 0;
  const seen = tally();
  let exit: SessionProcess['exit'];
  const times: { killedAt?: number; stoppedAt?: number; thawedAt?: number } = {};
  const places = new Map<Place, () => void>();
  child.on('message', (message: Message) => {
    if (message.tally) addTally(seen, message.tally);
    if (message.reached) places.get(message.reached)?.();
    if (message.id) pending.get(message.id)?.(message);
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    exit = { code, signal };
    const error = { code: 'ended', message: `${name} has ended.` };
    for (const answer of pending.values()) answer({ error });
  });

  return {
    ...{ name, pid, startedAt, tally: seen },
    get exit() {
      return exit;
    },
    get killedAt() {
      return times.killedAt;
    },
    get stoppedAt() {
      return times.stoppedAt;
    },
    get thawedAt() {
      return times.thawedAt;
    },
    journal: () => readJournal(journal),
    do(action, ...args) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, ({ result, error }) => {
          pending.delete(id);
          if (error) reject(Object.assign(new Error(error.message), error));
          else resolve(result as Awaited<ReturnType<Actions[typeof action]>>);
        });
        child.send({ id, action, args }, (error) => error && reject(error));
      });
    },
    reached: (place) => new Promise((resolve) => void places.set(place, resolve)),
    kill() {
      times.killedAt = Date.now();
      child.kill('SIGKILL');
    },
    stop() {
      times.stoppedAt = Date.now();
      child.kill('SIGSTOP');
    },
    async stopped() {
      while (!/\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await pause(2);
      times.stoppedAt ??= Date.now();
    },
    thaw() {
      child.kill('SIGCONT');
      times.thawedAt = Date.now();
    },
    ended: () => ended,
  };
}
