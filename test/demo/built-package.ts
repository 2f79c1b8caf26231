import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { vi } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The demo uses the built package: builds it unless that is newer than its sources. */
export async function ensureBuilt(): Promise<void> {
  // Test files run side by side in processes of one parent; exactly one of them builds.
  const turn = join(tmpdir(), `relier-build-${process.ppid}`);
  const finished = join(turn, 'finished');
  try {
    mkdirSync(turn);
  } catch {
    await vi.waitUntil(() => existsSync(finished), { timeout: 60_000 });
    return;
  }
  try {
    if (!isFresh()) await promisify(execFile)('npm', ['run', 'build:js'], { cwd: root });
  } finally {
    writeFileSync(finished, '');
  }
}

function isFresh(): boolean {
  const built = join(root, 'dist/index.js');
  if (!existsSync(built)) return false;
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const changed = sources.map((file) => statSync(join(root, 'src', file)).mtimeMs);
  return statSync(built).mtimeMs > Math.max(...changed);
}
