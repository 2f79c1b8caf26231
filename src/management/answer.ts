import { checkFailed } from '../checks.ts';
import type { RateLimit } from '../errors.ts';
import { invalidOption } from '../options.ts';

/** What Okta says about an answer, apart from its content. */
export interface AnswerFacts {
  /** The HTTP status. */
  readonly status: number;
  /** What Okta's support asks for. */
  readonly requestId?: string;
  /** What is left of the bucket. */
  readonly rateLimit?: RateLimit;
}

const facts = new WeakMap<object, AnswerFacts>();

/**
 * Status, request id and rate limit of the answer that a result came with. For results as the client
 * returned them, not for copies and items of lists; pages have these members themselves.
 *
 * @param result what `get`, `create`, `replace` and the like returned.
 * @throws ConfigurationError `invalid_option`
 *
 * @example
 * ```ts
 * import { answerOf, type ManagementClient } from 'relier/management'
 *
 * export async function requestsLeft(okta: ManagementClient) {
 *   const server = await okta.authorizationServers.get('default')
 *   return answerOf(server).rateLimit?.remaining
 * }
 * ```
 */
export function answerOf(result: object): AnswerFacts {
  const found = facts.get(result);
  if (!found) throw invalidOption('result', 'must be what the client returned');
  return found;
}

/** Remembers what came with a result, for as long as that lives. */
export function withFacts<T extends object>(result: T, answer: AnswerFacts): T {
  facts.set(result, answer);
  return result;
}

/** An object. */
export function contentOf<T extends object>(body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw checkFailed('management_response', 'object');
  }
  return body as T;
}

/** The items of a list. Keys come in a key set too, and in one that is wrapped once more. */
export function itemsOf<T extends readonly unknown[]>(body: unknown): T {
  const { keys, jwks } = Object(body);
  const items = [body, keys, jwks?.keys].find(Array.isArray);
  if (!items) throw checkFailed('management_response', 'list');
  return items as unknown as T;
}
