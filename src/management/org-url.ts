import { invalidOption, requireText } from '../options.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';

/** What people copy along with it: a slash, or where an API or a server of the org begins. */
const KNOWN_PATHS = /^\/(?:$|(?:oauth2|api\/v1|\.well-known)(?:\/|$))/;

/** The origin of an org's URL. The admin console looks like one, and answers with pages. */
export function orgOrigin(value: unknown): string {
  const url = parseUrl(requireText(value, 'orgUrl'));
  if (!url || url.username || url.password) {
    throw invalidOption('orgUrl', 'must be a URL without credentials');
  }
  const { hostname, origin, pathname } = assertSecureUrl(url, true, 'orgUrl');
  if (/-admin\.[\w-]*okta[\w-]*\.(?:com|mil)$/.test(hostname)) {
    const org = hostname.replace('-admin.', '.');
    throw invalidOption('orgUrl', `leads to the admin console; the org is at https://${org}`);
  }
  if (!KNOWN_PATHS.test(pathname)) {
    throw invalidOption('orgUrl', `has the path ${pathname}, which is none of an Okta org's`);
  }
  return origin;
}
