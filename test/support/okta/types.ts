import type { Faults } from './faults.ts';

export type Json = Record<string, unknown>;

/** What a handler answers; `undefined` as a body means that there is none. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** A request that Okta could make sense of, on its way to the handler of its operation. */
export interface Call {
  readonly org: Org;
  readonly operation: Operation;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly url: URL;
  /** The JSON body; `undefined` where none was sent. */
  readonly body: unknown;
}

/** One of the 53 operations, named as in Okta's description. */
export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters in braces. */
  readonly path: string;
  /** Query parameters that it documents. */
  readonly query?: readonly string[];
  /** `required`: a request without a JSON body is malformed. */
  readonly body?: 'required' | 'optional';
  run(call: Call): Answer;
}

export interface Policy {
  data: Json;
  /** In the order of their priority. */
  rules: Json[];
}

export interface OktaClient {
  readonly data: Json;
  readonly tokens: Map<string, Json>;
}

export interface AuthorizationServer {
  data: Json;
  readonly scopes: Map<string, Json>;
  readonly claims: Map<string, Json>;
  /** In the order of their priority. */
  policies: Policy[];
  keys: Json[];
  /** Ids of the servers that this one trusts. */
  readonly trusted: Set<string>;
  readonly clients: Map<string, OktaClient>;
}

/** An application, as far as its credentials go. */
export interface App {
  readonly id: string;
  readonly clientId: string;
  readonly tokenEndpointAuthMethod: string;
  readonly requestObjectSigningAlg?: string;
  /** Okta API scopes that an administrator granted. */
  readonly grantedScopes: readonly string[];
  /** The default for service apps since February 2024. */
  readonly dpopBoundAccessTokens: boolean;
  readonly secrets: Map<string, Json>;
  readonly keys: Map<string, Json>;
}

/** An access token of the org authorization server. */
export interface AccessToken {
  readonly scopes: readonly string[];
  /** In ms since the epoch. */
  readonly expiresAt: number;
  /** Thumbprint of the DPoP key that it is bound to. */
  readonly jkt?: string;
}

export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** `undefined` for what is none of the 53. */
  readonly operation: string | undefined;
  readonly status: number;
}

/** Something that the documentation forbids; Okta answers some of them with success all the same. */
export interface Violation {
  readonly request: string;
  readonly message: string;
}

/** Everything an org knows. */
export interface Org {
  origin: string;
  /** The org's clock, in ms since the epoch. */
  now(): number;
  /** A new id in Okta's style: a prefix of three letters and 17 characters. */
  id(prefix: string): string;
  readonly servers: Map<string, AuthorizationServer>;
  readonly apps: Map<string, App>;
  readonly apiTokens: Set<string>;
  readonly accessTokens: Map<string, AccessToken>;
  /** `jti` of assertions and proofs; none is good twice. */
  readonly spentIds: Set<string>;
  /** What a proof for the token endpoint may have as its nonce, the newest first. */
  dpopNonces(): readonly string[];
  readonly faults: Faults;
  violate(message: string): void;
}
