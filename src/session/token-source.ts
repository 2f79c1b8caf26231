import type { IdTokenClaims } from '../tokens/id-token.ts';
import type { TokenSet } from '../tokens/token-set.ts';

/** What an access token is for; nothing where it is for what was asked for at sign-in. */
export interface TokenTarget {
  /** The resource (RFC 8707). */
  readonly resource?: string | undefined;
  /** A narrower scope, space-separated. */
  readonly scope?: string | undefined;
}

/** A token response as it arrived, before any check: plain JSON, so that it can wait in a store. */
export interface RawAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  /** When it was asked for, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/** What was granted at sign-in, and is renewed. */
export interface Grant {
  readonly scope: string;
  readonly refreshToken?: string | undefined;
  readonly idToken?: string | undefined;
  readonly claims?: IdTokenClaims | undefined;
  readonly keyThumbprint?: string | undefined;
}

/** Where the session engine gets tokens. It decides when; this knows how. */
export interface TokenSource {
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Gets what a refresh and its verification need besides the server's answer, and spends nothing. */
  prepare(grant: Grant): Promise<void>;
  /**
   * Spends the refresh token. `beforeSend` is called in the same turn in which the request leaves;
   * if it throws, nothing was sent. Rejects without an answer of the server, or with its refusal.
   */
  refresh(grant: Grant, target: TokenTarget, beforeSend: () => void): Promise<RawAnswer>;
  /** Checks an answer. Asks for nothing but keys, so it can be done again later. */
  verify(grant: Grant, target: TokenTarget, answer: RawAnswer): Promise<TokenSet>;
  /** Tells the server that a refresh token is no longer needed. */
  revoke(refreshToken: string): Promise<void>;
}

/** What a session asks for when it does not renew by refresh token. */
export interface RenewRequest extends TokenTarget {
  /** Whom the new tokens must be for. */
  readonly claims: IdTokenClaims | undefined;
  /** For `idTokenHint`. */
  readonly idToken: string | undefined;
}

/** Gets new tokens in place of a refresh, for the same person and without one's help. */
export type Renew = (request: RenewRequest) => Promise<TokenSet>;
