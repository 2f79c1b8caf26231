import { decodeBase64Url } from '../base64url.ts';
import { parseJsonObject } from '../json.ts';

/**
 * What kind of token a JWT says it is (RFC 8725 section 3.11), such as `at+jwt`; empty for a plain
 * one. The header is read again, because the core shows nothing of it.
 */
export function jwtKind(jwt: string): string | undefined {
  const { typ = '' } = parseJsonObject(decodeBase64Url(jwt.split('.')[0] as string)) ?? {};
  if (typeof typ !== 'string') return undefined;
  const kind = typ.replace(/^application\/|\s*(?:;.*)?$/gi, '').toLowerCase();
  return kind === 'jwt' ? '' : kind;
}
