import { oktaError, validationFailed } from './errors.ts';
import type { NoAnswer } from './http.ts';
import { rateLimitOf } from './rate-limits.ts';
import type { Answer, Operation, Org } from './types.ts';

/**
 * What happens to one request, once:
 * - `rateLimit`: 429 of a bucket that others of the org have emptied;
 * - `concurrency`: 429 with a limit and a rest of 0, whose reset is a guess;
 * - `refusal`: 400 for a reason of Okta's own;
 * - `internalError`, `readOnly`: 500 and 503 with Okta's error body;
 * - `badGateway`: 502 with a page of HTML;
 * - `redirect`: 302 to another origin;
 * - `notJson`: 200 with text;
 * - `resetBefore`, `resetAfter`: the connection is lost before or after the operation is carried out;
 * - `silence`: no answer, ever.
 */
export type Mishap =
  | 'rateLimit'
  | 'concurrency'
  | 'refusal'
  | 'internalError'
  | 'readOnly'
  | 'badGateway'
  | 'redirect'
  | 'notJson'
  | 'resetBefore'
  | 'resetAfter'
  | 'silence';

export interface MishapOptions {
  /** How many requests it hits. */
  readonly times?: number;
  /** Only requests of this operation, by its id. */
  readonly operation?: string;
  /** What `X-Rate-Limit-Reset` says of a 429, in ms from now. */
  readonly resetAfterMs?: number;
}

interface Waiting extends Omit<MishapOptions, 'times'> {
  readonly mishap: Mishap;
  left: number;
}

export function createMishaps(org: Org) {
  let waiting: Waiting[] = [];
  return {
    add(mishap: Mishap, { times = 1, ...options }: MishapOptions = {}): void {
      waiting.push({ mishap, left: times, ...options });
    },
    clear(): void {
      waiting = [];
    },
    /** The answer of a request that something happens to; `carryOut` is what it would have done. */
    async around(
      operation: Operation | undefined,
      carryOut: () => Promise<Answer>,
    ): Promise<Answer | NoAnswer> {
      const next = waiting.find(
        (one) => one.operation === undefined || one.operation === operation?.id,
      );
      if (!next) return carryOut();
      next.left--;
      if (next.left <= 0) waiting = waiting.filter((one) => one !== next);
      if (next.mishap === 'resetAfter') await carryOut();
      return answerOf(org, next);
    },
  };
}

function answerOf(org: Org, { mishap, resetAfterMs = 1_000 }: Waiting): Answer | NoAnswer {
  switch (mishap) {
    case 'rateLimit':
    case 'concurrency':
      return oktaError('E0000047', rateLimitOf(org, mishap, resetAfterMs)).answer;
    case 'refusal':
      return validationFailed('request', ['This org is not entitled to it.']).answer;
    case 'internalError':
      return oktaError('E0000009').answer;
    case 'readOnly':
      return oktaError('E0000010').answer;
    case 'badGateway':
      return { status: 502, body: '<html><body><h1>502 Bad Gateway</h1></body></html>' };
    case 'redirect':
      return { status: 302, headers: [['location', 'https://elsewhere.example/api/v1/signin']] };
    case 'notJson':
      return { status: 200, body: 'OK' };
    case 'resetBefore':
    case 'resetAfter':
      return 'reset';
    case 'silence':
      return 'silence';
  }
}
