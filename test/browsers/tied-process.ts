import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/**
 * Starts a program that ends with this process, even when this process is killed: a shell waits for
 * the end of its standard input and then ends the program.
 */
export function spawnTied(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; output?: SpawnOptions['stdio'] } = {},
): ChildProcess {
  const script = '"$@" & program=$!; read -r _; kill "$program" 2>/dev/null; wait "$program"';
  const extra = Array.isArray(options.output) ? options.output : [];
  return spawn('/bin/sh', ['-c', script, 'sh', program, ...args], {
    stdio: ['pipe', 'ignore', 'ignore', ...extra],
    ...(options.env && { env: options.env }),
  });
}

export async function endTied(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await ended;
}
