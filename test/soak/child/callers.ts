import { setTimeout as pause } from 'node:timers/promises';
import type { Session } from '../../../src/index.ts';
import { fingerprint } from '../fingerprint.ts';
import { count } from '../histogram.ts';
import { addReturned, type Tally, tally } from '../tally.ts';

export interface Callers {
  /** What has happened since the last time. */
  take(): Tally;
  /** Returns when all have come back. */
  stop(): Promise<void>;
}

const LONGEST_PAUSE_MS = 50;
const SLOW_MS = 1_000;
/** Of all tokens that are handed out, besides each one's first time. */
const CHECKED_SHARE = 1 / 2_000;
/** More than any answer from memory takes, and less than anything else. */
const TURNS = 12;

/** Many parts of a program that want an access token again and again. */
export function startCallers(session: Session, number: number, userInfoUrl: string): Callers {
  let current = tally();
  let isOver = false;
  let last: { token: string; name: string } | undefined;
  const checks = new Set<Promise<void>>();

  const check = async (token: string, name: string, returnedAt: number) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(userInfoUrl, { headers });
    const claims = response.ok ? await response.json() : await response.text();
    const status = response.ok && Object(claims).sub !== 'ada' ? -1 : response.status;
    current.checks.push({ token: name, returnedAt, answeredAt: Date.now(), status });
  };

  const handedOut = (token: string, lastAt: number, chosenAt: number) => {
    const isNew = token !== last?.token;
    if (isNew) last = { token, name: fingerprint(token) };
    const { name } = last as { name: string };
    addReturned(current, name, { times: 1, lastAt, chosenAt });
    if (!isNew && Math.random() > CHECKED_SHARE) return;
    const work = check(token, name, lastAt).finally(() => checks.delete(work));
    checks.add(work);
  };

  const call = async () => {
    const beganAt = Date.now();
    const began = performance.now();
    let ended: { readonly ms: number; readonly at: number } | undefined;
    const end = () => {
      ended = { ms: performance.now() - began, at: Date.now() };
    };
    const answer = session.getAccessToken();
    answer.then(end, end);
    for (let turns = 0; !ended && turns < TURNS; turns++) await undefined;
    const isWarm = !!ended;
    current.calls += 1;
    try {
      const token = await answer;
      const { at, ms } = ended as unknown as { ms: number; at: number };
      handedOut(token, at, isWarm ? beganAt : 0);
      if (ms > SLOW_MS) current.slow.push({ beganAt, endedAt: at });
      else count(isWarm ? current.warm : current.waiting, ms);
    } catch (error) {
      const { code, message } = Object(error);
      current.failures.push({ beganAt, endedAt: Date.now(), code, message });
    }
  };

  const caller = async () => {
    while (!isOver) {
      await call();
      await pause(Math.random() * LONGEST_PAUSE_MS);
    }
  };
  const all = Promise.all(Array.from({ length: number }, caller));

  return {
    take() {
      const taken = current;
      current = tally();
      return { ...taken, rssBytes: process.memoryUsage.rss() };
    },
    async stop() {
      isOver = true;
      await all;
      await Promise.all(checks);
    },
  };
}
