import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';

const TOGETHER_MS = 10;
const HEAD = /\.(?:record|deleted)$/;
/** More than a folder is replaced while we look at it. */
const ROUNDS = 10;

/** Somebody's interest in a folder, whether it is there or not. */
export interface FolderWatch {
  /** Looks whether what is watched is still what is there. */
  check(): void;
  end(): void;
}

interface Watched {
  readonly path: string;
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/**
 * Calls the listener after the record in a folder has changed; once for changes that come together.
 * Makes nothing: while there is no folder, it waits for one where it would come to be. Watches until
 * it is ended, and has no failures: a platform that cannot watch tells nothing.
 */
export function watchFolder(folder: string, listener: () => void): FolderWatch {
  let watched: Watched | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let seen = recordsIn(folder);

  function changed(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      Promise.resolve()
        .then(() => isOver || listener())
        // Its failure is its own.
        .catch(() => {});
    }, TOGETHER_MS).unref();
  }

  function stop(): void {
    watched?.watcher.close();
    watched = undefined;
  }

  /** Watches what is there now: until that is what was there before we began to watch. */
  function check(): void {
    for (let round = 0; round < ROUNDS && !isOver; round += 1) {
      const next = nearest(folder);
      if (watched?.path === next.path && watched.identity === next.identity) break;
      stop();
      try {
        const watcher = watch(next.path, { persistent: false }, (_, file) => on(next.path, file));
        watcher.on('error', stop);
        watched = { ...next, watcher };
      } catch {
        // What cannot be watched now may be watched after the next use of the store.
        return;
      }
    }
    const before = seen;
    seen = recordsIn(folder);
    if (seen !== before) changed();
  }

  function on(path: string, file: string | null): void {
    if (isOver || watched?.path !== path) return;
    if (path === folder && (file === null || HEAD.test(file))) changed();
    // The name of what is watched stands for itself: it may be gone, with another in its place.
    if (file === null || file === basename(path)) stop();
    const [next] = relative(path, folder).split(sep);
    if (!watched || file === next) check();
  }

  check();
  return {
    check,
    end() {
      isOver = true;
      clearTimeout(timer);
      stop();
    },
  };
}

/** The folder, or else the one that is nearest to where it would be. */
function nearest(folder: string): { path: string; identity: string } {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const stats = statSync(path);
      // The number of a folder that is gone may be used again.
      const identity = `${stats.ino}.${stats.birthtimeMs}`;
      if (stats.isDirectory()) return { path, identity };
    } catch {
      // Neither is this.
    }
    if (path === dirname(path)) return { path, identity: '' };
  }
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
