import {
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
  type TokenEndpointResponse,
} from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import {
  type CoreArguments,
  callEndpoint,
  type EndpointAnswer,
  type EndpointCall,
  type RequestOptions,
} from '../client/call-endpoint.ts';
import type { ClientContext } from '../client/create-client.ts';
import { addExtraParameters, addTexts, requireResources } from '../options.ts';
import { mapped } from '../protocol-errors.ts';
import { notJson } from '../server-errors.ts';

/** Options that every grant takes. */
export interface GrantOptions extends RequestOptions {
  /** The scope to ask for, space-separated (RFC 6749 section 3.3). */
  readonly scope?: string | undefined;
  /** The resources the access token is for: absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined;
  /** Parameters of this server's own; they may not override the ones that relier sends. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
}

/** What the server issued: well-formed, but with an ID token that nobody has verified yet. */
export interface Issued {
  readonly answer: EndpointAnswer;
  readonly issued: TokenEndpointResponse;
}

/** Sends a grant to the token endpoint. */
export function requestGrant(
  context: ClientContext,
  grantType: string,
  own: Record<string, string>,
  options: GrantOptions,
): Promise<Issued> {
  const parameters = new URLSearchParams(own);
  addTexts(parameters, options, ['scope']);
  for (const resource of requireResources(options.resource)) {
    parameters.append('resource', resource);
  }
  addExtraParameters(parameters, options.extraParameters);
  return requestTokens(context, options, ({ server, client, authentication, http }) =>
    genericTokenEndpointRequest(server, client, authentication, grantType, parameters, http),
  );
}

/** Sends a request to the token endpoint and reads the answer. */
export async function requestTokens(
  context: ClientContext,
  { signal, once }: Pick<EndpointCall, 'signal' | 'once'>,
  send: (core: CoreArguments) => Promise<Response>,
): Promise<Issued> {
  const answer = await callEndpoint(
    context,
    { subject: 'token_response', endpoint: 'token_endpoint', signal, once },
    send,
  );
  if (!answer.body) throw notJson(answer.context);
  const issued = await mapped('token_response', answer.context, () =>
    processGenericTokenEndpointResponse(answer.server, answer.client, answer.response),
  );
  const check = checksOf('token_response', context.trace);
  for (const name of ['access_token', 'token_type']) check(name, true);
  return { answer, issued };
}
