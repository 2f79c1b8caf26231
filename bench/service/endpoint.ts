import { type Listener, listen } from '../../examples/demo/listen.ts';

/** A token endpoint that says in each token until when it is good. */
export interface ServiceEndpoint {
  readonly issuer: string;
  readonly metadata: Record<string, unknown>;
  /** In this process, so that only the clients' own work is measured. */
  readonly fetch: typeof fetch;
  /** The same over HTTP, for a client that brings its own. */
  readonly http: Listener;
  /** How many token requests there have been. */
  readonly requests: () => number;
}

export interface EndpointOptions {
  readonly lifetimeSeconds?: number;
  /** What a client takes off the lifetime by itself is added to what it is told. */
  readonly marginSeconds?: number;
  readonly answersAfterMs?: number;
}

export async function serviceEndpoint(options: EndpointOptions = {}): Promise<ServiceEndpoint> {
  const { answersAfterMs = 0, lifetimeSeconds = 3_600, marginSeconds = 0 } = options;
  const issuer = 'https://login.example.com';
  const http = await listen('127.0.0.1');
  let requests = 0;
  const token = async () => {
    requests += 1;
    const name = requests;
    await new Promise((resolve) =>
      answersAfterMs > 0 ? setTimeout(resolve, answersAfterMs) : setImmediate(resolve),
    );
    return {
      access_token: `${name}.${Date.now() + lifetimeSeconds * 1_000}`,
      token_type: 'Bearer',
      expires_in: lifetimeSeconds + marginSeconds,
    };
  };
  http.serve(async (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(await token()));
  });
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
  };
  return {
    issuer,
    metadata,
    http,
    requests: () => requests,
    fetch: async (url) =>
      Response.json(new URL(`${url}`).pathname === '/token' ? await token() : metadata),
  };
}

/** Until when a token is good, in milliseconds since the epoch. */
export function goodUntil(token: string): number {
  return Number(token.split('.')[1]);
}
