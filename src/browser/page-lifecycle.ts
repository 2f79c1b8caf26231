import { systemClock } from '../clock.ts';
import type { SessionLifecycle } from '../session/environment.ts';

/** Who has not gone by then may stay: it was a download, or the person has thought better of it. */
const GONE_WITHIN_MS = 2_000;

/** Whether this page is about to be frozen or to go, and when it is awake or online again. */
export function pageLifecycle(): SessionLifecycle {
  let isSuspended = false;
  const stays = new EventTarget();
  return {
    isSuspended: () => isSuspended,
    listen(listener) {
      const ended = new AbortController();
      const on = (target: EventTarget, type: string, react: (event: Event) => void) =>
        target.addEventListener(type, react, { signal: ended.signal });
      let stop = () => {};
      const sleep = () => {
        stop();
        isSuspended = true;
      };
      const wake = () => {
        stop();
        isSuspended = false;
        listener();
      };
      on(document, 'freeze', sleep);
      on(window, 'pagehide', sleep);
      // From here on requests are cut off, and nobody may be left to hear an answer.
      on(window, 'beforeunload', () => {
        sleep();
        stop = systemClock.setTimer(() => {
          isSuspended = false;
          stays.dispatchEvent(new Event('stay'));
        }, GONE_WITHIN_MS);
      });
      on(stays, 'stay', listener);
      on(document, 'resume', wake);
      on(window, 'pageshow', (event) => {
        // The first one belongs to the page's beginning.
        if ((event as PageTransitionEvent).persisted) wake();
      });
      on(window, 'online', listener);
      on(document, 'visibilitychange', () => {
        if (document.visibilityState === 'visible') listener();
      });
      return () => ended.abort();
    },
  };
}
