import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { vi } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The demo uses the built package: builds it unless that is newer than its sources. */
export async function ensureBuilt(): Promise<void> {
  // Test files run side by side in processes of one parent: they take turns, and the first one builds.
  const turn = join(tmpdir(), `relier-build-${process.ppid}`);
  await vi.waitUntil(() => mkdirIfAbsent(turn), { timeout: 60_000 });
  try {
    if (!isFresh()) await promisify(execFile)('npm', ['run', 'build:js'], { cwd: root });
  } finally {
    rmdirSync(turn);
  }
}

function mkdirIfAbsent(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function isFresh(): boolean {
  const built = join(root, 'dist/index.js');
  if (!existsSync(built)) return false;
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const changed = sources.map((file) => statSync(join(root, 'src', file)).mtimeMs);
  return statSync(built).mtimeMs > Math.max(...changed);
}
