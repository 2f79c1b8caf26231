import { AuthorizationResponseError, skipStateCheck, validateJwtAuthResponse } from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import { checksOf } from '../checks.ts';
import { serverOf } from '../client/call-endpoint.ts';
import { type Capability, capability } from '../client/capability.ts';
import { coreClient, coreDecryption, usualAlgorithm } from '../client/core-client.ts';
import { isSigningAlgorithm } from '../client/create-client.ts';
import { withServerKeys } from '../client/server-keys-of.ts';
import { invalidOption, requireOptions } from '../options.ts';
import { mapped } from '../protocol-errors.ts';
import { jwtKind } from '../tokens/jwt-kind.ts';
import type { ResponseProtection } from './protection.ts';

/** What {@link jarm} takes. */
export interface JarmOptions {
  /**
   * The one algorithm that responses must be signed with, as registered for this client.
   * @default 'RS256', or the only one that the server's metadata lists
   */
  readonly signingAlgorithm?: string | undefined;
}

/**
 * Has authorization responses signed by the server, and takes no others. Adds `jwt` to the response
 * mode that is asked for.
 *
 * @param options `signingAlgorithm`.
 * @returns the value for `createClient({ responseProtection })`.
 * @throws ConfigurationError `invalid_option`
 * @see JWT Secured Authorization Response Mode for OAuth 2.0 (JARM)
 *
 * @example
 * ```ts
 * import { createClient, jarm } from 'relier'
 *
 * createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'my-app',
 *   responseProtection: jarm({ signingAlgorithm: 'PS256' }),
 * })
 * ```
 */
export function jarm(options: JarmOptions = {}): Capability<'responseProtection'> {
  requireOptions(options);
  const { signingAlgorithm } = options;
  if (!isSigningAlgorithm(signingAlgorithm ?? 'RS256')) {
    throw invalidOption('signingAlgorithm', 'is not a supported asymmetric algorithm');
  }
  const subject = 'authorization_response';
  const inside: ResponseProtection = {
    wireMode(responseType, responseMode) {
      if (responseType !== 'code' || responseMode?.endsWith('_message')) {
        throw invalidOption('responseType', 'does not go with jarm()');
      }
      return `${responseMode ? `${responseMode}.` : ''}jwt`;
    },
    async open(context, parameters, signal) {
      const { issuer, trace } = context;
      const check = checksOf(subject, trace);
      const iss = parameters.get('iss') ?? issuer;
      check('iss', iss === issuer, issuer, iss);
      const server = await serverOf(context, signal);
      const algorithm =
        signingAlgorithm ?? usualAlgorithm(server, 'authorization_signing_alg_values_supported');
      const client = {
        ...coreClient(context, server),
        authorization_signed_response_alg: algorithm,
      };
      let signed = parameters.get('response') ?? '';
      const verify = () =>
        withServerKeys(context, async (keys) => {
          try {
            return await validateJwtAuthResponse(keys.server, client, parameters, skipStateCheck, {
              ...keys.http,
              ...coreDecryption(context, (jws) => {
                signed = jws;
              }),
            });
          } catch (error) {
            // The signature is good and what it covers is an error, which is judged like any other.
            if (error instanceof AuthorizationResponseError) return error.cause;
            throw error;
          }
        });
      const told = { phase: 'authorization', secrets: [], url: server.issuer } as const;
      const opened = await abortable(
        () => mapped(subject, told, verify, { required: 'iss aud exp' }),
        signal,
        'authorization',
      );
      const kind = jwtKind(signed);
      check('typ', kind !== undefined && /^[^+]*$/.test(kind), undefined, kind);
      for (const name of ['alg', 'iss', 'aud', 'exp', 'signature']) check(name, true);
      return opened;
    },
  };
  return capability(inside);
}
