import {
  type AuthorizationServer,
  allowInsecureRequests,
  type ClientAuth,
  clockSkew,
  clockTolerance,
  customFetch,
  type Client as OAuthClient,
} from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import type { Subject } from '../checks.ts';
import type { ServerMetadata } from '../discovery/server-metadata.ts';
import type { ErrorPhase } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { mapped } from '../protocol-errors.ts';
import { type AnswerContext, assertSuccess, secretsOf } from '../server-errors.ts';
import type { Answer } from '../transport.ts';
import type { Endpoint } from './client-authentication.ts';
import { type ClientContext, isSigningAlgorithm } from './create-client.ts';

/** Options that every function with a request takes. */
export interface RequestOptions {
  /** Gives up waiting, and takes back the request where nobody else waits for it. */
  readonly signal?: AbortSignal | undefined;
}

/** What the protocol core is called with. */
export interface CoreArguments {
  readonly server: ServerMetadata;
  readonly client: OAuthClient;
  readonly authentication: ClientAuth;
  readonly http: {
    readonly [customFetch]: (url: string, init: object) => Promise<Response>;
    readonly [allowInsecureRequests]: boolean;
  };
}

/** A successful answer of one of the server's endpoints, not yet validated. */
export interface EndpointAnswer extends Answer {
  readonly server: ServerMetadata;
  readonly client: OAuthClient;
  /** The body, where it is a JSON object. */
  readonly body: Record<string, unknown> | undefined;
  readonly context: AnswerContext;
}

export interface EndpointCall extends RequestOptions {
  /** What the answer is about; the prefix of the names of its checks. */
  readonly subject: Subject;
  readonly endpoint: Endpoint | 'userinfo_endpoint';
  readonly phase?: ErrorPhase | undefined;
  /** The request must never be sent again: a failure is final, whatever its kind. */
  readonly once?: boolean | undefined;
}

/**
 * Sends one request of the protocol core to an endpoint of the server and returns the answer, if
 * it is a success. Metadata, time, transport and credentials of the client come together here.
 */
export async function callEndpoint(
  context: ClientContext,
  { subject, endpoint, phase = 'token', once = false, signal }: EndpointCall,
  send: (core: CoreArguments) => Promise<Response>,
): Promise<EndpointAnswer> {
  const server = await serverOf(context, signal);
  const client = coreClient(context, server);
  let answer: Answer | undefined;
  let secrets: string[] = [];
  const told = (): AnswerContext => ({ phase, secrets, once, url: answer?.url ?? endpoint });

  await mapped(subject, told(), () =>
    send({
      server,
      client,
      authentication: (_server, { client_id }, body, headers) =>
        context.authentication({
          clientId: client_id,
          server,
          endpoint: endpoint as Endpoint,
          body,
          headers,
        }),
      http: {
        [allowInsecureRequests]: context.allowLoopback,
        [customFetch]: async (url, init) => {
          secrets = secretsOf(init);
          answer = await context.transport(url, init, { phase, signal, once });
          return answer.response;
        },
      },
    }),
  );
  // The core has called our fetch, or it has thrown.
  const received = answer as unknown as Answer;
  const body = parseJsonObject(received.text);
  assertSuccess(received.response, body, told(), context.clock);
  return { ...received, server, client, body, context: told() };
}

/** The server's metadata, given up on when the caller does. */
export function serverOf(
  context: ClientContext,
  signal: AbortSignal | undefined,
): Promise<ServerMetadata> {
  return abortable(() => context.metadata.get(), signal, 'discovery');
}

/** The client in the protocol core's terms. */
function coreClient(context: ClientContext, server: AuthorizationServer): OAuthClient {
  const [listed = 'RS256', ...others] = server.id_token_signing_alg_values_supported ?? [];
  return {
    client_id: context.clientId,
    // Pinned: the core would take any algorithm that the metadata lists.
    id_token_signed_response_alg:
      context.idTokenSigningAlgorithm ??
      (others.length === 0 && isSigningAlgorithm(listed) ? listed : 'RS256'),
    [clockSkew]: (context.clock.now() - Date.now()) / 1000,
    [clockTolerance]: context.clockToleranceSeconds,
  };
}
