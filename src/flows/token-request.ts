import { genericTokenEndpointRequest, processGenericTokenEndpointResponse } from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { callEndpoint, type EndpointAnswer, type RequestOptions } from '../client/call-endpoint.ts';
import { coreDecryption } from '../client/core-client.ts';
import type { ClientContext } from '../client/create-client.ts';
import { addExtraParameters, addTexts, requireResources } from '../options.ts';
import { mapped } from '../protocol-errors.ts';
import type { Issued } from '../tokens/identified-token-set.ts';
import { tokenResponseShape } from '../tokens/token-response.ts';

/** Options that every grant takes. */
export interface GrantOptions extends RequestOptions {
  /** The scope to ask for, space-separated (RFC 6749 section 3.3). */
  readonly scope?: string | undefined;
  /** The resources the access token is for: absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined;
  /** Parameters of this server's own; they may not override the ones that relier sends. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
}

/** What only relier itself asks of a grant. */
export interface GrantCall {
  /** Called in the same turn in which the request leaves; if it throws, nothing is sent. */
  readonly beforeSend?: () => void;
}

/** Sends a grant to the token endpoint and reads the answer. */
export async function requestGrant(
  context: ClientContext,
  grantType: string,
  own: Record<string, string>,
  options: GrantOptions,
  needed?: 'issued_token_type',
): Promise<Issued> {
  return readGrant(context, await sendGrant(context, grantType, own, options), needed);
}

/** Sends a grant to the token endpoint. The answer is a success, and not checked yet. */
export function sendGrant(
  context: ClientContext,
  grantType: string,
  own: Record<string, string>,
  options: GrantOptions,
  call: GrantCall = {},
): Promise<EndpointAnswer> {
  const parameters = new URLSearchParams(own);
  addTexts(parameters, options, ['scope']);
  for (const resource of requireResources(options.resource)) {
    parameters.append('resource', resource);
  }
  addExtraParameters(parameters, options.extraParameters);

  const { signal } = options;
  return callEndpoint(
    context,
    { ...call, subject, endpoint: 'token_endpoint', proof: 'authorization', signal },
    ({ server, client, authentication, http }) =>
      genericTokenEndpointRequest(server, client, authentication, grantType, parameters, http),
    async (answer) => {
      // The core knows what a refusal means.
      if (!answer.response.ok) await readGrant(context, answer);
      return answer;
    },
  );
}

const subject = 'token_response';

/** Reads a success of the token endpoint. Asks for nothing. */
export async function readGrant(
  context: ClientContext,
  answer: EndpointAnswer,
  needed?: 'issued_token_type',
): Promise<Issued> {
  const { dpop, trace } = context;
  const check = checksOf(subject, trace);
  let opened: string | undefined;
  const options = {
    ...coreDecryption(context, (jws) => {
      opened = jws;
    }),
    // What was exchanged for need not be a token that can be presented (RFC 8693).
    ...(needed && { recognizedTokenTypes: { n_a: () => {} } }),
  };
  const { client, response, server } = answer;
  const issued = await mapped(
    subject,
    answer.context,
    () => processGenericTokenEndpointResponse(server, client, response, options),
    tokenResponseShape,
  );
  check('access_token', true);
  // A bearer token where a bound one was asked for is a downgrade.
  const type = dpop ? 'dpop' : 'bearer';
  check(
    'token_type',
    issued.token_type === type || !!dpop?.allowBearer || (!!needed && issued.token_type === 'n_a'),
    type,
    issued.token_type,
  );
  if (needed) check(needed, typeof issued[needed] === 'string');
  const keyThumbprint = await dpop?.thumbprint();
  return { answer, issued, idToken: opened ?? issued.id_token, keyThumbprint };
}
