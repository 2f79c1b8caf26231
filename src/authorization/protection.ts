import type { ClientContext } from '../client/create-client.ts';
import type { ServerMetadata } from '../discovery/server-metadata.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import type { ResponseMode, ResponseType, Transaction } from './transaction.ts';

/** Pushed authorization requests (RFC 9126). */
export interface PushedAuthorization {
  /** What the browser carries instead; `undefined` where the server takes no pushed requests. */
  push(
    context: ClientContext,
    server: ServerMetadata,
    parameters: URLSearchParams,
    signal: AbortSignal | undefined,
  ): Promise<{ requestUri: string; expiresAt: number } | undefined>;
}

/** Signed requests (RFC 9101). */
export interface RequestObject {
  /** What the browser carries instead. */
  seal(
    context: ClientContext,
    server: ServerMetadata,
    parameters: URLSearchParams,
  ): Promise<URLSearchParams>;
}

/** Signed responses (JARM). */
export interface ResponseProtection {
  /** Refuses what cannot be protected; returns the wire's `response_mode`. */
  wireMode(responseType: ResponseType, responseMode: ResponseMode | undefined): string;
  open(
    context: ClientContext,
    parameters: URLSearchParams,
    signal: AbortSignal | undefined,
  ): Promise<URLSearchParams>;
}

/** Tokens in the response (OpenID Connect Core 1.0 sections 3.2 and 3.3). */
export interface FrontChannel {
  /** Refuses to ask for tokens that should not come so. */
  assertAsked(
    context: ClientContext,
    responseType: ResponseType,
    scope: string,
    allowImplicit: boolean | undefined,
  ): void;
  verify(
    context: ClientContext,
    server: ServerMetadata,
    transaction: Transaction,
    parameters: URLSearchParams,
    signal: AbortSignal | undefined,
  ): Promise<TokenSet>;
}

interface Protection {
  readonly pushedAuthorization?: PushedAuthorization;
  readonly requestObject?: RequestObject;
  readonly responseProtection?: ResponseProtection;
  readonly frontChannel?: FrontChannel;
}

/** The capabilities that authorization requests and responses call upon. */
export function protectionOf(context: ClientContext): Protection {
  return context as Protection;
}
