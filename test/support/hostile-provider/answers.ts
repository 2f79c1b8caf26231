import type { Answer, Json, Op } from './types.ts';

/** An error answer on its way from the place that found it to the place that sends it. */
export interface ProtocolFailure extends Error {
  answer: Answer;
  error: string;
}

export function json(body: unknown, status = 200, headers: Answer['headers'] = []): Answer {
  return {
    status,
    headers: [['content-type', 'application/json'], ['cache-control', 'no-store'], ...headers],
    body: JSON.stringify(body),
  };
}

export function text(body: string, type: string, status = 200): Answer {
  return { status, headers: [['content-type', type]], body };
}

export function html(body: string, status = 200): Answer {
  return text(`<!doctype html><title>provider</title>${body}`, 'text/html; charset=utf-8', status);
}

export function redirect(location: string, status = 302): Answer {
  return { status, headers: [['location', location]], body: '' };
}

export function failure(
  status: number,
  error: string,
  description: string,
  headers: Answer['headers'] = [],
): ProtocolFailure {
  const body: Json = { error, error_description: description };
  return Object.assign(new Error(description), {
    error,
    answer: json(body, status, headers),
  });
}

/** Records that the request broke a rule, and gives the error that says so. */
export function violation(
  op: Op,
  row: string,
  description: string,
  error = 'invalid_request',
  status = 400,
): ProtocolFailure {
  op.violate(row, description);
  return failure(status, error, `${row}: ${description}`);
}

export function isProtocolFailure(value: unknown): value is ProtocolFailure {
  return value instanceof Error && 'answer' in value && 'error' in value;
}

export function setHeader(answer: Answer, name: string, value: string): void {
  answer.headers = answer.headers.filter(([known]) => known !== name);
  answer.headers.push([name, value]);
}

export function parsedBody(answer: Answer): Json {
  return JSON.parse(String(answer.body)) as Json;
}

/** Makes an answer into another one; what a fault does that takes over an endpoint. */
export function replace(answer: Answer, by: Answer): void {
  const crossOrigin = answer.headers.filter(([name]) => name.startsWith('access-control-'));
  answer.status = by.status;
  answer.headers = [...by.headers, ...crossOrigin];
  answer.body = by.body;
}
