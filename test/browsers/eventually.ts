import { setTimeout as pause } from 'node:timers/promises';
import { PageError } from './in-page.ts';

export const patienceMs = 10_000;

/**
 * Asks until the answer is truthy. A driver's refusals are tolerated, because a window that is on
 * its way from page to page has moments without a page; an error of the page is not.
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
      if (error instanceof PageError) throw error;
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
