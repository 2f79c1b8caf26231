import { requireOptions } from '../options.ts';
import type { List, ListOptions } from './list.ts';
import type { LifecycleStatus, Resource, Timestamps } from './model.ts';
import { path } from './path.ts';
import { requirePublicKeys } from './public-key.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** What all keys have. */
export interface ClientJwkBase {
  /**
   * The key's identifier, once per application. Needed as soon as there are two keys; a key cannot be
   * added beside one without it.
   */
  readonly kid?: string | null | undefined;
  /** @default 'ACTIVE' */
  readonly status?: LifecycleStatus | undefined;
}

/** A public RSA key, 2048 bits or more. */
export interface RsaJwk {
  /** Tells it from the others. */
  readonly kty: 'RSA';
  /** The modulus, base64url. */
  readonly n: string;
  /** The exponent, base64url; usually `AQAB`. */
  readonly e: string;
}

/** A public elliptic-curve key. */
export interface EcJwk {
  /** Tells it from the others. */
  readonly kty: 'EC';
  /** The curve. */
  readonly crv: 'P-256' | 'P-384' | 'P-521';
  /** A coordinate, base64url. */
  readonly x: string;
  /** The other coordinate, base64url. */
  readonly y: string;
}

/** A key that the application signs with (`private_key_jwt`, request objects); its public half. */
export type SigningJwkInput = ClientJwkBase &
  (RsaJwk | EcJwk) & {
    readonly use: 'sig';
    /** Such as `RS256` or `ES256`. */
    readonly alg: string;
  };

/** A key that Okta encrypts ID tokens for; its public half. */
export type EncryptionJwkInput = ClientJwkBase &
  RsaJwk & {
    readonly use: 'enc';
    /** Such as `RSA-OAEP-256`. */
    readonly alg: string;
  };

/** A public key to add, told apart by `use`. */
export type ClientJwkInput = SigningJwkInput | EncryptionJwkInput;

/** What all keys have that are read. */
export interface ReadJwk extends Timestamps, Resource {
  /** The key's identifier; `null` where it was added without. */
  readonly kid?: string | null;
  /** Only an active one counts. */
  readonly status: LifecycleStatus;
  /** Answers may lack it. */
  readonly alg?: string | null;
}

/** A signing key of an application. Answers may lack `use`. */
export type SigningJwk = ReadJwk & (RsaJwk | EcJwk) & { readonly use?: 'sig' };

/** An encryption key of an application. */
export type EncryptionJwk = ReadJwk & RsaJwk & { readonly use: 'enc' };

/** A public key of an application, told apart by `use`: it is `enc` or else for signing. */
export type ClientJwk = SigningJwk | EncryptionJwk;

/**
 * Public keys of an application, 50 at most, of which one active for encryption;
 * `/api/v1/apps/{appId}/credentials/jwks`.
 */
export interface ClientJwks {
  /** All keys, in one page. */
  list(appId: string, options?: ListOptions): List<ClientJwk>;
  /** Reads a key. */
  get(appId: string, keyId: string, options?: ManagementRequestOptions): Promise<ClientJwk>;
  /** Adds a public key. A private one is refused before it leaves. */
  create(
    appId: string,
    jwk: ClientJwkInput,
    options?: ManagementRequestOptions,
  ): Promise<ClientJwk>;
  /** Deletes an inactive key. */
  delete(appId: string, keyId: string, options?: ManagementRequestOptions): Promise<void>;
  /** Activates a key; an encryption key takes the place of the active one. */
  activate(appId: string, keyId: string, options?: ManagementRequestOptions): Promise<ClientJwk>;
  /**
   * Deactivates a signing key, unless the application still needs it. The active encryption key gives
   * way only to another one.
   */
  deactivate(appId: string, keyId: string, options?: ManagementRequestOptions): Promise<ClientJwk>;
}

export function clientJwks(requests: Requests): ClientJwks {
  const all = (appId: string) => path`/apps/${{ appId }}/credentials/jwks`;
  const one = (appId: string, keyId: string) => all(appId) + path`/${{ keyId }}`;
  return {
    list: (appId, options) => requests.list(all(appId), options),
    get: async (appId, keyId, options) => requests.value('GET', one(appId, keyId), options),
    async create(appId, jwk, options) {
      requireOptions(jwk, 'body');
      requirePublicKeys(jwk, 'jwk');
      return requests.value('POST', all(appId), withBody(jwk, options));
    },
    delete: async (appId, keyId, options) => requests.nothing('DELETE', one(appId, keyId), options),
    activate: async (appId, keyId, options) =>
      requests.value('POST', `${one(appId, keyId)}/lifecycle/activate`, options),
    deactivate: async (appId, keyId, options) =>
      requests.value('POST', `${one(appId, keyId)}/lifecycle/deactivate`, options),
  };
}
