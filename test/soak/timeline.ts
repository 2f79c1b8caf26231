import type { Facts } from './run-soak.ts';

/** Everything that happened, in its order: what to read when an invariant is broken. */
export function timelineOf({ processes, server, signedInAt, startedAt }: Facts): string {
  const events: { at: number; text: string }[] = [];
  const add = (at: number | undefined, ...text: unknown[]) => {
    if (at !== undefined) events.push({ at, text: text.join(' ') });
  };
  for (const { killedAt, name, pid, startedAt: from, stoppedAt, thawedAt, ...one } of processes) {
    add(from, name, 'is started as', pid);
    add(killedAt, name, 'is killed');
    add(stoppedAt, name, 'is stopped');
    add(thawedAt, name, 'goes on');
    for (const { at, what, ...more } of one.journal()) add(at, name, what, JSON.stringify(more));
    for (const { beganAt, endedAt } of one.tally.slow) {
      add(beganAt, name, 'begins a call of', endedAt - beganAt, 'ms');
    }
  }
  for (const { at, outcome, process, ...request } of server.requests) {
    add(at, 'the server tells', process, outcome, JSON.stringify(request));
  }
  for (const [grant, at] of server.revocations) add(at, 'the server revokes', grant);
  for (const at of signedInAt) add(at, 'Ada has signed in again');
  events.sort((a, b) => a.at - b.at);
  return events.map(({ at, text }) => `${at - startedAt} ${text}\n`).join('');
}
