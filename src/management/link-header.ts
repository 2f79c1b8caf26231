// RFC 8288 section 3 and appendix B; RFC 9110 section 5.6 for tokens, strings and white space.
const SEPARATORS = /[\s,]*/y;
// No reference holds a `<`; so that a bracket that is never closed is not searched for again and again.
const TARGET = /<([^<>]*)>/y;
const PARAMETER = /[ \t]*;[ \t]*([^\s;,=<>"]*)/y;
const VALUE = /[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"?|([^\s;,"]*))/sy;
const JUNK = /(?:"(?:[^"\\]|\\.)*"?|[^,"])+/sy;

/**
 * The target of the first link to the next page, as it is written: a URI reference. Several headers,
 * joined by commas, are one. A link from elsewhere (`anchor`) is not ours; of several `rel`, the first
 * counts. Takes time in proportion to the header.
 *
 * @see RFC 8288 section 3
 */
export function nextLink(header: string): string | undefined {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    take(SEPARATORS);
    if (at >= header.length) return undefined;
    const target = take(TARGET)?.[1];
    const parameters = new Map<string, string>();
    for (let found = take(PARAMETER); found; found = take(PARAMETER)) {
      const [, quoted, plain] = take(VALUE) ?? [];
      const name = (found[1] as string).toLowerCase();
      const value = quoted?.replace(/\\(.)/gs, '$1') ?? plain ?? '';
      if (!parameters.has(name)) parameters.set(name, value);
    }
    // Up to the next comma outside of quotes, or at least one further.
    if (header[at] !== ',' && !take(JUNK)) at += 1;
    const relations = parameters.get('rel')?.toLowerCase().split(/\s+/) ?? [];
    if (target !== undefined && !parameters.has('anchor') && relations.includes('next')) {
      return target;
    }
  }
}
