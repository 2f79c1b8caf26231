/** How often something took how long: plain data, exact to 5 %, so that a million calls fit in. */
export interface Histogram {
  /** By the number of the bucket. */
  readonly counts: Record<number, number>;
  total: number;
  maxMs: number;
}

const STEP = Math.log(1.05);

export function histogram(): Histogram {
  return { counts: {}, total: 0, maxMs: 0 };
}

export function count(into: Histogram, ms: number): void {
  const bucket = Math.round(Math.log(Math.max(ms, 1e-4)) / STEP);
  into.counts[bucket] = (into.counts[bucket] ?? 0) + 1;
  into.total += 1;
  into.maxMs = Math.max(into.maxMs, ms);
}

export function addTo(into: Histogram, other: Histogram): void {
  for (const [bucket, times] of Object.entries(other.counts)) {
    into.counts[Number(bucket)] = (into.counts[Number(bucket)] ?? 0) + times;
  }
  into.total += other.total;
  into.maxMs = Math.max(into.maxMs, other.maxMs);
}

/** In milliseconds. */
export function quantile({ counts, total }: Histogram, share: number): number {
  const buckets = Object.entries(counts).map(([bucket, times]) => [Number(bucket), times] as const);
  let seen = 0;
  for (const [bucket, times] of buckets.sort(([a], [b]) => a - b)) {
    seen += times;
    if (seen >= total * share) return Math.exp(bucket * STEP);
  }
  return 0;
}
