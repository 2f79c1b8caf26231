import type { FleetPlan, FleetRun } from './fleet.ts';

/** What a run comes to. */
export interface FleetFigures {
  readonly calls: number;
  readonly expired: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly requests: number;
  /** The shortest time between two requests of anybody in calm weather, in milliseconds. */
  readonly shortestGapMs: number;
  /** The same between two requests of one process, at any time. */
  readonly shortestOwnGapMs: number;
  readonly duringTrouble: number;
  /** From the end of trouble to the next token, in milliseconds. */
  readonly recoveryMs: number | undefined;
  readonly events: Readonly<Record<string, number>>;
  /** In milliseconds; powers of two, rounded up. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly most: number };
}

/** Counts what has happened; `settleMs` after trouble the weather is calm again. */
export function figuresOf(
  { reports, requests, trouble }: FleetRun,
  settleMs: number,
): FleetFigures {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const merged = (records: readonly Readonly<Record<string, number>>[]) => {
    const total: Record<string, number> = {};
    for (const [name, count] of records.flatMap(Object.entries)) {
      total[name] = (total[name] ?? 0) + Number(count);
    }
    return total;
  };
  const isInTrouble = (at: number) =>
    !!trouble && at >= trouble.from && at <= trouble.until + settleMs;

  const calm = requests.filter(({ at }) => !isInTrouble(at)).map(({ sentAt }) => sentAt);
  const across = (a: number, b: number) => !!trouble && a < trouble.from && b > trouble.until;
  const gaps = calm
    .slice(1)
    .flatMap((at, n) => (across(calm[n] ?? 0, at) ? [] : at - (calm[n] ?? 0)));
  const ownGaps = requests.flatMap(({ process, sentAt }, n) => {
    const before = requests.slice(0, n).findLast((other) => other.process === process);
    return before ? [sentAt - before.sentAt] : [];
  });
  const histogram = reports.reduce<number[]>(
    (total, { latency }) => latency.map((count, n) => count + (total[n] ?? 0)),
    [],
  );
  const quantile = (share: number) => {
    const wanted = sum(histogram) * share;
    return 2 ** histogram.findIndex((_, n) => sum(histogram.slice(0, n + 1)) >= wanted);
  };
  return {
    calls: sum(reports.map(({ calls }) => calls)),
    expired: sum(reports.map(({ expired }) => expired)),
    errors: merged(reports.map(({ errors }) => errors)),
    requests: requests.length,
    shortestGapMs: Math.min(...gaps),
    shortestOwnGapMs: Math.min(...ownGaps),
    recoveryMs: trouble && after(requests, trouble.until),
    duringTrouble: requests.filter(({ at }) => isInTrouble(at)).length,
    events: merged(reports.map(({ events }) => events)),
    latency: { p50: quantile(0.5), p99: quantile(0.99), most: quantile(1) },
  };
}

function after(requests: FleetRun['requests'], end: number): number | undefined {
  const next = requests.find(({ at, isAnswered }) => isAnswered && at >= end);
  return next && next.at - end;
}

/** The run as a few lines for whoever reads the log. */
export function tell(title: string, plan: FleetPlan, figures: FleetFigures): void {
  const { calls, duringTrouble, errors, events, expired, latency, requests } = figures;
  const { callers, durationMs, lifeMs, processes } = plan;
  process.stdout.write(
    [
      `\n${title}: ${processes} processes x ${callers} callers, ${durationMs / 1000} s, tokens of ${lifeMs / 1000} s`,
      `  ${calls} calls, ${expired} got an expired token, errors ${JSON.stringify(errors)}`,
      `  ${requests} requests for tokens, ${duringTrouble} of them in trouble and until it was over`,
      ...(figures.recoveryMs === undefined
        ? []
        : [`  next token ${figures.recoveryMs} ms after it`]),
      `  shortest gap in calm ${figures.shortestGapMs} ms, of one process ${figures.shortestOwnGapMs} ms`,
      `  latency p50 <= ${latency.p50} ms, p99 <= ${latency.p99} ms, most <= ${latency.most} ms`,
      `  ${Object.entries(events)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}\n`,
    ].join('\n'),
  );
}
