import { getValidatedIdTokenClaims, processGenericTokenEndpointResponse } from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { type Capability, capability } from '../client/capability.ts';
import { coreClient, coreDecryption } from '../client/core-client.ts';
import { invalidOption, requireFlag, requireOptions } from '../options.ts';
import { mapped } from '../protocol-errors.ts';
import { halfHash } from '../tokens/half-hash.ts';
import { checkIdToken } from '../tokens/id-token.ts';
import { verifySignature } from '../tokens/jwt-signature.ts';
import { tokenResponseShape } from '../tokens/token-response.ts';
import { tokenSet } from '../tokens/token-set.ts';
import type { FrontChannel } from './protection.ts';
import { isOpenId } from './transaction.ts';

/** What {@link frontChannel} takes. */
export interface FrontChannelOptions {
  /**
   * Takes no ID token without `s_hash`, as FAPI 1.0 Advanced asks.
   * @default false
   */
  readonly requireStateHash?: boolean | undefined;
}

/**
 * Takes tokens that come back through the browser: the hybrid flows and, with `allowImplicit` in the
 * request, the implicit ones. Every ID token is verified before anything else is used: signature,
 * nonce, and the hashes that tie code and access token to it.
 *
 * @param options `requireStateHash`.
 * @returns the value for `createClient({ frontChannel })`.
 * @throws nothing by itself; `handleAuthorizationResponse` throws ValidationError
 * `invalid_id_token`, `invalid_token_response`, `invalid_authorization_response`
 * @see OpenID Connect Core 1.0 sections 3.2 and 3.3
 *
 * @example
 * ```ts
 * import { createAuthorizationRequest, createClient, frontChannel } from 'relier'
 *
 * const client = createClient({
 *   issuer: 'https://login.example.com',
 *   clientId: 'my-app',
 *   frontChannel: frontChannel(),
 * })
 * await createAuthorizationRequest(client, {
 *   redirectUri: 'https://app.example.com/callback',
 *   responseType: 'code id_token',
 *   responseMode: 'form_post',
 * })
 * ```
 */
export function frontChannel(options: FrontChannelOptions = {}): Capability<'frontChannel'> {
  requireOptions(options);
  const { requireStateHash } = options;
  requireFlag(requireStateHash, 'requireStateHash');
  const inside: FrontChannel = {
    assertAsked({ dpop }, responseType, scope, allowImplicit) {
      if (/\btoken$/.test(responseType.replace('id_token', ''))) {
        if (!allowImplicit) throw invalidOption('responseType', 'needs allowImplicit');
        // No proof of a key goes with a redirect.
        if (dpop && !dpop.allowBearer) {
          throw invalidOption('responseType', 'does not go with dpop()');
        }
      }
      if (responseType.includes('id_token') && !isOpenId(scope)) {
        throw invalidOption('scope', 'must hold openid for an ID token');
      }
    },
    async verify(context, server, transaction, parameters, signal) {
      const client = coreClient(context, server);
      const { createdAt, maxAge, nonce, acr, resource, responsePlace, scope, state } = transaction;
      const accessToken = parameters.get('access_token') ?? undefined;
      const code = parameters.get('code') ?? undefined;
      const body: Record<string, string> = {
        ...Object.fromEntries(parameters),
        // Messages between windows leave the type out; the core wants both.
        token_type: parameters.get('token_type') ?? (responsePlace === 'message' ? 'bearer' : ''),
        ...(!accessToken && { access_token: 'none', token_type: 'bearer' }),
      };
      delete body['refresh_token'];
      const told = { phase: 'authorization', secrets: [], url: context.issuer } as const;
      const response = Response.json(body);
      let opened: string | undefined;
      const decryption = coreDecryption(context, (jws) => {
        opened = jws;
      });
      const issued = await mapped(
        'token_response',
        told,
        () => processGenericTokenEndpointResponse(server, client, response, decryption),
        tokenResponseShape,
      );
      checksOf('authorization_response', context.trace)(
        'token_type',
        issued.token_type === 'bearer',
      );

      const claims = getValidatedIdTokenClaims(issued);
      if (claims) {
        const algorithm = client.id_token_signed_response_alg as string;
        const idToken = opened ?? (issued.id_token as string);
        await checkIdToken(
          context,
          { accessToken, algorithm, claims, idToken, secrets: [...parameters.values()] },
          { acr, askedAt: createdAt, maxAge, nonce },
        );
        const check = checksOf('id_token', context.trace);
        const oldest = createdAt / 1000 - context.clockToleranceSeconds;
        check('iat', claims.iat >= oldest, undefined, claims.iat);
        const hashes = [
          ['at_hash', accessToken, true],
          ['c_hash', code, true],
          ['s_hash', state, requireStateHash],
        ] as const;
        for (const [name, value, isRequired] of hashes) {
          if (value === undefined || !(isRequired || claims[name] !== undefined)) continue;
          check(name, claims[name] === (await halfHash(value, algorithm)));
        }
        await verifySignature(context, 'id_token', { context: told, response }, signal);
      }
      const tokens = tokenSet(context.clock.now(), issued, { scope, resource }, claims);
      return accessToken ? tokens : Object.freeze({ ...tokens, accessToken: '' });
    },
  };
  return capability(inside);
}
