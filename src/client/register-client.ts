import {
  dynamicClientRegistrationRequest,
  type Client as OAuthClient,
  type OmitSymbolProperties,
  processDynamicClientRegistrationResponse,
} from 'oauth4webapi';
import { parseJsonObject } from '../json.ts';
import { invalidOption, requireOptions, requireToken } from '../options.ts';
import { text } from '../protocol-errors.ts';
import { callEndpoint, type RequestOptions } from './call-endpoint.ts';
import { type Client, contextOf } from './create-client.ts';

/** Client metadata in the wire's own names (RFC 7591 section 2). */
export type ClientMetadata = Readonly<Record<string, unknown>>;

/** What the server registered, in the wire's own names (RFC 7591 section 3.2.1). */
export interface RegisteredClient {
  /** The identifier to create a client with. */
  readonly client_id: string;
  /** The secret, where the server issued one. */
  readonly client_secret?: string;
  /** When the secret lapses, in seconds since the epoch; 0 for never. */
  readonly client_secret_expires_at?: number;
  /** Members of this server's own. */
  readonly [member: string]: unknown;
}

/** What {@link registerClient} takes besides the metadata. */
export interface RegistrationOptions extends RequestOptions {
  /** A token that allows registering, where the server wants one. */
  readonly initialAccessToken?: string | undefined;
}

/**
 * Registers a client at a server.
 *
 * @param client any client at that server: says where to register, with a made-up `clientId`.
 * @param metadata what the client will do, in the wire's own names.
 * @param options `initialAccessToken`, `signal`.
 * @returns the registration, with the new `client_id`.
 * @throws OAuthResponseError `oauth_error` (`error: 'invalid_client_metadata'`); TransportError;
 * TimeoutError `timeout`; ValidationError `invalid_registration_response`, `invalid_metadata`;
 * ConfigurationError `invalid_option`, `insecure_url`, `unsupported_by_server`
 * @see RFC 7591
 *
 * @example
 * ```ts
 * import { createClient, registerClient } from 'relier'
 *
 * const issuer = 'https://login.example.com'
 * const { client_id: clientId } = await registerClient(
 *   createClient({ issuer, clientId: 'not registered yet' }),
 *   { redirect_uris: ['https://app.example.com/callback'], token_endpoint_auth_method: 'none' },
 * )
 * const client = createClient({ issuer, clientId })
 * ```
 */
export async function registerClient(
  client: Client,
  metadata: ClientMetadata,
  options: RegistrationOptions = {},
): Promise<RegisteredClient> {
  const context = contextOf(client);
  requireOptions(metadata, 'metadata');
  requireJson(metadata);
  requireOptions(options);
  const { initialAccessToken, signal } = options;
  if (initialAccessToken !== undefined) requireToken(initialAccessToken, 'initialAccessToken');
  return callEndpoint(
    context,
    { subject: 'registration_response', shape, endpoint: 'registration_endpoint', signal },
    ({ server, http }) =>
      dynamicClientRegistrationRequest(
        server,
        metadata as Partial<OmitSymbolProperties<OAuthClient>>,
        { ...http, ...(initialAccessToken && { initialAccessToken }) },
      ),
    async (answer) => {
      // Many servers leave it out, and mean that it does not lapse; some say 200 and mean 201.
      const body = { client_secret_expires_at: 0, ...answer.body };
      const response = answer.response.ok ? Response.json(body, { status: 201 }) : answer.response;
      const registered = await processDynamicClientRegistrationResponse(response);
      return Object.freeze(
        'client_secret' in registered ? registered : answer.body,
      ) as RegisteredClient;
    },
  );
}

const shape = {
  members: { client_id: text, client_secret: text, client_secret_expires_at: () => false },
  required: 'client_id',
};

function requireJson(metadata: ClientMetadata): void {
  let json: string | undefined;
  try {
    json = JSON.stringify(metadata);
  } catch {
    // Cyclic, or a BigInt: refused below.
  }
  // A Map, say, would be written as an empty object, and register a client that can do nothing.
  const isPlain = Object.prototype.toString.call(metadata) === '[object Object]';
  if (!isPlain || !parseJsonObject(json ?? '')) {
    throw invalidOption('metadata', 'must be plain JSON');
  }
}
