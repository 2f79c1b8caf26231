import { invalidOption, requireOptions } from '../options.ts';
import { contentOf } from './answer.ts';
import type { List, ListOptions } from './list.ts';
import type { LifecycleStatus, Resource, Timestamps } from './model.ts';
import { path } from './path.ts';
import type { Requests } from './request.ts';
import { type ManagementRequestOptions, withBody } from './request-options.ts';

/** What a client secret is made of. */
export interface ClientSecretInput {
  /**
   * The secret, 14 to 100 printable ASCII characters; from 32 on where the application uses
   * `client_secret_jwt`.
   * @default one that Okta makes
   */
  readonly client_secret?: string | undefined;
  /** @default 'ACTIVE' */
  readonly status?: LifecycleStatus | undefined;
}

/**
 * A client secret. Okta returns it in clear whenever it is read: keep it out of logs. `inspect`, and so
 * `console.log`, show it as `[redacted]`; `JSON.stringify` shows it.
 */
export interface ClientSecret extends Timestamps, Resource {
  /** Only an active one counts. */
  readonly status: LifecycleStatus;
  /** In clear. */
  readonly client_secret?: string | null;
  /** Tells secrets apart, without their values. */
  readonly secret_hash?: string;
}

/**
 * Client secrets of an application, two at most; `/api/v1/apps/{appId}/credentials/secrets`. To
 * change one without an interruption: `create`, give it to the application, `deactivate` the old one,
 * `delete` it.
 */
export interface ClientSecrets {
  /** All secrets, in one page. */
  list(appId: string, options?: ListOptions): List<ClientSecret>;
  /** Reads a secret, value included. */
  get(appId: string, secretId: string, options?: ManagementRequestOptions): Promise<ClientSecret>;
  /** Adds a secret, unless there are two, or the application uses `private_key_jwt`. */
  create(
    appId: string,
    secret?: ClientSecretInput,
    options?: ManagementRequestOptions,
  ): Promise<ClientSecret>;
  /** Deletes an inactive secret. */
  delete(appId: string, secretId: string, options?: ManagementRequestOptions): Promise<void>;
  /** Lets the secret count again. */
  activate(
    appId: string,
    secretId: string,
    options?: ManagementRequestOptions,
  ): Promise<ClientSecret>;
  /** Deactivates a secret, unless it is the only active one. */
  deactivate(
    appId: string,
    secretId: string,
    options?: ManagementRequestOptions,
  ): Promise<ClientSecret>;
}

export function clientSecrets(requests: Requests): ClientSecrets {
  const all = (appId: string) => path`/apps/${{ appId }}/credentials/secrets`;
  const one = (appId: string, secretId: string) => all(appId) + path`/${{ secretId }}`;
  const ask = (method: 'GET' | 'POST', address: string, parts?: object) =>
    requests.value<ClientSecret>(method, address, parts, concealed);
  return {
    list: (appId, options) => requests.list(all(appId), options, {}, concealed),
    get: async (appId, secretId, options) => ask('GET', one(appId, secretId), options),
    async create(appId, secret = {}, options) {
      requireOptions(secret, 'body');
      const { client_secret: given } = secret;
      const isUsable = typeof given === 'string' && /^[\x20-\x7e]{14,100}$/.test(given);
      if (given !== undefined && !isUsable) {
        throw invalidOption('client_secret', 'must be 14 to 100 printable ASCII characters');
      }
      return ask('POST', all(appId), withBody(secret, options));
    },
    delete: async (appId, secretId, options) =>
      requests.nothing('DELETE', one(appId, secretId), options),
    activate: async (appId, secretId, options) =>
      ask('POST', `${one(appId, secretId)}/lifecycle/activate`, options),
    deactivate: async (appId, secretId, options) =>
      ask('POST', `${one(appId, secretId)}/lifecycle/deactivate`, options),
  };
}

/**
 * A secret that Node's `inspect`, and so `console.log`, show without its value. The property that
 * sees to it is not enumerable: copies and JSON are as the server sent them.
 */
function concealed(body: unknown): ClientSecret {
  const secret = contentOf<ClientSecret>(body);
  return Object.defineProperty({ ...secret }, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => ({ ...secret, ...(secret.client_secret && { client_secret: '[redacted]' }) }),
  });
}
