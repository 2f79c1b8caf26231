import type { ResourceServer } from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import { checksOf } from '../checks.ts';
import type { RequestOptions } from '../client/call-endpoint.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import { fetchDocument } from '../discovery/fetch-document.ts';
import { invalidOption, requireOptions, requireText, requireTexts } from '../options.ts';
import { assertSecureUrl, parseUrl } from '../secure-url.ts';

/** What an API says about itself, in the wire's own names (RFC 9728 section 2). */
export type ResourceMetadata = Readonly<ResourceServer>;

/** What {@link fetchResourceMetadata} takes besides the resource. */
export interface ResourceMetadataOptions extends RequestOptions {
  /** The hosts that may be asked; one that only a challenge names is not among them by itself. */
  readonly allowedHosts: readonly string[];
}

/**
 * Asks an API which authorization servers it trusts and which scopes it knows. Sends no token.
 *
 * @param client decides about TLS, time and transport; its issuer need not be the API's.
 * @param resource the API's identifier: an absolute URL.
 * @param options `allowedHosts`, such as `['api.example.com']`; `signal`.
 * @returns the metadata; its `resource` is the one that was asked for, to the byte.
 * @throws ConfigurationError `invalid_option` (another host), `insecure_url`; TransportError;
 * TimeoutError `timeout`; ValidationError `invalid_resource_metadata`
 * @see RFC 9728 section 3
 *
 * @example
 * ```ts
 * import { type Client, fetchResourceMetadata } from 'relier'
 *
 * export const scopesOf = async (client: Client, api: string) =>
 *   (await fetchResourceMetadata(client, api, { allowedHosts: ['api.example.com'] }))
 *     .scopes_supported
 * ```
 */
export async function fetchResourceMetadata(
  client: Client,
  resource: string,
  options: ResourceMetadataOptions,
): Promise<ResourceMetadata> {
  const { allowLoopback, clock, trace, transport } = contextOf(client);
  requireOptions(options);
  const { signal } = options;
  const allowedHosts = requireTexts(options.allowedHosts, 'allowedHosts');
  const url = parseUrl(requireText(resource, 'resource'));
  if (!url || resource.includes('#') || url.username || url.password) {
    throw invalidOption('resource', 'must be an absolute URL without fragment and credentials');
  }
  if (!allowedHosts.includes(url.host)) throw invalidOption('resource', 'is at no allowed host');
  assertSecureUrl(url, allowLoopback, 'resource');
  // The path goes behind the well-known part (section 3.1).
  const { origin, pathname, search } = url;
  const path = pathname === '/' ? '' : pathname;
  const address = `${origin}/.well-known/oauth-protected-resource${path}${search}`;
  const { document } = await abortable(
    () => fetchDocument(transport, address, clock),
    signal,
    'discovery',
  );
  const check = checksOf('resource_metadata', trace);
  check('resource', document['resource'] === resource, resource, document['resource']);
  return Object.freeze(document) as unknown as ResourceMetadata;
}
