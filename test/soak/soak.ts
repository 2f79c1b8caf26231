import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Figures, figuresOf, tableOf } from './figures.ts';
import {
  deadTokensIn,
  earlyRefreshesIn,
  refusedTokensIn,
  reusesIn,
  silentEndsIn,
  strayFailuresIn,
  takeoversIn,
} from './judgement.ts';
import { type Facts, runSoak } from './run-soak.ts';
import { LIFE_MS } from './server-log.ts';
import { timelineOf } from './timeline.ts';

/**
 * The soak, and what has to hold of it. `keyringPackage` is where `@napi-rs/keyring` is installed, for
 * a store that is encrypted with a key of the system's keyring.
 */
export function soak(title: string, seconds: number, keyringPackage?: string): void {
  const patienceMs = seconds * 1_000 + 60_000;

  let folder: string;
  let facts: Facts;
  let figures: Figures;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'relier-soak-'));
    facts = await runSoak(seconds, folder, keyringPackage);
    figures = figuresOf(facts);
    console.info(tableOf(figures));
    const { SOAK_JSON, SOAK_TIMELINE } = process.env;
    if (SOAK_JSON) writeFileSync(SOAK_JSON, `${JSON.stringify(figures, undefined, 2)}\n`);
    if (SOAK_TIMELINE) writeFileSync(SOAK_TIMELINE, timelineOf(facts));
  }, patienceMs);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe(title, () => {
    it('agree in the end that the session is alive, and on its token', () => {
      expect(facts.atEnd).toHaveLength(8);
      const [first] = facts.atEnd;
      expect(first?.session).toMatchObject({ status: 'signedIn', claims: { sub: 'ada' } });
      for (const one of facts.atEnd) expect(one).toEqual(first);
      const issued = facts.server.requests.map(({ accessToken }) => accessToken);
      const age = (token: string | undefined) => issued.indexOf(token);
      expect(age(first?.token)).toBeGreaterThanOrEqual(age(facts.newestBefore));
      expect(facts.newestBefore).toBeDefined();
    });

    it('never spend a refresh token twice but where nobody can help it', () => {
      expect(reusesIn(facts).filter(({ isInWindow }) => !isInWindow)).toEqual([]);
    });

    it('lose the session only with an answer, and say so', () => {
      const grants = new Set(reusesIn(facts).map(({ before }) => before.grant));
      expect(new Set(facts.server.revocations.keys())).toEqual(grants);
      expect(facts.signedInAt).toHaveLength(grants.size);
      expect(silentEndsIn(facts)).toEqual([]);
    });

    it('refresh once per expiry, and not before it is due', () => {
      expect(earlyRefreshesIn(facts)).toEqual([]);
      // One each 1.8 seconds at most; at least one in the token's life, with half a second for a
      // busy machine, and less what somebody waited for one that stood still.
      const { elapsed, losses } = {
        elapsed: figures.seconds * 1_000,
        losses: facts.signedInAt.length,
      };
      const most = elapsed / (LIFE_MS * 0.9) + 1 + losses;
      const least = (elapsed - figures.slowestMs) / (LIFE_MS + 500) - 1 - losses;
      expect(figures.refreshes).toBeLessThanOrEqual(most);
      expect(figures.refreshes).toBeGreaterThanOrEqual(least);
      expect(figures.refreshes).toBe(figures.expiries);
      expect(figures.tokenRequests).toBe(figures.expiries + reusesIn(facts).length);
    });

    it('never hand out a token that has expired', () => {
      const { afterRevocationMs, expired } = deadTokensIn(facts);
      expect(expired).toEqual([]);
      // It was revoked because of a refresh that was due, so that little of its life was left.
      expect(afterRevocationMs).toBeLessThan(LIFE_MS / 10 + 50);
      expect(refusedTokensIn(facts)).toEqual([]);
      expect(figures.tokensChecked).toBeGreaterThan(figures.tokensIssued);
    });

    it('serve every call while somebody is signed in', () => {
      expect(strayFailuresIn(facts)).toEqual([]);
      expect(figures.calls).toBeGreaterThan(seconds * 1_000);
    });

    it('take locks only from the dead and from those who stood still for a lease', () => {
      expect(takeoversIn(facts).filter(({ isJust }) => !isJust)).toEqual([]);
    });

    it('leave no lock behind, and no file', () => {
      const kinds = facts.leftBehind.map((path) => path.replace(/^[^/]*\/?/, ''));
      const states = kinds.map((name) => name.split('.').at(-1)).sort();
      expect(states, facts.leftBehind.join('\n')).toEqual(['', '', 'data', 'free', 'record']);
    });

    it('never show a reader a record that is torn, or older than the one before', () => {
      expect(facts.readings.torn.slice(0, 5)).toEqual([]);
      expect(facts.readings.revisions).toBeGreaterThan(figures.refreshes);
    });

    it('end when they should and not before, with no rejection unhandled', () => {
      const unhandled = facts.processes.flatMap((one) =>
        one.journal().filter(({ what }) => what === 'unhandled'),
      );
      expect(unhandled).toEqual([]);
      const exits = facts.processes.map(({ exit, killedAt }) =>
        killedAt ? exit?.signal === 'SIGKILL' : exit?.code === 0,
      );
      expect(exits).not.toContain(false);
      expect(facts.leaked).toBe(0);
    });

    it('do not grow', () => {
      const [early = 0, late = 0] = facts.heapBytes;
      expect(late - early).toBeLessThan(3 * 2 ** 20);
    });
  });
}
