export {
  type AuthorizationRequest,
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
} from './authorization/authorization-request.ts';
export type { TransactionLookup } from './authorization/authorization-response.ts';
export { type FrontChannelOptions, frontChannel } from './authorization/front-channel.ts';
export { type JarOptions, jar } from './authorization/jar.ts';
export { type JarmOptions, jarm } from './authorization/jarm.ts';
export { type ParOptions, par } from './authorization/par.ts';
export type { AuthorizationResponse } from './authorization/response-parameters.ts';
export type { ResponseOptions } from './authorization/response-shape.ts';
export {
  readThirdPartyLogin,
  type ThirdPartyLogin,
  type ThirdPartyLoginOptions,
} from './authorization/third-party-login.ts';
export type {
  ResponseMode,
  ResponsePlace,
  ResponseType,
  Transaction,
} from './authorization/transaction.ts';
export type { RequestOptions } from './client/call-endpoint.ts';
export type { Capability, CapabilityOptions } from './client/capability.ts';
export {
  type AssertionOptions,
  type ClientSecretJwtOptions,
  clientSecretJwt,
  type PrivateKeyJwtOptions,
  privateKeyJwt,
} from './client/client-assertion.ts';
export {
  type AuthenticationRequest,
  type ClientAuthentication,
  type ClientSecretBasicOptions,
  clientSecret,
  clientSecretBasic,
  clientSecretPost,
  type Endpoint,
  none,
  tlsClientAuth,
} from './client/client-authentication.ts';
export { type Client, type ClientOptions, createClient } from './client/create-client.ts';
export { type DpopOptions, dpop } from './client/dpop.ts';
export { type DecryptionKey, jwe } from './client/jwe.ts';
export type { PrivateKeyInput, PrivateKeyOptions } from './client/private-key.ts';
export {
  type ClientMetadata,
  type RegisteredClient,
  type RegistrationOptions,
  registerClient,
} from './client/register-client.ts';
export type { ReplayGuard } from './client/replay-guard.ts';
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
  ManagementError,
  type ManagementErrorDetails,
  OAuthResponseError,
  type OAuthResponseErrorDetails,
  PopupBlockedError,
  PopupClosedError,
  type RateLimit,
  RelierError,
  type RelierErrorDetails,
  type StepUpDetails,
  StepUpRequiredError,
  StorageError,
  type StorageErrorCode,
  type StorageErrorDetails,
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
export {
  type BackchannelAuthenticationOptions,
  backchannelAuthenticationGrant,
} from './flows/backchannel-authentication.ts';
export { clientCredentialsGrant } from './flows/client-credentials.ts';
export {
  type DeviceAuthorizationOptions,
  type DevicePrompt,
  deviceAuthorizationGrant,
} from './flows/device-authorization.ts';
export { type ExtensionGrantOptions, extensionGrant } from './flows/extension.ts';
export { type JwtBearerGrantOptions, jwtBearerGrant } from './flows/jwt-bearer.ts';
export { type PasswordGrantOptions, passwordGrant } from './flows/password.ts';
export { type Refreshable, refreshTokenGrant } from './flows/refresh-token.ts';
export {
  type ExchangedTokenSet,
  type TokenExchangeOptions,
  tokenExchangeGrant,
} from './flows/token-exchange.ts';
export type { GrantOptions } from './flows/token-request.ts';
export {
  type BackchannelLogoutOptions,
  handleBackchannelLogout,
} from './logout/backchannel-logout.ts';
export { type FrontchannelSession, isFrontchannelLogout } from './logout/frontchannel-logout.ts';
export {
  createLogoutRequest,
  type LogoutRequest,
  type LogoutRequestOptions,
} from './logout/logout-request.ts';
export {
  type LogoutTokenClaims,
  type LogoutTokenOptions,
  validateLogoutToken,
} from './logout/logout-token.ts';
export {
  type AccessTokenValidator,
  createAccessTokenValidator,
  type GrantedAccess,
} from './services/access-token-validator.ts';
export type {
  AccessRequirements,
  AccessTokenValidatorOptions,
} from './services/access-token-validator-options.ts';
export {
  createServiceTokens,
  type ServiceTokenOptions,
  type ServiceTokens,
  type ServiceTokensOptions,
} from './services/create-service-tokens.ts';
export type { NodeRequest } from './services/incoming-request.ts';
export type { TokenIntrospection } from './services/introspected-tokens.ts';
export type { TokenCacheOptions } from './services/known-tokens.ts';
export type { NodeResponse, RefusedAccess } from './services/refused-access.ts';
export type {
  ServiceGrant,
  ServiceGrantRequest,
  ServiceTokenTarget,
} from './services/service-grant.ts';
export type { ServiceTokenEvent } from './services/service-token-event.ts';
export {
  createSession,
  type EstablishOptions,
  type Session,
  type SessionOptions,
} from './session/create-session.ts';
export type { SessionTokenOptions, SignedOut } from './session/engine.ts';
export type { SessionLifecycle, SessionNotifier } from './session/environment.ts';
export type { SessionResource } from './session/session-fetch.ts';
export type { SessionEvent, SessionSnapshot } from './session/session-view.ts';
export type { Renew, RenewRequest, TokenTarget } from './session/token-source.ts';
export {
  type EncryptionKey,
  type EncryptionKeys,
  encryptedStore,
} from './storage/encrypted-store.ts';
export { type MemoryStoreOptions, memoryStore } from './storage/memory-store.ts';
export type { SessionStore, StoredValue, StoreLockOptions } from './storage/session-store.ts';
export {
  type StoreContractOptions,
  type StoreContractTest,
  sessionStoreContract,
} from './storage/session-store-contract.ts';
export {
  type TransactionStore,
  type TransactionStoreOptions,
  transactionStore,
} from './storage/transaction-store.ts';
export type { AccessTokenRequirements } from './tokens/access-token-requirements.ts';
export { fetchResource, type ResourceRequestOptions } from './tokens/fetch-resource.ts';
export { fetchUserInfo, type UserInfo, type UserInfoOptions } from './tokens/fetch-user-info.ts';
export type { IdTokenClaims } from './tokens/id-token.ts';
export {
  type Introspection,
  type IntrospectionOptions,
  introspectToken,
  type TokenHintOptions,
} from './tokens/introspect-token.ts';
export { type Challenge, parseChallenge } from './tokens/parse-challenge.ts';
export {
  fetchResourceMetadata,
  type ResourceMetadata,
  type ResourceMetadataOptions,
} from './tokens/resource-metadata.ts';
export { revokeToken } from './tokens/revoke-token.ts';
export type { TokenSet } from './tokens/token-set.ts';
export { type AccessTokenOptions, validateAccessToken } from './tokens/validate-access-token.ts';
export type {
  AccessToken,
  AccessTokenProfile,
  AccessTokenRules,
} from './tokens/verify-access-token.ts';
export type { Trace, TraceEvent } from './trace.ts';
export type { Fetch } from './transport.ts';
