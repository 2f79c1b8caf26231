import { randomBytes } from 'node:crypto';
import type { Answer } from './types.ts';

/** An answer that ends a request wherever it is thrown. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`${answer.status}`);
    this.answer = answer;
  }
}

const summaries = {
  E0000003: [400, 'The request body was not well-formed.'],
  E0000006: [403, 'You do not have permission to perform the requested action'],
  E0000008: [404, 'The requested path was not found'],
  E0000009: [500, 'Internal Server Error'],
  E0000010: [503, 'Service is in read only mode'],
  E0000011: [401, 'Invalid token provided'],
  E0000018: [400, 'Bad request. Accept and/or Content-Type headers are likely not set.'],
  E0000019: [
    400,
    'Bad request. Accept and/or Content-Type headers likely do not match supported values.',
  ],
  E0000022: [405, 'The endpoint does not support the provided HTTP method'],
  E0000029: [400, 'Invalid paging request.'],
  E0000031: [400, 'Invalid search criteria.'],
  E0000047: [429, 'API call exceeded rate limit due to too many requests.'],
} as const;

export function oktaError(
  code: keyof typeof summaries,
  headers: Answer['headers'] = [],
): Refusal & { readonly answer: Answer } {
  const [status, summary] = summaries[code];
  return new Refusal({ status, body: errorBody(code, summary), headers });
}

/** `E0000001`: the request is well-formed and against a rule. */
export function validationFailed(subject: string, causes: readonly string[]): Refusal {
  return new Refusal({
    status: 400,
    body: errorBody('E0000001', `Api validation failed: ${subject}`, causes),
  });
}

/** `E0000007`, in the words of live answers. */
export function notFound(id: string, type: string): Refusal {
  const summary = `Not found: Resource not found: ${id} (${type})`;
  return new Refusal({ status: 404, body: errorBody('E0000007', summary) });
}

function errorBody(errorCode: string, errorSummary: string, causes: readonly string[] = []) {
  return {
    errorCode,
    errorSummary,
    errorLink: errorCode,
    errorId: `oae${randomBytes(16).toString('base64url')}`,
    errorCauses: causes.map((cause) => ({ errorSummary: cause })),
  };
}

/** Whatever is thrown, as an answer; what nobody threw on purpose fails the test that sees it. */
export function refusalOf(cause: unknown): Answer {
  if (cause instanceof Refusal) return cause.answer;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return { status: 500, body: text, headers: [['content-type', 'text/plain']] };
}
