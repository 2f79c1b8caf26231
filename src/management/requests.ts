import { invalidOption, requireOptions, requireText } from '../options.ts';
import { contentOf, itemsOf, withFacts } from './answer.ts';
import { type Cursor, listOf, requireCount } from './list.ts';
import type { Query, Requests } from './request.ts';
import type { Call, Reply } from './sender.ts';

/** The requests to one org. */
export function requestsTo(origin: string, send: (call: Call) => Promise<Reply>): Requests {
  const urlOf = (path: string, query: Query = {}) => {
    const url = new URL(`${origin}/api/v1${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, `${value}`);
    }
    return url.href;
  };
  return {
    async value(method, path, parts = {}, shape = contentOf) {
      requireOptions(parts);
      const { query, signal } = parts;
      const body = 'body' in parts ? written(parts.body) : undefined;
      const reply = await send({ method, url: urlOf(path, query), body, signal });
      return withFacts(Object.freeze(shape(reply.body)), reply.facts);
    },
    async nothing(method, path, parts = {}) {
      requireOptions(parts);
      await send({ method, url: urlOf(path), signal: parts.signal });
    },
    list(path, options: Cursor = {}, query = {}, shape = contentOf) {
      requireOptions(options);
      const { after, limit, signal } = options;
      requireCount(limit, 'limit');
      if (after !== undefined) requireText(after, 'after');
      for (const [name, value] of Object.entries(query)) {
        const type = name === 'trusted' ? 'boolean' : 'string';
        if (value !== undefined && typeof value !== type) {
          throw invalidOption(name, `must be a ${type}`);
        }
      }
      return listOf(urlOf(path, { ...query, limit, after }), async (url) => {
        const { body, facts, headers } = await send({ method: 'GET', url, signal });
        const items = itemsOf<readonly unknown[]>(body).map((item) => Object.freeze(shape(item)));
        return { items: Object.freeze(items), facts, link: headers.get('link') ?? '' };
      });
    },
  };
}

/** Once for all attempts, between which the caller's object may change. */
function written(body: unknown): string {
  requireOptions(body, 'body');
  try {
    return JSON.stringify(body);
  } catch {
    throw invalidOption('body', 'cannot be written as JSON');
  }
}
