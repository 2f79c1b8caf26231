import type { ServiceTokenEvent } from 'relier';

/** Counts what relier tells, for a page of metrics. */
export interface Counters {
  count(event: ServiceTokenEvent): void;
  /** In the text format of Prometheus. */
  text(): string;
}

export function createCounters(): Counters {
  const totals = new Map<ServiceTokenEvent['type'], number>();
  let requestMs = 0;
  return {
    count(event) {
      totals.set(event.type, (totals.get(event.type) ?? 0) + 1);
      if (event.type === 'requested') requestMs += event.durationMs;
      if (event.type === 'storeFailed') console.error(`tokens: on our own (${event.error.code})`);
      if (event.type === 'storeRecovered') console.error('tokens: shared again');
    },
    text: () =>
      [
        ...[...totals].map(([type, total]) => `service_tokens_total{event="${type}"} ${total}`),
        `service_tokens_request_seconds_sum ${requestMs / 1000}`,
        '',
      ].join('\n'),
  };
}
