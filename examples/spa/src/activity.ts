import type { SessionEvent, TraceEvent } from 'relier';
import { make } from './elements.ts';
import { sourceOf } from './elsewhere.ts';

/** The list of what the session tells, what relier sends, and what it has checked. */
export function createActivity(list: HTMLElement) {
  const pending = new Map<string, HTMLElement>();
  let checks: { subject: string; names: Set<string>; shown: HTMLElement } | undefined;

  function add(className: string, ...content: (string | Node)[]): HTMLElement {
    const entry = make('li', { className }, ...content);
    checks = undefined;
    list.append(entry);
    list.scrollTop = list.scrollHeight;
    return entry;
  }

  return {
    tell(event: SessionEvent): void {
      const about = 'error' in event && event.error ? ` · ${event.error.code}` : '';
      const source = sourceOf(event);
      const from = source === undefined ? [] : [' ', make('code', {}, source)];
      add(about ? 'event failure' : 'event', `${wordsFor(event)}${about}`, ...from);
    },

    trace(event: TraceEvent): void {
      if (event.type === 'check') {
        // Such as `id_token.signature`: one line for all checks of one thing.
        const [subject = '', name = ''] = event.check.split(/\.(.*)/);
        if (checks?.subject !== subject) {
          const shown = make('span', {});
          add('checks', make('strong', {}, subject.replaceAll('_', ' ')), ' ', shown);
          checks = { subject, names: new Set(), shown };
        }
        checks.names.add(name);
        checks.shown.textContent = [...checks.names].join(', ');
      } else if (event.type === 'request') {
        const path = new URL(event.url).pathname;
        pending.set(event.url, add('request', make('code', {}, `${event.method} ${path}`)));
      } else if (event.type === 'response') {
        const took = `${event.status} in ${Math.round(event.durationMs)} ms`;
        pending.get(event.url)?.append(' ', make('span', {}, took));
      } else {
        add(
          'event',
          event.type === 'retry' ? `Asked again: ${event.reason}` : 'A cached copy helped',
        );
      }
    },
  };
}

function wordsFor(event: SessionEvent): string {
  switch (event.type) {
    case 'signedIn':
      return {
        establish: 'Signed in',
        restore: 'Still signed in',
        elsewhere: 'Signed in, in another tab',
      }[event.via];
    case 'signedOut':
      return {
        none: 'Nobody is signed in',
        user: 'Signed out',
        elsewhere: 'Signed out in another tab',
        userChanged: 'Somebody else has signed in',
        ended: 'The provider has ended the session',
        invalidResponse: 'The provider’s answer was not for this session',
        unreadable: 'What was stored cannot be read',
      }[event.reason];
    case 'refreshed':
      return 'Tokens refreshed';
    case 'needsInteraction':
      return 'The person has to sign in again';
    case 'refreshFailed':
      return 'Refresh failed, the session goes on';
    case 'storageDegraded':
      return 'The session cannot be stored at the moment';
  }
}
