import type { SessionStore } from 'relier';

/** A store whose answers to writes can be kept back: what is written is written. */
export interface PausedStore extends SessionStore {
  /** The next write is answered when the test says so. */
  pauseWrite(): void;
  /** A write waits for its answer. */
  readonly isPaused: boolean;
  goOn(): void;
}

export function pausedStore(store: SessionStore): PausedStore {
  let willPause = false;
  let goOn: (() => void) | undefined;
  return {
    ...store,
    async write(...given) {
      const isMeant = willPause;
      willPause = false;
      const revision = await store.write(...given);
      if (isMeant) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      return revision;
    },
    pauseWrite() {
      willPause = true;
    },
    get isPaused() {
      return goOn !== undefined;
    },
    goOn() {
      goOn?.();
      goOn = undefined;
    },
  };
}
