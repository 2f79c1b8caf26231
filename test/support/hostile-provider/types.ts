import type { KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ActiveFaults } from './faults.ts';
import type { ProviderKeys } from './keys.ts';
import type { Store } from './store.ts';

export type Json = Record<string, unknown>;
export type Params = [name: string, value: string][];
export type Profile = 'oidc' | 'fapi';

export type Endpoint =
  | 'discovery'
  | 'oauth-metadata'
  | 'jwks'
  | 'authorization'
  | 'par'
  | 'token'
  | 'userinfo'
  | 'claims'
  | 'introspection'
  | 'revocation'
  | 'registration'
  | 'device-authorization'
  | 'backchannel-authentication'
  | 'end-session'
  | 'check-session'
  | 'session-status'
  | 'resource'
  | 'webfinger'
  | 'unknown';

export type AuthenticationMethod =
  | 'none'
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'client_secret_jwt'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth';

/** A client as the provider knows it, in the wire names of dynamic registration. */
export interface ClientRegistration {
  client_id: string;
  client_secret?: string;
  token_endpoint_auth_method: AuthenticationMethod;
  token_endpoint_auth_signing_alg?: string;
  redirect_uris: string[];
  post_logout_redirect_uris?: string[];
  application_type?: 'web' | 'native';
  /** When given, an authorization request must use one of these, word for word. */
  response_types?: string[];
  /** When given, a FAPI request must ask for exactly this string. */
  scope?: string;
  jwks?: { keys: Json[] };
  jwks_uri?: string;
  id_token_signed_response_alg?: string;
  id_token_encrypted_response_alg?: string;
  id_token_encrypted_response_enc?: string;
  userinfo_signed_response_alg?: string;
  userinfo_encrypted_response_alg?: string;
  userinfo_encrypted_response_enc?: string;
  authorization_signed_response_alg?: string;
  request_object_signing_alg?: string;
  require_auth_time?: boolean;
  backchannel_logout_uri?: string;
  frontchannel_logout_uri?: string;
  frontchannel_logout_session_required?: boolean;
  initiate_login_uri?: string;
  [member: string]: unknown;
}

export interface HostileProviderOptions {
  profile?: Profile;
  /** Shape of the issuer: `/test/<id>/` (default), `/test/<id>`, or no path at all. */
  issuerStyle?: 'slash' | 'no-slash' | 'no-path';
  /** Public origin, when it differs from where the server listens; reach it through `op.fetch`. */
  origin?: string;
  clients?: ClientRegistration[];
  metadata?: (metadata: Json) => Json;
  fault?: string | [id: string, variant?: string | undefined, value?: string];
  /** Puts every secret the request carried into the error answer. */
  echoSecrets?: boolean;
  /** Milliseconds since the epoch, as `Date.now`. */
  now?: () => number;
  /** false: a plain OAuth server that never issues an ID Token and refuses `openid`. */
  openid?: boolean;
  /** Announces DPoP in the metadata (always so with FAPI); proofs are checked in any case. */
  dpop?: boolean;
  /** Demands nonces as row F2-01 describes. */
  dpopNonces?: boolean;
  /** Announces the PAR endpoint; FAPI always does, and requires it unless this is false. */
  pushedAuthorization?: boolean;
  requestObjects?: 'forbidden' | 'allowed' | 'required';
  /** Refuses any code request without PKCE, not only those of public clients. */
  requirePkce?: boolean;
  /** Issues refresh tokens with codes, passwords and device codes; true unless told otherwise. */
  refreshTokens?: boolean;
  /** Seconds; announces `expires_in` and enforces it. OIDC has none by default, FAPI 3600. */
  accessTokenLifetime?: number;
  accessTokenShape?: AccessTokenShape;
  /** Adds `sid`, `session_state` and the logout metadata. */
  logout?: boolean;
  signingAlgorithm?: 'PS256' | 'ES256' | 'EdDSA';
  clientAuthenticationMethod?: AuthenticationMethod;
  user?: Json & { sub: string };
  username?: string;
  password?: string;
  /** Answers to device and CIBA polls before the approval. */
  polls?: string[];
  /** Keys that may sign jwt-bearer assertions, beside the client's own. */
  assertionKeys?: { keys: Json[] };
}

export type AccessTokenShape = 'opaque' | 'rfc9068' | 'okta';

export interface RecordedRequest {
  endpoint: Endpoint;
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  params: Params;
  body: string;
  status: number;
}

export interface Violation {
  row: string;
  message: string;
}

/** One HTTP request as a handler sees it; `url` is the public one. */
export interface Exchange {
  endpoint: Endpoint;
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: string;
  params: Params;
  /** The request came in through an mTLS alias. */
  mtls: boolean;
  /** The request came in through the second origin. */
  elsewhere: boolean;
}

export type Body =
  | string
  | { kind: 'huge'; bytes: number }
  | { kind: 'endless' }
  | { kind: 'no-answer' }
  | { kind: 'reset' };

export interface Answer {
  status: number;
  headers: [name: string, value: string][];
  body: Body;
}

/** A JWT before it is signed; `alg` is what the signature is made with, whatever the header says. */
export interface JwtDraft {
  alg: string;
  header: Json;
  payload: unknown;
  /** Replaces the serialised payload. */
  text?: string;
  key: KeyObject | Uint8Array | null;
  corrupt?: boolean;
  wrap?: (compact: string) => string | Promise<string>;
}

/** What the user agreed to; shared by every token that comes of it. */
export interface Grant {
  id: string;
  client: ClientRegistration;
  sub: string;
  scope: string;
  openid: boolean;
  sid: string;
  authTime: number;
  nonce?: string;
  maxAge?: number;
  acr?: string;
  redirectUri?: string;
  responseType?: string;
  challenge?: string;
  state?: string;
  jkt?: string;
  claims?: Json;
  resource?: string[];
  revoked?: boolean;
  refreshes: number;
}

export interface Op {
  readonly options: HostileProviderOptions;
  readonly profile: Profile;
  /** Public origin, issuer, and endpoint prefix (no trailing slash). */
  readonly origin: string;
  readonly issuer: string;
  readonly base: string;
  /** Another origin that answers the same requests and must never be called. */
  readonly elsewhere: string;
  readonly id: string;
  keys: ProviderKeys;
  readonly clients: Map<string, ClientRegistration>;
  readonly faults: ActiveFaults;
  readonly store: Store;
  readonly requests: RecordedRequest[];
  readonly elsewhereRequests: RecordedRequest[];
  readonly violations: Violation[];
  readonly warnings: Violation[];
  readonly polls: string[];
  /** Seconds since the epoch. */
  now(): number;
  violate(row: string, message: string): void;
}
