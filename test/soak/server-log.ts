import type { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { startOpenIdProvider } from '../support/openid-provider.ts';
import { fingerprint } from './fingerprint.ts';

/** What clients believe, from `expires_in`. */
export const LIFE_MS = 2_000;

/** A request to the token endpoint, as the server saw it; tokens by their fingerprints. */
export interface TokenRequest {
  /** When the server had decided. */
  readonly at: number;
  /** When the client sent it. */
  readonly sentAt: number;
  /** The name of the process that sent it. */
  readonly process: string;
  /** The refresh token; none where somebody signed in. */
  readonly spent: string | undefined;
  readonly grant: string | undefined;
  /** `issued`, or why not. */
  readonly outcome: string;
  readonly accessToken?: string;
  readonly refreshToken?: string;
}

export interface LoggedProvider {
  readonly issuer: string;
  readonly requests: readonly TokenRequest[];
  /** Grants that were revoked, and when. */
  readonly revocations: ReadonlyMap<string, number>;
  /**
   * Called when a refresh token has been rotated, before the answer leaves; what it returns is
   * called when the answer has left.
   */
  onRotation: ((request: TokenRequest) => (() => void) | undefined) | undefined;
  close(): Promise<void>;
}

/** What of oidc-provider's context is read here. */
interface TokenContext {
  readonly res: ServerResponse;
  readonly oidc: {
    readonly params?: { readonly refresh_token?: string };
    readonly entities: { readonly [name: string]: { readonly grantId?: string } | undefined };
  };
  readonly body: { access_token: string; refresh_token: string; expires_in: number };
  get(header: string): string;
}

/**
 * A real provider that rotates refresh tokens, revokes the grant when a spent one comes again, and
 * keeps a log. Its access tokens are good for two seconds; the server itself counts whole seconds
 * and so honours them for two to three.
 */
export async function startLoggedProvider(): Promise<LoggedProvider> {
  const { close, issuer, provider } = await startOpenIdProvider({ accessTokenTtlSeconds: 3 });
  const requests: TokenRequest[] = [];
  const revocations = new Map<string, number>();

  const log = (context: TokenContext, what: Partial<TokenRequest> & { outcome: string }) => {
    const { AuthorizationCode, RefreshToken } = context.oidc.entities;
    const { refresh_token: spent } = context.oidc.params ?? {};
    const request: TokenRequest = {
      at: Date.now(),
      sentAt: Number(context.get('x-sent-at')),
      process: context.get('x-process'),
      spent: spent && fingerprint(spent),
      grant: (RefreshToken ?? AuthorizationCode)?.grantId,
      ...what,
    };
    requests.push(request);
    return request;
  };

  const events = provider as unknown as EventEmitter;
  events.on('grant.success', (context: TokenContext) => {
    const { access_token, refresh_token } = context.body;
    context.body.expires_in = LIFE_MS / 1_000;
    const request = log(context, {
      outcome: 'issued',
      accessToken: fingerprint(access_token),
      refreshToken: fingerprint(refresh_token),
    });
    const hasLeft = request.spent && logged.onRotation?.(request);
    if (hasLeft) context.res.once('finish', hasLeft);
  });
  events.on('grant.error', (context: TokenContext, error: Error & { error_detail?: string }) => {
    log(context, { outcome: error.error_detail ?? error.message });
  });
  events.on('grant.revoked', (_context: TokenContext, grant: string) => {
    revocations.set(grant, Date.now());
  });

  const logged: LoggedProvider = { issuer, requests, revocations, onRotation: undefined, close };
  return logged;
}
