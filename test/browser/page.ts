import { Window } from 'happy-dom';
import { vi } from 'vitest';
import { webLocks } from '../support/web-locks.ts';

/** A simulated page: what the browser's part of relier finds in the global scope. */
export interface Page {
  readonly window: Window;
  /** The listeners on the window that are still there. */
  listeners(): number;
  /** How many locks are held. */
  locks(): Promise<number>;
  /** What another window posts to this one. */
  message(data: unknown, from: { origin: string; source: unknown }): void;
  /** The page gets or loses the focus, or is shown again. */
  event(type: string, about?: object): void;
  /** It has the focus, or has it not, and nobody is told. */
  focus(has: boolean): void;
  goTo(url: string): void;
  close(): void;
}

const NAMES = [
  'document',
  'history',
  'innerHeight',
  'innerWidth',
  'outerHeight',
  'outerWidth',
  'parent',
  'screenX',
  'screenY',
  'window',
] as const;

/** Opens one, in the place of the one before. */
export function openPage(url: string): Page {
  const window = new Window({ url });
  const added = new Set<string>();
  let count = 0;
  const locks = webLocks();
  for (const name of NAMES) vi.stubGlobal(name, window[name]);
  vi.stubGlobal('location', window.location);
  vi.stubGlobal('close', () => added.add('closed'));
  vi.stubGlobal('navigator', { locks });
  vi.stubGlobal('dispatchEvent', (event: never) => window.dispatchEvent(event));
  vi.stubGlobal(
    'addEventListener',
    (type: string, listener: never, options?: { signal?: AbortSignal }) => {
      count += 1;
      options?.signal?.addEventListener('abort', () => {
        count -= 1;
      });
      window.addEventListener(type, listener, options as never);
    },
  );
  let hasFocus = true;
  vi.spyOn(window.document, 'hasFocus').mockImplementation(() => hasFocus);
  const dispatch = (type: string, about: object) => {
    window.dispatchEvent(Object.assign(new window.Event(type), about));
  };

  return {
    window,
    listeners: () => count,
    locks: async () => (await locks.query()).held?.length ?? 0,
    message: (data, from) => dispatch('message', { data, ...from }),
    event(type, about = {}) {
      if (type === 'blur' || type === 'focus') hasFocus = type === 'focus';
      dispatch(type, about);
    },
    focus(has) {
      hasFocus = has;
    },
    goTo: (next) => window.happyDOM.setURL(next),
    close() {
      vi.restoreAllMocks();
      vi.unstubAllGlobals();
      void window.happyDOM.close();
    },
  };
}
