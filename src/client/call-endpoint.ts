import {
  allowInsecureRequests,
  type ClientAuth,
  customFetch,
  type DPoPHandle,
  type Client as OAuthClient,
} from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import type { Subject } from '../checks.ts';
import type { ServerMetadata } from '../discovery/server-metadata.ts';
import { type ErrorPhase, isRelierError } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { invalidOption } from '../options.ts';
import { type AnswerShape, mapped } from '../protocol-errors.ts';
import {
  type AnswerContext,
  assertSuccess,
  httpFacts,
  notJson,
  secretsOf,
} from '../server-errors.ts';
import type { Answer } from '../transport.ts';
import type { Proof } from './capability.ts';
import type { AuthenticationRequest, Endpoint } from './client-authentication.ts';
import { coreClient } from './core-client.ts';
import type { ClientContext } from './create-client.ts';

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
    readonly DPoP?: DPoPHandle;
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
  /** What it has to look like, as far as the core says so in prose only. */
  readonly shape?: AnswerShape | undefined;
  readonly endpoint: Endpoint | 'userinfo_endpoint' | 'registration_endpoint';
  readonly phase?: ErrorPhase | undefined;
  /** A success needs no body that can be read. */
  readonly isAnyAnswerGood?: boolean | undefined;
  /** The page may go away the moment after. */
  readonly keepalive?: boolean | undefined;
  /** Called in the same turn in which the request leaves; if it throws, nothing is sent. */
  readonly beforeSend?: (() => void) | undefined;
  /** The kind of server that the token's key is proved to (RFC 9449), where it is. */
  readonly proof?: 'authorization' | 'resource' | undefined;
}

/**
 * Sends one request of the protocol core to an endpoint of the server and has the answer read, if
 * it is a success. Metadata, time, transport and credentials of the client come together here. What
 * the core throws meanwhile becomes one of our errors.
 */
export async function callEndpoint<T>(
  context: ClientContext,
  call: EndpointCall,
  send: (core: CoreArguments) => Promise<Response>,
  read: (answer: EndpointAnswer) => Promise<T>,
): Promise<T> {
  const { beforeSend, endpoint, isAnyAnswerGood, keepalive = false } = call;
  const { phase = 'token', proof: role, signal, subject } = call;
  const { clock, dpop, trace } = context;
  const server = await serverOf(context, signal);
  const client = coreClient(context, server);

  const exchange = async (proof?: Proof): Promise<T> => {
    let answer: Answer | undefined;
    let secrets: string[] = [];
    const told = (): AnswerContext => ({
      phase,
      secrets,
      url: answer?.url ?? endpoint,
      ...(answer && httpFacts(answer.response, clock)),
    });

    const response = await mapped(subject, told(), () =>
      send({
        server,
        client,
        authentication: (_server, { client_id }, body, headers) =>
          authenticate(context, signal, {
            clientId: client_id,
            server,
            endpoint: endpoint as Endpoint,
            clock,
            body,
            headers,
          }),
        http: {
          [allowInsecureRequests]: context.allowLoopback,
          [customFetch]: async (url, init) => {
            secrets = secretsOf(init);
            beforeSend?.();
            answer = await context.transport(url, { ...init, keepalive }, { phase, signal });
            return proof ? proof.received(answer.response) : answer.response;
          },
          ...(proof && { DPoP: proof.handle }),
        },
      }),
    );
    // The core has called our fetch, or it has thrown.
    const received = answer as unknown as Answer;
    const body = parseJsonObject(received.text);
    assertSuccess(response, body, told());
    const type = response.headers.get('content-type') ?? '';
    const isJwt = /^application\/(?:[\w.-]+\+)?jwt\b/i.test(type);
    if (response.ok && !body && !isJwt && !isAnyAnswerGood) throw notJson(told());
    const complete = { ...received, response, server, client, body, context: told() };
    return mapped(subject, told(), () => read(complete), call.shape);
  };

  if (!role || !dpop) return exchange();
  return dpop.prove({ server, role, subject, phase, clock, trace }, exchange);
}

/** Has the credentials added, by code that may be the caller's own. */
async function authenticate(
  { authentication }: ClientContext,
  signal: AbortSignal | undefined,
  request: AuthenticationRequest,
): Promise<void> {
  let result: unknown;
  try {
    result = await abortable(async () => authentication(request), signal, 'configuration');
  } catch (error) {
    // What it says may hold the credentials.
    throw isRelierError(error) ? error : invalidOption('authentication', 'threw');
  }
  if (typeof result === 'function') throw invalidOption('authentication', 'has to be called');
}

/** The server's metadata, given up on when the caller does. */
export function serverOf(
  context: ClientContext,
  signal: AbortSignal | undefined,
): Promise<ServerMetadata> {
  return abortable(() => context.metadata.get(), signal, 'discovery');
}
