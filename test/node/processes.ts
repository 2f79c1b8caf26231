import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach } from 'vitest';
import { temporaryFolder } from './store-folder.ts';
import type { Actions } from './store-process.ts';

/** A process of its own with a file store. */
export interface StoreProcess {
  readonly pid: number;
  /** How often it has said that it counted. */
  readonly counted: number;
  do<A extends keyof Actions>(
    action: A,
    ...args: Parameters<Actions[A]>
  ): Promise<Awaited<ReturnType<Actions[A]>>>;
  /** Stops the process, and returns when it stands still. */
  freeze(): Promise<void>;
  /** Returns when the process has stopped itself. */
  frozen(): Promise<void>;
  thaw(): void;
  /** Kills the process with no chance to tidy up. */
  kill(): Promise<void>;
  /** Returns when the process has ended. */
  ended(): Promise<void>;
}

interface Message {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: object;
  readonly counted?: number;
}

const running = new Set<ChildProcess>();
let script: string | undefined;

/** Ends the processes when a test has ended. */
export function killProcessesAfterwards(): void {
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });
  afterAll(() => {
    script = undefined;
  });
}

/** What has to be compiled is compiled once: a process then starts in no time. */
function compiledScript(): string {
  if (script) return script;
  script = join(temporaryFolder(), 'store-process.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'store-process.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return script;
}

export async function startProcess(
  directory: string,
  /** How large its files may become, in blocks of 512 bytes. */
  { limitFileBlocks = 'unlimited' }: { limitFileBlocks?: number | 'unlimited' } = {},
): Promise<StoreProcess> {
  const command = `ulimit -f ${limitFileBlocks}; exec "$0" "$@"`;
  const child = spawn('sh', ['-c', command, process.execPath, compiledScript(), directory], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const pid = child.pid as number;
  running.add(child);
  const exit = once(child, 'exit').then(() => void running.delete(child));
  const pending = new Map<number, (message: Message) => void>();
  let lastId = 0;
  let counted = 0;
  child.on('message', (message: Message) => {
    if (message.counted) counted += 1;
    pending.get(message.id)?.(message);
  });
  await once(child, 'message');

  const frozen = async () => {
    while (stateOf(pid) !== 'T') await pause(2);
  };

  return {
    pid,
    get counted() {
      return counted;
    },
    do(action, ...args) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, ({ result, error }) => {
          pending.delete(id);
          if (error) reject(error);
          else resolve(result as Awaited<ReturnType<Actions[typeof action]>>);
        });
        child.send({ id, action, args }, (error) => error && reject(error));
      });
    },
    async freeze() {
      child.kill('SIGSTOP');
      await frozen();
    },
    frozen,
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
    ended: () => exit,
  };
}

/** How long the work takes, in milliseconds. */
export async function timed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function stateOf(pid: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}
