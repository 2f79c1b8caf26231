import type { JWK } from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import type { ServerMetadata } from '../discovery/server-metadata.ts';
import { requireOptions } from '../options.ts';
import { type RequestOptions, serverOf } from './call-endpoint.ts';
import { type Client, contextOf } from './create-client.ts';
import { serverKeysOf } from './server-keys-of.ts';

/**
 * What the server says about itself. Fetched when first needed, shared by all callers, renewed
 * hourly, kept through outages of a day.
 *
 * @param client the client whose server it is.
 * @param options `signal`.
 * @returns the metadata, in the wire's own names.
 * @throws TransportError; TimeoutError `timeout`; ValidationError `invalid_metadata`
 * @see RFC 8414, OpenID Connect Discovery 1.0 section 4
 *
 * @example
 * ```ts
 * import { type Client, fetchServerMetadata } from 'relier'
 *
 * export const canSignOut = async (client: Client) =>
 *   (await fetchServerMetadata(client)).end_session_endpoint !== undefined
 * ```
 */
export async function fetchServerMetadata(
  client: Client,
  options: RequestOptions = {},
): Promise<ServerMetadata> {
  requireOptions(options);
  return serverOf(contextOf(client), options.signal);
}

/**
 * The public keys that the server signs with. Fetched when first needed, shared by all callers,
 * renewed every ten minutes and for unknown key ids, kept through outages of a day.
 *
 * @param client the client whose server it is.
 * @param options `signal`.
 * @returns a JSON Web Key Set with the keys of kinds that can be used.
 * @throws ConfigurationError `unsupported_by_server`; TransportError; TimeoutError `timeout`;
 * ValidationError `invalid_metadata`, `invalid_keys`
 * @see RFC 7517 section 5
 *
 * @example
 * ```ts
 * import { type Client, fetchServerKeys } from 'relier'
 *
 * export const keyIds = async (client: Client) =>
 *   (await fetchServerKeys(client)).keys.map(({ kid }) => kid)
 * ```
 */
export async function fetchServerKeys(
  client: Client,
  options: RequestOptions = {},
): Promise<{ readonly keys: readonly JWK[] }> {
  requireOptions(options);
  const known = serverKeysOf(contextOf(client));
  const { keys } = await abortable(() => known.current(), options.signal, 'discovery');
  // A copy: what everybody shares is nobody's to change.
  return structuredClone({ keys });
}
