import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildSync } from 'esbuild';

/** A process of its own that runs one of the scripts of this folder. */
export interface Child {
  readonly process: ChildProcess;
  /** The next message of a type. */
  next<T>(type: string): Promise<T>;
  /** Stops the process, and returns when it stands still. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Kills the process with no chance to tidy up. */
  kill(): Promise<void>;
}

interface Message {
  readonly type: string;
}

/** Compiles a script once, so that many processes start in no time. */
export function compile(script: string, folder: string): string {
  const outfile = join(folder, script.replace(/\.ts$/, '.cjs'));
  buildSync({
    entryPoints: [join(import.meta.dirname, script)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  return outfile;
}

export function startChild(script: string, settings: object): Child {
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  return {
    process: child,
    async next<T>(type: string) {
      for (;;) {
        const ended = exited.then(([code]) => {
          throw new Error(`The process ended with ${code} and did not say ${type}.`);
        });
        const [message] = (await Promise.race([once(child, 'message'), ended])) as [Message];
        if (message.type === type) return message as T;
      }
    },
    async freeze() {
      child.kill('SIGSTOP');
      while (!/\) T/.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) await pause(2);
    },
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}
