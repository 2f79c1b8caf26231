import type { Entry } from './journal.ts';
import type { SessionProcess } from './processes.ts';
import { type Facts, TIMEOUT_MS } from './run-soak.ts';
import { LIFE_MS, type TokenRequest } from './server-log.ts';
import type { Check } from './tally.ts';

/** The lease of a lock. */
const LEASE_MS = TIMEOUT_MS + 10_000;

/** Tokens are renewed so long before they expire, at most: a tenth of their life. */
const AHEAD_MS = LIFE_MS / 10;

/** How long a process may have to wait for a processor, between what it does and what is noted of it. */
const BUSY_MS = 50;

/** A refresh token that came to the server once more. */
export interface Reuse {
  readonly before: TokenRequest;
  readonly again: TokenRequest;
  /**
   * Whoever sent it before was killed, or stood still for longer than a lease, between sending it
   * and storing what came of it.
   */
  readonly isInWindow: boolean;
}

export function reusesIn({ processes, server }: Facts): Reuse[] {
  const last = new Map<string, TokenRequest>();
  return server.requests.flatMap((again) => {
    if (!again.spent) return [];
    const before = last.get(again.spent);
    last.set(again.spent, again);
    if (!before) return [];
    const sender = processes.find(({ name }) => name === before.process);
    return { before, again, isInWindow: !!sender && fellInWindow(sender, before, again) };
  });
}

function fellInWindow(
  { journal, killedAt, stoppedAt, thawedAt }: SessionProcess,
  before: TokenRequest,
  again: TokenRequest,
): boolean {
  const isResult = (entry: Entry) =>
    before.refreshToken
      ? entry.what === 'stored' && entry.token === before.refreshToken
      : entry.what === 'deleted';
  const isStored = journal().some((entry) => isResult(entry) && entry.at <= again.at);
  if (isStored) return false;
  const isWithin = (at = Infinity) => before.sentAt <= at && at <= again.sentAt;
  const stoodStillFor = (thawedAt ?? Infinity) - (stoppedAt ?? Infinity);
  return isWithin(killedAt) || (isWithin(stoppedAt) && stoodStillFor >= LEASE_MS);
}

/** Refreshes of a token that was not due yet. */
export function earlyRefreshesIn({ server }: Facts): TokenRequest[] {
  const origins = new Map(server.requests.map((origin) => [origin.refreshToken, origin]));
  return server.requests.filter(({ sentAt, spent }) => {
    const origin = spent ? origins.get(spent) : undefined;
    return origin && sentAt < origin.sentAt + LIFE_MS - AHEAD_MS - BUSY_MS;
  });
}

/**
 * Tokens that had expired, or had been revoked, when they were handed out. A caller hears of its
 * token after it was chosen: later, on a busy machine, and much later if everything stood still.
 */
export function deadTokensIn(facts: Facts) {
  const expired: string[] = [];
  let latestMs = -Infinity;
  let afterRevocationMs = -Infinity;
  for (const { name, tally, thawedAt = Infinity } of facts.processes) {
    for (const [token, { chosenAt, lastAt }] of Object.entries(tally.returned)) {
      const issued = issueOf(facts, token);
      const endsAt = (issued?.at ?? 0) + LIFE_MS;
      const wasAsleep = lastAt >= thawedAt && lastAt < thawedAt + 100;
      if (chosenAt >= endsAt || (lastAt >= endsAt + BUSY_MS && !wasAsleep)) {
        expired.push(`${token} in ${name}: ${lastAt - endsAt} ms`);
      }
      if (!wasAsleep) latestMs = Math.max(latestMs, lastAt - endsAt);
      const revokedAt = facts.server.revocations.get(issued?.grant ?? '') ?? Infinity;
      afterRevocationMs = Math.max(afterRevocationMs, lastAt - revokedAt);
    }
  }
  return { afterRevocationMs, expired, latestMs };
}

/** Tokens that the server refused although they should have been alive when it saw them. */
export function refusedTokensIn(facts: Facts): Check[] {
  const checks = facts.processes.flatMap(({ tally }) => tally.checks);
  return checks.filter(({ answeredAt, status, token }) => {
    if (status === 200) return false;
    const issued = issueOf(facts, token);
    const revokedAt = facts.server.revocations.get(issued?.grant ?? '') ?? Infinity;
    const isExcused = issued && answeredAt >= Math.min(issued.at + LIFE_MS, revokedAt);
    return status !== 401 || !isExcused;
  });
}

/**
 * Calls that failed while somebody was signed in. Whoever stood still over a sign-in learns of it
 * from the first calls after that, which are for the sign-in before.
 */
export function strayFailuresIn({ processes, server, signedInAt }: Facts): string[] {
  const signedOut = [...server.revocations.values()].map((from) => {
    return { from, until: signedInAt.find((at) => at > from) ?? Infinity };
  });
  return processes.flatMap(({ name, stoppedAt = Infinity, tally, thawedAt = Infinity }) => {
    const overslept = signedOut.filter(({ until }) => stoppedAt <= until && until <= thawedAt);
    const excuses = [
      ...signedOut,
      ...overslept.map(({ from }) => ({ from, until: thawedAt + BUSY_MS })),
    ];
    return tally.failures.flatMap(({ beganAt, code, endedAt, message }) => {
      const isExcused = excuses.some(({ from, until }) => endedAt >= from && beganAt <= until);
      if (code === 'interaction_required' && isExcused) return [];
      return `${name} at ${beganAt}, for ${endedAt - beganAt} ms: ${code} (${message})`;
    });
  });
}

/** Ends of the session that nobody called what they were, though somebody lived to tell. */
export function silentEndsIn(facts: Facts): string[] {
  const ends = facts.processes.flatMap((one) =>
    one.journal().flatMap((entry) => (entry.what === 'signedOut' ? { ...entry, one } : [])),
  );
  const untold = reusesIn(facts).filter(({ again }) => {
    const teller = facts.processes.find(({ name }) => name === again.process);
    const isTold = ends.some((end) => end.one === teller && end.answerLost);
    return !isTold && teller?.killedAt === undefined;
  });
  // A process that starts while nobody is signed in says that there is none.
  const others = new Set(['elsewhere', 'none']);
  const wrong = ends.filter(({ answerLost, reason }) =>
    reason === 'ended' ? !answerLost : !others.has(reason),
  );
  return [
    ...untold.map(({ again }) => `${again.process} did not tell`),
    ...wrong.map(({ one, reason }) => `${one.name} told of ${reason}`),
  ];
}

/** Locks that were taken from others. */
export function takeoversIn({ processes }: Facts) {
  return processes.flatMap((one) =>
    one.journal().flatMap((entry) => {
      if (entry.what !== 'tookLock') return [];
      const owner = processes.find(({ pid }) => pid === entry.from);
      const isDead = owner?.killedAt !== undefined && owner.killedAt <= entry.at;
      const hasStoodStill = (owner?.stoppedAt ?? Infinity) + LEASE_MS <= entry.at;
      return { isDead, isJust: isDead || hasStoodStill };
    }),
  );
}

function issueOf({ server }: Facts, token: string): TokenRequest | undefined {
  return server.requests.find(({ accessToken }) => accessToken === token);
}
