import { itemsOf } from './answer.ts';
import type { List, ListOptions } from './list.ts';
import type { Linked } from './model.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** A public key that an authorization server signs tokens with. */
export interface ServerKey extends Linked {
  /** The key's identifier, as in tokens' headers. */
  readonly kid: string;
  /** Only RSA. */
  readonly kty: 'RSA';
  /** Only RS256. */
  readonly alg: 'RS256';
  /** Only signatures. */
  readonly use: 'sig';
  /** The modulus, base64url. */
  readonly n: string;
  /** The exponent, base64url. */
  readonly e: string;
  /**
   * `ACTIVE` signs now, `NEXT` will after the next rotation, `EXPIRED` did before. The latter two
   * may be missing.
   */
  readonly status: 'ACTIVE' | 'NEXT' | 'EXPIRED';
}

/** Signing keys; `/api/v1/authorizationServers/{authServerId}/credentials/keys`. */
export interface ServerKeys {
  /** All keys, in one page. */
  list(authServerId: string, options?: ListOptions): List<ServerKey>;
  /**
   * Makes `NEXT` the `ACTIVE` key, and `ACTIVE` the `EXPIRED` one, at once. Whoever keeps the server's
   * keys should fetch them again.
   */
  rotate(authServerId: string, options?: ManagementRequestOptions): Promise<readonly ServerKey[]>;
}

export function serverKeys(requests: Requests): ServerKeys {
  const credentials = (authServerId: string) =>
    path`/authorizationServers/${{ authServerId }}/credentials`;
  return {
    list: (authServerId, options) => requests.list(`${credentials(authServerId)}/keys`, options),
    rotate: async (authServerId, options) =>
      requests.value(
        'POST',
        `${credentials(authServerId)}/lifecycle/keyRotate`,
        withBody({ use: 'sig' }, options),
        itemsOf<ServerKey[]>,
      ),
  };
}
