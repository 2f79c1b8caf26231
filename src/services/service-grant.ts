import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import { clientCredentialsGrant } from '../flows/client-credentials.ts';
import type { GrantOptions } from '../flows/token-request.ts';
import { requireTokenSet } from '../session/require-token-set.ts';
import type { KeptToken } from '../session/session-record.ts';
import type { TokenSet } from '../tokens/token-set.ts';

/** What a service token is for. */
export interface ServiceTokenTarget {
  /** The scope to ask for, space-separated. */
  readonly scope?: string | undefined;
  /** The resources that the token is for (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined;
  /** On whose behalf, in words of your own; a `grant` makes of it what it needs. */
  readonly subject?: string | undefined;
}

/** What a {@link ServiceGrant} is called with; fits into the options of every grant. */
export interface ServiceGrantRequest extends GrantOptions, ServiceTokenTarget {}

/** Another way to get service tokens than by client credentials. */
export interface ServiceGrant {
  /**
   * Tells its tokens from those of other grants of the same client. All who use the same name (and
   * scope, resource, subject) share their tokens, so it has to name everything else that makes a
   * difference, such as the audience.
   */
  readonly name: string;
  /** Gets a token. What it throws is what callers get. */
  request(request: ServiceGrantRequest): Promise<TokenSet>;
}

export interface GrantSettings {
  readonly grant?: ServiceGrant | undefined;
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
  readonly certificateThumbprint?: string | undefined;
  readonly assumedLifetimeSeconds: number;
}

/** How a client gets tokens for its targets, and under which names they are shared. */
export interface TokenMaker {
  /** Everything that makes a difference between tokens. */
  nameOf(target: ServiceTokenTarget): Promise<string>;
  request(target: ServiceTokenTarget, key: string, signal: AbortSignal): Promise<KeptToken>;
}

export function tokenMaker(client: Client, settings: GrantSettings): TokenMaker {
  const { dpop, clientId, issuer }: ClientContext = contextOf(client);
  const { assumedLifetimeSeconds, certificateThumbprint, grant } = settings;
  // A copy, because they are the caller's, and what is asked for has to be what it is called.
  const extraParameters = settings.extraParameters && { ...settings.extraParameters };

  return {
    async nameOf({ resource = [], scope, subject }) {
      const key = [await dpop?.thumbprint(), certificateThumbprint];
      const asked = [grant?.name, extraParameters, scope, [resource].flat(), subject];
      return JSON.stringify(['service token', issuer, clientId, ...asked, ...key]);
    },

    async request(target, key, signal) {
      const request = { ...target, extraParameters, signal };
      const tokens = await (grant
        ? grant.request(request)
        : clientCredentialsGrant(client, request));
      requireTokenSet(tokens, 'grant');
      const { accessToken, expiresAt, keyThumbprint, obtainedAt, scope, tokenType } = tokens;
      return {
        ...{ key, accessToken, tokenType, obtainedAt, scope },
        // What has no time at all has not been given one.
        expiresAt:
          expiresAt !== undefined && expiresAt > obtainedAt
            ? expiresAt
            : obtainedAt + assumedLifetimeSeconds * 1000,
        ...(keyThumbprint !== undefined && { keyThumbprint }),
      };
    },
  };
}
