import { genericTokenEndpointRequest, processGenericTokenEndpointResponse } from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { callEndpoint, type RequestOptions } from '../client/call-endpoint.ts';
import { coreDecryption } from '../client/core-client.ts';
import type { ClientContext } from '../client/create-client.ts';
import { addExtraParameters, addTexts, requireResources } from '../options.ts';
import { mapped } from '../protocol-errors.ts';
import type { Issued } from '../tokens/identified-token-set.ts';

/** Options that every grant takes. */
export interface GrantOptions extends RequestOptions {
  /** The scope to ask for, space-separated (RFC 6749 section 3.3). */
  readonly scope?: string | undefined;
  /** The resources the access token is for: absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined;
  /** Parameters of this server's own; they may not override the ones that relier sends. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
}

/** Sends a grant to the token endpoint and reads the answer. */
export function requestGrant(
  context: ClientContext,
  grantType: string,
  own: Record<string, string>,
  options: GrantOptions,
  needed?: 'issued_token_type',
): Promise<Issued> {
  const parameters = new URLSearchParams(own);
  addTexts(parameters, options, ['scope']);
  for (const resource of requireResources(options.resource)) {
    parameters.append('resource', resource);
  }
  addExtraParameters(parameters, options.extraParameters);

  const subject = 'token_response';
  const { dpop, trace } = context;
  const { signal } = options;
  const check = checksOf(subject, trace);
  return callEndpoint(
    context,
    { subject, endpoint: 'token_endpoint', proof: 'authorization', signal },
    ({ server, client, authentication, http }) =>
      genericTokenEndpointRequest(server, client, authentication, grantType, parameters, http),
    async (answer) => {
      let opened: string | undefined;
      const issued = await mapped(subject, answer.context, () =>
        processGenericTokenEndpointResponse(answer.server, answer.client, answer.response, {
          ...coreDecryption(context, (jws) => {
            opened = jws;
          }),
          // What was exchanged for need not be a token that can be presented (RFC 8693).
          ...(needed && { recognizedTokenTypes: { n_a: () => {} } }),
        }),
      );
      check('access_token', true);
      // A bearer token where a bound one was asked for is a downgrade.
      const type = dpop ? 'dpop' : 'bearer';
      check(
        'token_type',
        issued.token_type === type ||
          !!dpop?.allowBearer ||
          (!!needed && issued.token_type === 'n_a'),
        type,
        issued.token_type,
      );
      if (needed) check(needed, typeof issued[needed] === 'string');
      const keyThumbprint = await dpop?.thumbprint();
      return { answer, issued, idToken: opened ?? issued.id_token, keyThumbprint };
    },
  );
}
