import { invalidOption } from '../options.ts';

/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** The scheme in lower case, such as `bearer`; absent where the server wrote none. */
  readonly scheme?: string;
  /** All parameters, names in lower case. Untrusted text. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What stands in place of parameters in some schemes. */
  readonly token68?: string;
  /** `invalid_token`, `insufficient_scope`, `insufficient_user_authentication`, `use_dpop_nonce`, … */
  readonly error?: string;
  /** The scope that is needed (RFC 6750 section 3). */
  readonly scope?: string;
  /** Authentication context classes that are needed, space-separated (RFC 9470 section 3). */
  readonly acrValues?: string;
  /** How old the person's authentication may be, in seconds (RFC 9470 section 3). */
  readonly maxAge?: number;
  /** Where the API's metadata is said to be (RFC 9728 section 5.1). Untrusted: never just fetch it. */
  readonly resourceMetadata?: string;
}

const TOKEN = /[^\s,="]+/y;
const SPACE = /[ \t]*/y;
const SEPARATORS = /[\s,]*/y;
const QUOTED = /"([^"\\]*(?:\\.[^"\\]*)*)"?/sy;
const UNQUOTED = /[^\s,]*/y;
const TOKEN68 = /([A-Za-z0-9._~+/-]+=*)[ \t]*(?=,|$)/y;
/** A further word of a value: not the name of the next parameter. */
const WORD = /[ \t]+(?![^\s,="]+[ \t]*=)([^\s,]+)/y;
const NAME = /[^\s,="]+(?=[ \t]*=)/y;

/**
 * Reads what an API says about why it refused a request, as servers really write it: several
 * challenges in one header, values without quotes, no scheme at all. Never throws over what a server
 * wrote, and takes time in proportion to it.
 *
 * @param header the value of `WWW-Authenticate`, the headers, or the response.
 * @returns the challenges in their order; empty where there is none.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9470, RFC 9728 section 5.1
 *
 * @example
 * ```ts
 * import { parseChallenge } from 'relier'
 *
 * export const mustStepUp = (response: Response) =>
 *   parseChallenge(response).find(({ error }) => error === 'insufficient_user_authentication')
 * ```
 */
export function parseChallenge(header: string | Headers | Response | null): Challenge[] {
  const text = headerValue(header);
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const found: { scheme?: string; token68?: string; parameters: Map<string, string> }[] = [];

  for (;;) {
    take(SEPARATORS);
    if (at >= text.length) break;
    const name = take(NAME)?.[0];
    if (name !== undefined) {
      take(SPACE);
      at += 1;
      take(SPACE);
      const value = text[at] === '"' ? quoted(take(QUOTED)) : unquoted(take);
      if (found.length === 0) found.push({ parameters: new Map() });
      // The first one counts, so that nobody can append another meaning.
      const { parameters } = found[found.length - 1] as (typeof found)[number];
      if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
      continue;
    }
    const scheme = take(TOKEN)?.[0];
    // A stray quote or equals sign.
    if (scheme === undefined) {
      at += 1;
      continue;
    }
    take(SPACE);
    const token68 = take(TOKEN68)?.[1];
    found.push({
      scheme: scheme.toLowerCase(),
      parameters: new Map(),
      ...(token68 !== undefined && { token68 }),
    });
  }
  return found.map(({ parameters, ...rest }) => challenge(rest, parameters));
}

function headerValue(header: unknown): string {
  if (typeof header === 'string') return header;
  if (header === null) return '';
  const headers = Object(header).headers ?? header;
  if (typeof headers?.get !== 'function') {
    throw invalidOption('header', 'must be a header value, Headers or a Response');
  }
  return headers.get('www-authenticate') ?? '';
}

function quoted(match: RegExpExecArray | null): string {
  return (match?.[1] ?? '').replace(/\\(.)/gs, '$1');
}

/** Words belong to the value until a comma or the next name comes. */
function unquoted(take: (pattern: RegExp) => RegExpExecArray | null): string {
  const words = [take(UNQUOTED)?.[0] ?? ''];
  for (;;) {
    const word = take(WORD)?.[1];
    if (word === undefined) return words.join(' ');
    words.push(word);
  }
}

function challenge(
  start: { scheme?: string; token68?: string },
  parameters: Map<string, string>,
): Challenge {
  const named = {
    error: parameters.get('error'),
    scope: parameters.get('scope'),
    acrValues: parameters.get('acr_values'),
    resourceMetadata: parameters.get('resource_metadata'),
  };
  const maxAge = parameters.get('max_age');
  return Object.freeze({
    ...start,
    parameters: Object.freeze(Object.fromEntries(parameters)),
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value)),
    ...(/^\d{1,10}$/.test(maxAge ?? '') && { maxAge: Number(maxAge) }),
  });
}
