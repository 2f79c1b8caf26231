import { processPushedAuthorizationResponse, pushedAuthorizationRequest } from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { callEndpoint } from '../client/call-endpoint.ts';
import { type Capability, capability } from '../client/capability.ts';
import { invalidOption, requireOptions } from '../options.ts';
import { text, unsupported } from '../protocol-errors.ts';
import type { PushedAuthorization } from './protection.ts';

/** What {@link par} takes. */
export interface ParOptions {
  /**
   * `auto` pushes wherever the server has an endpoint for it; `required` fails where it has none.
   * A push that fails is never replaced by a plain request.
   * @default 'auto'
   */
  readonly mode?: 'auto' | 'required' | undefined;
}

/**
 * Sends authorization requests to the server directly, with the client's authentication, so that
 * the browser carries nothing that could be read or changed there.
 *
 * @param options `mode`.
 * @returns the value for `createClient({ pushedAuthorization })`.
 * @throws ConfigurationError `invalid_option`; when used, `unsupported_by_server`
 * @see RFC 9126
 *
 * @example
 * ```ts
 * import { createClient, par } from 'relier'
 *
 * createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'my-app',
 *   pushedAuthorization: par(),
 * })
 * ```
 */
export function par(options: ParOptions = {}): Capability<'pushedAuthorization'> {
  requireOptions(options);
  const { mode = 'auto' } = options;
  if (mode !== 'auto' && mode !== 'required') {
    throw invalidOption('mode', "must be 'auto' or 'required'");
  }
  const inside: PushedAuthorization = {
    async push(context, server, parameters, signal) {
      const endpoint = 'pushed_authorization_request_endpoint';
      if (!server[endpoint] && mode === 'auto') return undefined;
      if (!server[endpoint]) throw unsupported(endpoint);
      const subject = 'pushed_authorization_response';
      return callEndpoint(
        context,
        { subject, shape, endpoint, phase: 'authorization', proof: 'authorization', signal },
        ({ server, client, authentication, http }) =>
          pushedAuthorizationRequest(server, client, authentication, parameters, http),
        async (answer) => {
          const { client, response, sentAt, server } = answer;
          const { request_uri, expires_in } = await processPushedAuthorizationResponse(
            server,
            client,
            response,
          );
          const check = checksOf(subject, context.trace);
          check('expires_in', expires_in > 0, undefined, expires_in);
          return { requestUri: request_uri, expiresAt: sentAt + expires_in * 1000 };
        },
      );
    },
  };
  return capability(inside);
}

const shape = {
  members: { request_uri: text, expires_in: () => false },
  required: 'request_uri expires_in',
};
