import { setTimeout as pause } from 'node:timers/promises';

/** Less than a lock is waited for in vain (20 s), more than a busy machine takes for a page. */
export const patienceMs = 15_000;

/**
 * Asks until the answer is truthy. Errors are tolerated, because a window that is on its way from
 * page to page has moments without a page, or with half of one; the last one is told at the end.
 */
export async function eventually<T>(
  ask: () => Promise<T>,
  what: string,
  timeoutMs = patienceMs,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Still waiting after ${timeoutMs} ms: ${what}. Last answer: ${show(last)}`);
    }
    await pause(20);
  }
}

function show(value: unknown): string {
  return value instanceof Error ? value.message : (JSON.stringify(value) ?? 'undefined');
}
