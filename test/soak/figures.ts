import { addTo, histogram, quantile } from './histogram.ts';
import { deadTokensIn, reusesIn, takeoversIn } from './judgement.ts';
import type { Facts } from './run-soak.ts';
import { LIFE_MS } from './server-log.ts';
import type { Span } from './tally.ts';

export type Figures = ReturnType<typeof figuresOf>;

/** What a person wants to know after a soak. */
export function figuresOf(facts: Facts) {
  const { processes, readings, server } = facts;
  const warm = histogram();
  const waiting = histogram();
  let slowestMs = 0;
  for (const one of processes) {
    addTo(warm, one.tally.warm);
    addTo(waiting, one.tally.waiting);
    const long = [...one.tally.slow, ...one.tally.failures];
    const slow = long.filter((span) => !sleptIn(one, span));
    slowestMs = Math.max(slowestMs, ...slow.map(({ beganAt, endedAt }) => endedAt - beganAt));
  }
  slowestMs = Math.max(slowestMs, warm.maxMs, waiting.maxMs);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const seconds = (facts.endedAt - facts.startedAt) / 1_000;
  const during = server.requests.filter(({ at }) => at >= facts.startedAt && at <= facts.endedAt);
  const refreshes = during.filter(({ outcome, spent }) => spent && outcome === 'issued');
  const reuses = reusesIn(facts);
  // Every token that was issued has come to its end, but the one that is valid at the end, and
  // those whose refresh token was lost before.
  const expiries = new Set(during.flatMap(({ spent }) => spent ?? [])).size;
  const takeovers = takeoversIn(facts);
  return {
    seconds,
    started: processes.length,
    killed: processes.filter(({ killedAt }) => killedAt !== undefined).length,
    stopped: processes.filter(({ stoppedAt }) => stoppedAt !== undefined).length,
    calls: sum(processes.map(({ tally }) => tally.calls)),
    tokensIssued: during.filter(({ outcome }) => outcome === 'issued').length,
    tokensChecked: sum(processes.map(({ tally }) => tally.checks.length)),
    tokenRequests: during.filter(({ spent }) => spent).length,
    refreshes: refreshes.length,
    expiries,
    refreshesPerExpiry: refreshes.length / expiries,
    secondsPerRefresh: seconds / refreshes.length,
    expectedSecondsPerRefresh: [(LIFE_MS * 0.9) / 1_000, LIFE_MS / 1_000],
    reusesInWindow: reuses.filter(({ isInWindow }) => isInWindow).length,
    reusesOutside: reuses.filter(({ isInWindow }) => !isInWindow).length,
    signInsAgain: facts.signedInAt.length,
    locksTakenFromTheDead: takeovers.filter(({ isDead }) => isDead).length,
    locksTakenFromTheSilent: takeovers.filter(({ isDead }) => !isDead).length,
    warmCalls: warm.total,
    warmP50Ms: quantile(warm, 0.5),
    warmP99Ms: quantile(warm, 0.99),
    waitingCalls: waiting.total,
    waitingP50Ms: quantile(waiting, 0.5),
    waitingP99Ms: quantile(waiting, 0.99),
    slowestMs,
    reads: readings.storeReads + readings.fileReads,
    revisionsSeen: readings.revisions,
    tornReads: readings.torn.length,
    latestUseAfterExpiryMs: deadTokensIn(facts).latestMs,
    mostRssMiB: Math.max(...processes.map(({ tally }) => tally.rssBytes)) / 2 ** 20,
    heapMiB: facts.heapBytes.map((bytes) => bytes / 2 ** 20),
  };
}

export function tableOf(figures: Figures): string {
  const width = Math.max(...Object.keys(figures).map((name) => words(name).length));
  return Object.entries(figures)
    .map(
      ([name, value]) => `${words(name).padEnd(width)}  ${[value].flat().map(shown).join(' … ')}`,
    )
    .join('\n');
}

function sleptIn({ stoppedAt = Infinity, thawedAt = Infinity }: Facts['processes'][0], call: Span) {
  return call.beganAt <= thawedAt && call.endedAt >= stoppedAt;
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/Ms$/, ', ms'],
  [/MiB$/, ', MiB'],
];

/** A name as words: `warmP50Ms` is `warm p50, ms`. */
function words(name: string): string {
  const [unit, shownUnit] = UNITS.find(([pattern]) => pattern.test(name)) ?? [/$/, ''];
  const text = name.replace(unit, '').replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`);
  return text.toLowerCase() + shownUnit;
}

function shown(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
