export {
  type AuthorizationRequest,
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
} from './authorization/authorization-request.ts';
export type {
  AuthorizationResponse,
  TransactionLookup,
} from './authorization/authorization-response.ts';
export type { Transaction } from './authorization/transaction.ts';
export type { RequestOptions } from './client/call-endpoint.ts';
export {
  type AuthenticationRequest,
  type ClientAuthentication,
  type ClientSecretBasicOptions,
  clientSecret,
  clientSecretBasic,
  clientSecretPost,
  type Endpoint,
  none,
} from './client/client-authentication.ts';
export { type Client, type ClientOptions, createClient } from './client/create-client.ts';
export { fetchServerKeys, fetchServerMetadata } from './client/server-documents.ts';
export { type Clock, systemClock } from './clock.ts';
export type { ServerMetadata } from './discovery/server-metadata.ts';
export {
  type AnyRelierError,
  ConfigurationError,
  type ConfigurationErrorCode,
  type ErrorCode,
  type ErrorPhase,
  InteractionRequiredError,
  isRelierError,
  OAuthResponseError,
  type OAuthResponseErrorDetails,
  RelierError,
  type RelierErrorDetails,
  TimeoutError,
  TransportError,
  type TransportErrorCode,
  type TransportErrorDetails,
  ValidationError,
  type ValidationErrorCode,
  type ValidationErrorDetails,
} from './errors.ts';
export {
  type AuthorizationResult,
  handleAuthorizationResponse,
} from './flows/authorization-code.ts';
export { clientCredentialsGrant } from './flows/client-credentials.ts';
export { type PasswordGrantOptions, passwordGrant } from './flows/password.ts';
export { refreshTokenGrant } from './flows/refresh-token.ts';
export type { GrantOptions } from './flows/token-request.ts';
export {
  createLogoutRequest,
  type LogoutRequest,
  type LogoutRequestOptions,
} from './logout/logout-request.ts';
export { fetchUserInfo, type UserInfo, type UserInfoOptions } from './tokens/fetch-user-info.ts';
export type { IdTokenClaims } from './tokens/id-token.ts';
export {
  type Introspection,
  introspectToken,
  type TokenHintOptions,
} from './tokens/introspect-token.ts';
export { revokeToken } from './tokens/revoke-token.ts';
export type { TokenSet } from './tokens/token-set.ts';
export type { Trace, TraceEvent } from './trace.ts';
export type { Fetch } from './transport.ts';
