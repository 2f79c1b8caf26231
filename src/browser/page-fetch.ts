import { abortable } from '../abortable.ts';
import { invalidOption, requireOptions } from '../options.ts';
import type { Session } from '../session/create-session.ts';

/**
 * The session's `fetch` for a page. A `Request` gives away its body as a stream, in Firefox not at
 * all; and browsers send streams over HTTP/2 alone, or never. So it is read before it is sent.
 */
export function pageFetch(fetch: Session['fetch']): Session['fetch'] {
  return async (input, init = {}) => {
    requireOptions(init, 'init');
    const request = typeof Object(input).url === 'string' ? (input as Request) : undefined;
    const { body = null, method = request?.method ?? '' } = init;
    if (!request || body !== null || /^(?:GET|HEAD)$/i.test(method)) return fetch(input, init);
    const read = async () => {
      try {
        return await request.arrayBuffer();
      } catch {
        throw invalidOption('body', 'cannot be read, or was read already');
      }
    };
    const bytes = await abortable(read, init.signal ?? request.signal, 'transport');
    return fetch(input, { ...init, body: bytes });
  };
}
