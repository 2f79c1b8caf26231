import type { Known, LifecycleStatus, Resource, Timestamps } from './model.ts';

/** What a custom authorization server is made of. */
export interface AuthorizationServerInput {
  /** Shown in the admin console. */
  readonly name: string;
  /** Shown in the admin console. */
  readonly description?: string | null | undefined;
  /** The `aud` of access tokens. Okta takes exactly one; with a `:` in it, it must be a URI. */
  readonly audiences: readonly string[];
  /** The `iss` of tokens; Okta makes it. */
  readonly issuer?: string | undefined;
  /**
   * Which host the issuer names: the org's, the custom domain's, or the one that was asked. Only
   * where the org has a custom domain or dynamic issuers.
   */
  readonly issuerMode?: 'ORG_URL' | 'CUSTOM_URL' | 'DYNAMIC' | undefined;
  /** How signing keys change. */
  readonly credentials?: AuthorizationServerCredentials | null | undefined;
  /** Set it to have access tokens signed and then encrypted, for a key of `jwks` or `jwks_uri`. */
  readonly accessTokenEncryptedResponseAlgorithm?:
    | 'RSA-OAEP-256'
    | 'RSA-OAEP-384'
    | 'RSA-OAEP-512'
    | null
    | undefined;
  /** Keys of the API that access tokens are encrypted for. */
  readonly jwks?: { readonly keys?: readonly ResourceServerJwk[] } | null | undefined;
  /** Where these keys are published instead. */
  readonly jwks_uri?: string | null | undefined;
  /** An inactive server issues no tokens. */
  readonly status?: LifecycleStatus | undefined;
}

/** A custom authorization server. As its id, `default` leads to the one that Okta made with the org. */
export interface AuthorizationServer extends AuthorizationServerInput, Timestamps, Resource {
  /** Whether it is that one. */
  readonly default?: boolean;
}

/** How a server's signing keys change. */
export interface AuthorizationServerCredentials extends Known {
  /** Of the keys that tokens are signed with. */
  readonly signing?: {
    /** `AUTO` rotates a few times a year; with `MANUAL` nobody does but `keys.rotate`. */
    readonly rotationMode?: 'AUTO' | 'MANUAL';
    readonly use?: 'sig';
    /** The key in use. */
    readonly kid?: string;
    /** ISO 8601. */
    readonly lastRotated?: string | null;
    /** ISO 8601; only with `AUTO`. */
    readonly nextRotation?: string | null;
    readonly [property: string]: unknown;
  };
}

/** A public RSA key that access tokens are encrypted for. */
export interface ResourceServerJwk extends Known {
  /** Only RSA. */
  readonly kty: 'RSA';
  /** Only encryption. */
  readonly use: 'enc';
  /** The key's identifier. */
  readonly kid: string;
  /** The modulus, base64url. */
  readonly n: string;
  /** The exponent, base64url. */
  readonly e: string;
  /** At most one key is active. */
  readonly status?: LifecycleStatus;
}
