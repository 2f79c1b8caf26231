import { answerIn } from '../authorization/response-parameters.ts';
import { parseUrl } from '../secure-url.ts';

/** Names the lock of whoever waits for the answer to this `state`, and the channel to them. */
export function relayName(state: string): string {
  return `relier:answer:${state}`;
}

/** What the callback page tells the window that waits. */
export interface Relay {
  readonly type: 'relier:response';
  readonly url: string;
}

/** The parameters of an answer in an address: in its query, or in its fragment. */
export function answerParameters({ hash, search }: URL): URLSearchParams | undefined {
  return answerIn(search) ?? answerIn(hash.slice(1));
}

/** The address that the callback page was called with, if the message is from there and for us. */
export function relayedAnswer(data: unknown, state: string): URL | undefined {
  const { type, url: text } = Object(data);
  const url = type === 'relier:response' ? parseUrl(text) : undefined;
  const parameters = url && answerParameters(url);
  // The state of a protected response is inside of it.
  return parameters && (parameters.get('state') ?? state) === state ? url : undefined;
}
