import type { SessionLifecycle } from '../session/environment.ts';

/** Whether this page is about to be frozen or to go, and when it is awake or online again. */
export function pageLifecycle(): SessionLifecycle {
  let isSuspended = false;
  return {
    isSuspended: () => isSuspended,
    listen(listener) {
      const ended = new AbortController();
      const on = (target: EventTarget, types: readonly string[], react: () => void) => {
        for (const type of types) target.addEventListener(type, react, { signal: ended.signal });
      };
      const sleep = () => {
        isSuspended = true;
      };
      const wake = () => {
        isSuspended = false;
        listener();
      };
      on(document, ['freeze'], sleep);
      on(window, ['pagehide'], sleep);
      on(document, ['resume'], wake);
      on(window, ['pageshow'], wake);
      on(window, ['online'], listener);
      on(document, ['visibilitychange'], () => {
        if (document.visibilityState === 'visible') listener();
      });
      return () => ended.abort();
    },
  };
}
