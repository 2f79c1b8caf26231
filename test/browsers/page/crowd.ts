/** Calls to make at once. */
export interface Order {
  readonly run: 'getAccessToken' | 'callApi';
  /** Default: one. */
  readonly times?: number;
}

/** What became of one call. */
export interface Outcome {
  readonly value?: unknown;
  /** As the error's `toJSON()` tells it. */
  readonly error?: { name: string; message: string; code?: string; [member: string]: unknown };
  readonly tookMs: number;
}

/** Makes many tabs do the same in the same moment. */
export interface Crowd {
  /** From now on this page does what others order. */
  join(): void;
  /** Everybody who has joined begins. */
  order(order: Order): void;
  /** This page begins, and nobody else. */
  begin(order: Order): void;
  /** What became of the newest order, when all its calls have come to their end. */
  readonly outcomes: readonly Outcome[] | undefined;
}

export function crowd(
  calls: Record<Order['run'], () => Promise<unknown>>,
  describe: (error: unknown) => NonNullable<Outcome['error']>,
): Crowd {
  let channel: BroadcastChannel | undefined;
  let outcomes: readonly Outcome[] | undefined;

  async function begin({ run, times = 1 }: Order): Promise<void> {
    outcomes = undefined;
    const startedAt = performance.now();
    const one = async (): Promise<Outcome> => {
      const ended = await calls[run]().then(
        (value) => ({ value }),
        (error) => ({ error: describe(error) }),
      );
      return { ...ended, tookMs: performance.now() - startedAt };
    };
    outcomes = await Promise.all(Array.from({ length: times }, one));
  }

  return {
    join() {
      outcomes = undefined;
      channel ??= new BroadcastChannel('orders of the test');
      channel.onmessage = ({ data }) => void begin(data);
    },
    order(order) {
      channel?.postMessage(order);
      void begin(order);
    },
    begin: (order) => void begin(order),
    get outcomes() {
      return outcomes;
    },
  };
}
