export {
  ManagementError,
  type ManagementErrorDetails,
  type RateLimit,
} from '../errors.ts';
export { type AnswerFacts, answerOf } from './answer.ts';
export type { Applications } from './applications.ts';
export type {
  AssociatedServerQuery,
  AssociatedServers,
  AssociatedServersInput,
} from './associated-servers.ts';
export {
  accessToken,
  apiToken,
  type HeaderAuth,
  type ManagementAuth,
  type TokenSource,
} from './auth.ts';
export type {
  AuthorizationServer,
  AuthorizationServerCredentials,
  AuthorizationServerInput,
  ResourceServerJwk,
} from './authorization-server.ts';
export type { AuthorizationServerQuery, AuthorizationServers } from './authorization-servers.ts';
export type {
  Claim,
  ClaimBase,
  ClaimInput,
  Claims,
  ExpressionClaimInput,
  GroupsClaimInput,
  SystemClaimInput,
} from './claims.ts';
export type {
  ClientJwk,
  ClientJwkBase,
  ClientJwkInput,
  ClientJwks,
  EcJwk,
  EncryptionJwk,
  EncryptionJwkInput,
  ReadJwk,
  RsaJwk,
  SigningJwk,
  SigningJwkInput,
} from './client-jwks.ts';
export type { ClientSecret, ClientSecretInput, ClientSecrets } from './client-secrets.ts';
export {
  createManagementClient,
  type ManagementClient,
  type ManagementClientOptions,
} from './create-management-client.ts';
export { type Ensured, ensureClaim, ensureScope } from './ensure.ts';
export type { Cursor, List, ListOptions, Page } from './list.ts';
export type { Known, LifecycleStatus, Link, Linked, Links, Resource, Timestamps } from './model.ts';
export { type OktaServiceAppOptions, oktaServiceApp } from './okta-service-app.ts';
export type { RateLimitEvent, RetryOptions } from './persistence.ts';
export type { Policies, Policy, PolicyInput } from './policies.ts';
export type {
  PolicyRule,
  PolicyRuleActions,
  PolicyRuleConditions,
  PolicyRuleInput,
  PolicyRules,
  Selection,
} from './policy-rules.ts';
export type {
  RefreshToken,
  RefreshTokenOptions,
  RefreshTokenScope,
  RefreshTokens,
} from './refresh-tokens.ts';
export type { Method } from './request.ts';
export type { ManagementRequestOptions } from './request-options.ts';
export type { Scope, ScopeInput, ScopeQuery, Scopes } from './scopes.ts';
export type { ServerClient, ServerClients } from './server-clients.ts';
export type { ServerKey, ServerKeys } from './server-keys.ts';
