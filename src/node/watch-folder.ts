import { type FSWatcher, readdirSync, watch } from 'node:fs';

const TOGETHER_MS = 10;
const HEAD = /\.(?:record|deleted)$/;

/**
 * Calls the listener after the record in a folder has changed; once for changes that come together.
 * Watches until the returned function is called, and has no failures: a platform that
 * cannot watch tells nothing.
 *
 * @param prepare makes the folder, should it be missing.
 */
export function watchFolder(
  folder: string,
  prepare: () => Promise<unknown>,
  listener: () => void,
): () => void {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const before = recordsIn(folder);

  function changed(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      Promise.resolve()
        .then(() => isOver || listener())
        // Its failure is its own.
        .catch(() => {});
    }, TOGETHER_MS).unref();
  }

  async function start(): Promise<void> {
    await prepare();
    if (isOver) return;
    watcher = watch(folder, { persistent: false }, (_, file) => {
      if (file === null || HEAD.test(file)) changed();
    });
    watcher.on('error', () => watcher?.close());
    if (recordsIn(folder) !== before) changed();
  }

  start().catch(() => {});
  return () => {
    isOver = true;
    clearTimeout(timer);
    watcher?.close();
  };
}

function recordsIn(folder: string): string {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.record'))
      .join();
  } catch {
    return '';
  }
}
