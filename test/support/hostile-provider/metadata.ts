import { applyHook } from './faults.ts';
import type { Endpoint, Json, Op } from './types.ts';

const SIGNING =
  'none HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512 EdDSA';
const KEY_MANAGEMENT =
  'RSA1_5 RSA-OAEP RSA-OAEP-256 ECDH-ES ECDH-ES+A128KW ECDH-ES+A256KW A128KW A256KW dir';
const CONTENT = 'A128CBC-HS256 A192CBC-HS384 A256CBC-HS512 A128GCM A192GCM A256GCM';
const FAPI_SIGNING = ['PS256', 'ES256', 'EdDSA'];

/** Path of each endpoint below the provider's base; an mTLS alias has `/mtls` in front. */
export const paths: Partial<Record<Endpoint, string>> = {
  jwks: '/jwks',
  authorization: '/authorize',
  par: '/par',
  token: '/token',
  userinfo: '/userinfo',
  claims: '/claims',
  introspection: '/introspect',
  revocation: '/revoke',
  registration: '/register',
  'device-authorization': '/device',
  'backchannel-authentication': '/bc-authorize',
  'end-session': '/end-session',
  'check-session': '/check-session',
  'session-status': '/session-status',
  resource: '/accounts',
};

const aliased = {
  token_endpoint: 'token',
  userinfo_endpoint: 'userinfo',
  introspection_endpoint: 'introspection',
  revocation_endpoint: 'revocation',
  pushed_authorization_request_endpoint: 'par',
  device_authorization_endpoint: 'device-authorization',
  backchannel_authentication_endpoint: 'backchannel-authentication',
} as const satisfies Record<string, Endpoint>;

export function endpointUrl(op: Op, endpoint: Endpoint): string {
  const suffix =
    endpoint === 'jwks' ? op.faults.policy('jwksSuffix') : op.faults.policy('endpointSuffix');
  return `${op.base}${paths[endpoint]}${suffix ?? ''}`;
}

export function mtlsAliases(op: Op): Json {
  return Object.fromEntries(
    Object.entries(aliased).map(([member, endpoint]) => [
      member,
      `${op.base}/mtls${paths[endpoint]}`,
    ]),
  );
}

/** The metadata document as it is served at this moment, faults included. */
export async function buildMetadata(op: Op): Promise<Json> {
  const honest = op.profile === 'fapi' ? fapiMetadata(op) : oidcMetadata(op);
  const metadata = op.options.metadata?.(honest) ?? honest;
  await applyHook(op, 'metadata', metadata);
  return metadata;
}

function commonMetadata(op: Op): Json {
  return {
    issuer: op.issuer,
    authorization_endpoint: endpointUrl(op, 'authorization'),
    token_endpoint: endpointUrl(op, 'token'),
    jwks_uri: endpointUrl(op, 'jwks'),
    userinfo_endpoint: endpointUrl(op, 'userinfo'),
    registration_endpoint: endpointUrl(op, 'registration'),
    introspection_endpoint: endpointUrl(op, 'introspection'),
    revocation_endpoint: endpointUrl(op, 'revocation'),
    device_authorization_endpoint: endpointUrl(op, 'device-authorization'),
    backchannel_authentication_endpoint: endpointUrl(op, 'backchannel-authentication'),
    backchannel_token_delivery_modes_supported: ['poll'],
    end_session_endpoint: endpointUrl(op, 'end-session'),
    scopes_supported: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
    subject_types_supported: ['public', 'pairwise'],
    claims_supported: [
      'sub',
      'iss',
      'auth_time',
      'acr',
      'name',
      'email',
      'address',
      'phone_number',
    ],
    claim_types_supported: ['normal', 'aggregated', 'distributed'],
    ...(op.options.logout ? logoutMetadata(op) : {}),
  };
}

function oidcMetadata(op: Op): Json {
  const signing = SIGNING.split(' ');
  const keyManagement = KEY_MANAGEMENT.split(' ');
  const content = CONTENT.split(' ');
  return {
    ...commonMetadata(op),
    response_types_supported: [
      'code',
      'id_token code',
      'token code id_token',
      'id_token',
      'token id_token',
      'token code',
      'token',
    ],
    response_modes_supported: [
      'query',
      'fragment',
      'form_post',
      'query.jwt',
      'fragment.jwt',
      'form_post.jwt',
      'jwt',
    ],
    grant_types_supported: ['authorization_code', 'implicit'],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ],
    token_endpoint_auth_signing_alg_values_supported: signing.slice(1),
    id_token_signing_alg_values_supported: signing,
    id_token_encryption_alg_values_supported: keyManagement,
    id_token_encryption_enc_values_supported: content,
    userinfo_signing_alg_values_supported: signing,
    userinfo_encryption_alg_values_supported: keyManagement,
    userinfo_encryption_enc_values_supported: content,
    request_object_signing_alg_values_supported: signing,
    request_object_encryption_alg_values_supported: keyManagement,
    request_object_encryption_enc_values_supported: content,
    authorization_signing_alg_values_supported: signing.slice(1),
    acr_values_supported: ['urn:mace:incommon:iap:silver', 'urn:mace:incommon:iap:bronze'],
    display_values_supported: ['page', 'popup', 'touch', 'wap'],
    claims_parameter_supported: true,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    ...(op.options.dpop ? { dpop_signing_alg_values_supported: FAPI_SIGNING } : {}),
    ...(op.options.pushedAuthorization
      ? { pushed_authorization_request_endpoint: endpointUrl(op, 'par') }
      : {}),
  };
}

function fapiMetadata(op: Op): Json {
  return {
    ...commonMetadata(op),
    response_types_supported: ['code', 'id_token code'],
    response_modes_supported: ['query', 'fragment', 'form_post', 'jwt', 'query.jwt'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_methods_supported: [
      op.options.clientAuthenticationMethod ?? 'private_key_jwt',
    ],
    token_endpoint_auth_signing_alg_values_supported: FAPI_SIGNING,
    id_token_signing_alg_values_supported: FAPI_SIGNING,
    request_object_signing_alg_values_supported: FAPI_SIGNING,
    authorization_signing_alg_values_supported: FAPI_SIGNING,
    dpop_signing_alg_values_supported: FAPI_SIGNING,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    tls_client_certificate_bound_access_tokens: true,
    claims_parameter_supported: true,
    pushed_authorization_request_endpoint: endpointUrl(op, 'par'),
    mtls_endpoint_aliases: mtlsAliases(op),
  };
}

function logoutMetadata(op: Op): Json {
  return {
    check_session_iframe: endpointUrl(op, 'check-session'),
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  };
}
