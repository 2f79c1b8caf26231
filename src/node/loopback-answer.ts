import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AuthorizationResponse } from '../authorization/response-parameters.ts';
import type { Transaction } from '../authorization/transaction.ts';
import { type Clock, LONGEST_TIMER_MS } from '../clock.ts';
import { isRelierError, TimeoutError } from '../errors.ts';
import type { AuthorizationResult } from '../flows/authorization-code.ts';
import { type CallbackPage, sendPage } from './callback-page.ts';
import { callbackResponse } from './callback-request.ts';
import type { LoopbackListener } from './loopback-listener.ts';

/** Whose answer is awaited, and for how long. */
export interface AwaitedAnswer {
  readonly clock: Clock;
  readonly listener: LoopbackListener;
  readonly pages: Readonly<Record<'done' | 'failed', CallbackPage>>;
  readonly transaction: Transaction;
  readonly waitMs: number;
  /** Ends the wait without an answer. */
  readonly ended: AbortSignal;
}

/** Finishes a sign-in; asks for its transaction as soon as it knows whose answer it is. */
type Finish = (
  lookup: (state: string) => Transaction | undefined,
  response: AuthorizationResponse,
) => Promise<AuthorizationResult>;

/**
 * Waits for the one answer of this sign-in. Any program of this machine may call, and any page in
 * its browser; but nobody else knows the `state`. Whoever comes without it is sent away, and the
 * wait goes on. The browser hears how it went before the promise settles.
 */
export function awaitAnswer(
  { clock, ended, listener, pages, transaction, waitMs }: AwaitedAnswer,
  finish: Finish,
): Promise<AuthorizationResult> {
  const { redirectUri, responsePlace, state } = transaction;
  const { pathname: path } = new URL(redirectUri);
  const callback = { origin: listener.origin, path, isForm: responsePlace === 'form_post' };

  return new Promise((resolve, reject) => {
    let isTaken = false;
    let strangers = '';
    const late = () => {
      isTaken = true;
      const message = `Nobody came back within ${waitMs / 1000} s.${strangers}`;
      reject(new TimeoutError(message, 'authorization'));
    };
    const cancel = clock.setTimer(late, Math.min(waitMs, LONGEST_TIMER_MS));
    ended.addEventListener('abort', () => {
      isTaken = true;
      cancel();
    });

    async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const received = await callbackResponse(request, callback);
      if (typeof received === 'number') return sendPage(response, bare(received));
      let isOurs = false;
      const lookup = (received: string) => {
        if (isTaken || received !== state) return undefined;
        isOurs = true;
        isTaken = true;
        cancel();
        return transaction;
      };
      try {
        const result = await finish(lookup, received);
        await sendPage(response, pages.done);
        resolve(result);
      } catch (error) {
        // Of use where the provider itself sends what cannot be read, such as a signed response.
        const { check } = Object(error);
        if (isRelierError(error) && check) strangers = ` The last answer failed ${check}.`;
        await sendPage(response, isOurs ? pages.failed : bare(400));
        if (isOurs) reject(error);
      }
    }

    listener.serve((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
  });
}

function bare(status: number): CallbackPage {
  return { status, html: STATUS_CODES[status] ?? '' };
}
