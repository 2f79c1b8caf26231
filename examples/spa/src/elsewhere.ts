import type { SessionEvent } from 'relier';
import { make } from './elements.ts';

/** What to tell the person about an event: nothing, unless another tab is behind it. */
export function newsFromElsewhere(event: SessionEvent): (string | Node)[] {
  const source = sourceOf(event);
  if (source?.endsWith('elsewhere') !== true) return [];
  const done = event.type === 'signedIn' ? 'in' : 'out';
  const chip = make('code', { className: 'chip' }, `${event.type} · ${source}`);
  return [`Another tab has signed you ${done}. This one follows. `, chip];
}

/** Where an event came from, if it says so. */
export function sourceOf(event: SessionEvent): string | undefined {
  if (event.type === 'signedIn') return `via: ${event.via}`;
  if (event.type === 'signedOut') return `reason: ${event.reason}`;
  return undefined;
}
