import { abortable } from './abortable.ts';
import { type Clock, LONGEST_TIMER_MS } from './clock.ts';
import {
  type ErrorPhase,
  isRelierError,
  requestFailed,
  TimeoutError,
  TransportError,
  type TransportErrorCode,
} from './errors.ts';
import { assertSecureUrl } from './secure-url.ts';
import type { Trace } from './trace.ts';

/** The part of the Fetch standard that relier needs; the platform's `fetch` fits. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What one request is for. */
export interface TransportCall {
  readonly phase: ErrorPhase;
  readonly signal?: AbortSignal | undefined;
  /** The body is the caller's to read: no limit on its size, and none on its time. */
  readonly isStreamed?: boolean | undefined;
}

/** A completely received answer: the body has been read, within the time and size limits. */
export interface Answer {
  readonly response: Response;
  readonly text: string;
  /** The URL that answered, without query. */
  readonly url: string;
  /** When the request was sent, by the injected wall clock. */
  readonly sentAt: number;
}

/** Sends one request and returns its complete answer, or throws a typed error. */
export type Transport = (url: string, init: RequestInit, call: TransportCall) => Promise<Answer>;

export interface TransportOptions {
  readonly fetch: Fetch | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly allowLoopback: boolean;
  readonly trace: Trace | undefined;
}

const BODY_LIMIT_BYTES = 1_048_576;
/** Whose timer is later than this has slept; so long it listens for what has come meanwhile. */
const WAKE_MS = 1_000;

/**
 * Wraps a `fetch` with what every request needs: TLS, one deadline for headers and body together,
 * a body limit, no redirects, typed errors that hold nothing of the request.
 */
export function portableTransport(options: TransportOptions): Transport {
  const { clock, timeoutMs, trace } = options;

  return async (url, init, { isStreamed, phase, signal }) => {
    const { origin, pathname } = assertSecureUrl(new URL(url), options.allowLoopback, 'endpoint');
    const where = origin + pathname;
    const { method = 'GET' } = init;
    const fail = (code: TransportErrorCode, retryable: boolean, about: string, more?: object) =>
      new TransportError(requestFailed(where, code, about), {
        code,
        phase,
        retryable,
        ...more,
      });

    const controller = new AbortController();
    const receive = async (): Promise<Answer> => {
      const sentAt = clock.now();
      const started = clock.monotonic();
      trace?.({ type: 'request', phase, method, url: where });
      let response: Response;
      let text: string | undefined;
      try {
        response = await (options.fetch ?? fetch)(url, {
          ...init,
          redirect: 'manual',
          // What is streamed outlives this call, and so does the caller's wish to end it.
          signal:
            isStreamed && signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
        });
        text = isStreamed ? '' : await readText(response);
      } catch (error) {
        // A transport of ours knows what went wrong, and not what for.
        if (isRelierError(error)) {
          throw error.phase === 'transport' ? Object.assign(error, { phase }) : error;
        }
        const reason = reasonOf(error);
        throw fail('network_error', true, reason, reason ? { reason } : {});
      }
      const { headers, status, type } = response;
      if (text === undefined) {
        throw fail('response_too_large', false, `over ${BODY_LIMIT_BYTES} bytes`, { status });
      }
      const durationMs = clock.monotonic() - started;
      trace?.({ type: 'response', phase, method, url: where, status, durationMs });
      if (type === 'opaqueredirect' || /^30[12378]$/.test(`${status}`)) {
        throw fail('redirect_refused', false, `${status}`, { status });
      }
      // Nothing that HTTP knows, such as the error response of a service worker.
      if (status < 200 || status > 599) {
        throw fail('network_error', true, `status ${status}`, { status });
      }
      if (isStreamed) return { response, text, url: where, sentAt };
      // Made anew, because the protocol core reads the body again.
      const body = /^(?:20[45]|304)$/.test(`${status}`) ? null : text;
      const told = new Headers(headers);
      // One of many spellings, of which the core knows one (RFC 9110 section 8.3.1).
      const contentType = told
        .get('content-type')
        ?.replace(/^[^;]*/, (name) => name.trim().toLowerCase());
      if (contentType) told.set('content-type', contentType);
      const complete = new Response(body, { status, headers: told });
      return { response: complete, text, url: where, sentAt };
    };

    // Frees what is still under way when we give up; a streamed body goes on to the caller.
    let giveUp = () => controller.abort();
    let stopTimer = () => {};
    const late = new Promise<never>((_, reject) => {
      const error = new TimeoutError(requestFailed(where, 'timeout', `${timeoutMs} ms`), phase);
      const tooLate = () => reject(error);
      const ms = Math.min(timeoutMs, LONGEST_TIMER_MS);
      const dueAt = clock.monotonic() + ms;
      stopTimer = clock.setTimer(() => {
        // After a sleep this comes first, and then an answer that has long been there.
        if (clock.monotonic() < dueAt + WAKE_MS) tooLate();
        else stopTimer = clock.setTimer(tooLate, WAKE_MS);
      }, ms);
    });
    try {
      // Ended by us and not by the fetch, because an injected one may ignore its signal.
      const answer = await abortable(() => Promise.race([receive(), late]), signal, phase);
      giveUp = () => {};
      return answer;
    } finally {
      stopTimer();
      giveUp();
    }
  };
}

/** The body as text, or `undefined` as soon as it is over the limit. */
export async function readText({ body }: Pick<Response, 'body'>): Promise<string | undefined> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let size = 0; reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > BODY_LIMIT_BYTES) {
      reader.cancel().catch(() => {});
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

/** A system error code such as `ECONNREFUSED`; never free text, which could hold anything. */
function reasonOf(error: unknown): string {
  const { code, cause } = Object(error);
  return /^[A-Z][A-Z0-9_]{1,39}$/.exec(code ?? Object(cause).code)?.[0] ?? '';
}
