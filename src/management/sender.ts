import { abortable } from '../abortable.ts';
import type { Clock } from '../clock.ts';
import { parseJsonObject } from '../json.ts';
import { notJson, secretsOf } from '../server-errors.ts';
import type { Transport } from '../transport.ts';
import type { AnswerFacts } from './answer.ts';
import type { HeaderAuth } from './auth.ts';
import { rateLimitOf } from './rate-limit.ts';
import { refusal } from './refusal.ts';
import type { Method } from './request.ts';

/** One call, as it is sent: as often as it takes. */
export interface Call {
  readonly method: Method;
  readonly url: string;
  /** JSON. */
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A successful answer. */
export interface Reply {
  /** Parsed and frozen; `undefined` where the answer has none. */
  readonly body: unknown;
  readonly headers: Headers;
  readonly facts: AnswerFacts;
}

export interface SenderOptions {
  readonly auth: Partial<HeaderAuth>;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly userAgent: string | undefined;
}

const phase = 'management';
const json = 'application/json';

/** Sends a call once. */
export function sender({ auth, clock, transport, userAgent }: SenderOptions) {
  return async ({ body, method, signal, url }: Call): Promise<Reply> => {
    const headers = {
      accept: json,
      'content-type': json,
      ...(userAgent && { 'user-agent': userAgent }),
      ...(auth.authorization && {
        authorization: await abortable(
          async () => (auth as HeaderAuth).authorization(),
          signal,
          phase,
        ),
      }),
    };
    const init = { method, headers, ...(body && { body }) };
    const answer = await transport(url, init, { phase, signal });
    const { response, text } = answer;
    const { status } = response;
    const requestId = response.headers.get('x-okta-request-id') ?? '';
    const rateLimit = rateLimitOf(response.headers, clock.now());
    const facts = Object.freeze({
      status,
      ...(/^[\w.-]{1,100}$/.test(requestId) && { requestId }),
      ...(rateLimit && { rateLimit }),
    });
    if (!response.ok) {
      const { client_secret = '' } = parseJsonObject(body ?? '') ?? {};
      const secrets = [...secretsOf(init), `${client_secret}`].filter(Boolean);
      throw refusal(answer, facts, secrets, clock);
    }
    try {
      const parsed = text ? JSON.parse(text, (_, value) => Object.freeze(value)) : undefined;
      return { body: parsed, headers: response.headers, facts };
    } catch {
      throw notJson({ phase, status, url: answer.url });
    }
  };
}
