import type { IncomingMessage } from 'node:http';
import { oktaError, Refusal } from './errors.ts';
import type { Operation, Org } from './types.ts';

/** The headers that every request needs, and how a body is sent. */
export function checkHeaders(org: Org, { headers, method }: IncomingMessage, body: string): void {
  const { accept, 'content-type': contentType = '' } = headers;
  // Documented as needed always; live programs go without where there is no body.
  if (!contentType) org.violate('there is no Content-Type');
  if (!accept || (body && !contentType)) throw oktaError('E0000018');
  const json = /^application\/json\s*(?:;|$)/i;
  if (!accept.split(',').some((type) => json.test(type.trim()))) throw oktaError('E0000019');
  if (contentType && !json.test(contentType)) throw oktaError('E0000019');
  if (!headers['user-agent']) org.violate('there is no User-Agent');
  const writes = method === 'POST' || method === 'PUT';
  if (writes && !headers['content-length'] && !headers['transfer-encoding']) {
    throw new Refusal({ status: 411, body: '<html><body>Length Required</body></html>' });
  }
}

/** A parameter that nobody documents is ignored by Okta, and a mistake all the same. */
export function checkQuery(org: Org, operation: Operation, url: URL): void {
  const names = [...url.searchParams.keys()];
  for (const name of new Set(names)) {
    if (!operation.query?.includes(name)) org.violate(`the query has ${name}`);
    if (names.filter((other) => other === name).length > 1) org.violate(`${name} is given twice`);
  }
}

/** The body as JSON; `undefined` for none. */
export function parseBody(org: Org, operation: Operation, text: string): unknown {
  if (text === '') {
    if (operation.body === 'required') throw oktaError('E0000003');
    return undefined;
  }
  if (!operation.body) org.violate('a body where none is documented');
  // "Four-byte UTF-8 is not supported."
  if (/[\u{10000}-\u{10ffff}]/u.test(text)) throw oktaError('E0000003');
  try {
    return JSON.parse(text);
  } catch {
    throw oktaError('E0000003');
  }
}
