import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** What a test keeps back: a request before anybody has seen it, or the answer to it. */
export type HeldPart = 'request' | 'answer';

export interface Held {
  /** Resolves when it is here. */
  readonly arrived: Promise<void>;
  /** Lets it go on. A request whose sender has gone meanwhile was never here. */
  release(): void;
}

export interface HeldRequests {
  /** Keeps back the next request for an endpoint of a host, and no other. */
  hold(part: HeldPart, host: string, endpoint: string): Held;
  /** Handles a request, now or when it may go on. */
  handle(
    handler: RequestListener,
    about: { host: string; endpoint: string },
    ...exchange: [IncomingMessage, ServerResponse]
  ): void;
  /** Lets all go on, and keeps back none. */
  releaseAll(): void;
}

interface Hold extends Held {
  readonly part: HeldPart;
  readonly host: string;
  readonly endpoint: string;
  readonly released: Promise<void>;
  arrive(): void;
}

export function heldRequests(): HeldRequests {
  const expected: Hold[] = [];
  const all = new Set<Hold>();

  return {
    hold(part, host, endpoint) {
      const { promise: arrived, resolve: arrive } = deferred();
      const { promise: released, resolve: release } = deferred();
      const hold: Hold = { part, host, endpoint, arrived, arrive, released, release };
      expected.push(hold);
      all.add(hold);
      return hold;
    },
    handle(handler, { endpoint, host }, request, response) {
      const isMeant = (hold: Hold) => hold.host === host && hold.endpoint === endpoint;
      const index = request.method === 'OPTIONS' ? -1 : expected.findIndex(isMeant);
      const [hold] = index < 0 ? [] : expected.splice(index, 1);
      if (hold?.part === 'request') {
        hold.arrive();
        void hold.released.then(() => {
          if (!response.destroyed) handler(request, response);
        });
        return;
      }
      if (hold) {
        const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
        response.end = (...given: unknown[]) => {
          hold.arrive();
          void hold.released.then(() => end(...given));
          return response;
        };
      }
      void handler(request, response);
    },
    releaseAll() {
      expected.length = 0;
      for (const { release } of all) release();
      all.clear();
    },
  };
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
