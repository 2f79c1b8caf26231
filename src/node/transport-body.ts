import type { Failures } from './transport-failure.ts';

export interface BodyBounds {
  readonly maxResponseBytes: number;
  readonly failures: Failures;
  /** What a failure of the connection is to whoever reads. */
  readonly failure: (error: unknown) => unknown;
  /** Called when nothing more is to come, or nobody is there to take it. */
  readonly onEnd: () => void;
}

/** An answer of undici's as one of the platform's, with a body that keeps to its bounds. */
export function platformResponse(answer: Response, bounds: BodyBounds): Response {
  const { body, headers, status, statusText, url } = answer;
  if (!body) bounds.onEnd();
  if (status < 200 || status > 599) {
    body?.cancel().catch(() => {});
    throw bounds.failures.failed('network_error', true, `status ${status}`, { status });
  }
  const response = new Response(body && boundedBody(body, status, bounds), {
    status,
    // What else a server may write there the platform does not take.
    statusText: /^[\t -~]*$/.test(statusText) ? statusText : '',
    headers: [...headers],
  });
  return Object.defineProperty(response, 'url', { value: url });
}

let unread: FinalizationRegistry<() => void> | undefined;

/** Counts decompressed bytes as they are read; reads nothing ahead, and nothing over the limit. */
function boundedBody(
  body: ReadableStream<Uint8Array>,
  status: number,
  { failure, failures, maxResponseBytes, onEnd }: BodyBounds,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let size = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      const { done, value } = await reader.read();
      if (!done) {
        size += value.byteLength;
        if (size <= maxResponseBytes) return controller.enqueue(value);
        reader.cancel().catch(() => {});
        const about = `over ${maxResponseBytes} bytes`;
        throw failures.failed('response_too_large', false, about, { status });
      }
      // Undici frees the connection a moment later. Whoever goes on at once would open another.
      await new Promise(setImmediate);
      controller.close();
    } catch (error) {
      controller.error(failure(error));
    }
    onEnd();
  };
  const cancel = (reason?: unknown) => {
    onEnd();
    return reader.cancel(reason);
  };
  const bounded = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  // A body that nobody can read any more would keep its connection.
  unread ??= new FinalizationRegistry((giveUp) => giveUp());
  unread.register(bounded, () => void cancel().catch(() => {}));
  return bounded;
}
