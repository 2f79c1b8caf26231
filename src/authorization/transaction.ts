import type { ClientContext } from '../client/create-client.ts';
import { ConfigurationError } from '../errors.ts';
import { parseUrl } from '../secure-url.ts';

declare const made: unique symbol;

/** What a response may hold (OAuth 2.0 Multiple Response Type Encoding Practices). */
export type ResponseType =
  | 'code'
  | 'id_token'
  | 'token'
  | 'id_token token'
  | 'code id_token'
  | 'code token'
  | 'code id_token token';

/** How a provider sends its answer back. */
export type ResponseMode = 'query' | 'fragment' | 'form_post' | 'web_message' | 'okta_post_message';

/** Where a response stands, whatever the wire calls its mode. */
export type ResponsePlace = 'query' | 'fragment' | 'form_post' | 'message';

/**
 * One sign-in between its request and its response: plain JSON, made by
 * `createAuthorizationRequest`. Keep it where only the browser that started the sign-in can bring
 * it back from (a session behind an HttpOnly cookie, or this tab), under its `state`, and take it
 * out once: it holds the `codeVerifier`.
 */
export interface Transaction {
  /** Only `createAuthorizationRequest` makes these. */
  readonly [made]: true;
  /** The shape of this record. */
  readonly version: 1;
  /** The issuer the sign-in was started at (RFC 9207). */
  readonly issuer: string;
  /** The client it was started for. */
  readonly clientId: string;
  /** Where the response must arrive. */
  readonly redirectUri: string;
  /** What the response must hold. */
  readonly responseType: ResponseType;
  /** Where the response must stand. */
  readonly responsePlace: ResponsePlace;
  /** The scope that was asked for. */
  readonly scope: string;
  /** Where to find this transaction again: the response repeats it. */
  readonly state: string;
  /** What ties the ID token to this sign-in. */
  readonly nonce: string;
  /** What ties the code to this sign-in (RFC 7636). A secret. */
  readonly codeVerifier: string;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
  /** How old the person's authentication may be, in seconds. */
  readonly maxAge?: number;
  /** The values of `acr` that were asked for as essential; empty for any. */
  readonly acr?: readonly string[];
  /** The resources that were asked for (RFC 8707). */
  readonly resource?: readonly string[];
  /** Whatever the application wants back when the sign-in is done. */
  readonly appState?: unknown;
}

/** Whether an ID token was asked for (OpenID Connect Core 1.0 section 3.1.2.1). */
export function isOpenId(scope: string): boolean {
  return scope.split(' ').includes('openid');
}

/** How long a person may take to sign in. */
export const TRANSACTION_LIFETIME_MS = 900_000;

/** Every combination that is one. */
export const RESPONSE_TYPE = /^(?:code|(?:code )?id_token(?: token)?|(?:code )?token)$/;

const TEXTS = ['redirectUri', 'scope', 'state', 'nonce', 'codeVerifier'] as const;

/** Refuses what `createAuthorizationRequest` of this client did not make. */
export function assertTransaction(
  value: unknown,
  { clientId, issuer }: ClientContext,
): asserts value is Transaction {
  const transaction = Object(value);
  if (
    transaction.version !== 1 ||
    transaction.issuer !== issuer ||
    transaction.clientId !== clientId ||
    !(transaction.createdAt > 0) ||
    !RESPONSE_TYPE.test(transaction.responseType) ||
    !/^(?:query|fragment|form_post|message)$/.test(transaction.responsePlace) ||
    !parseUrl(transaction.redirectUri) ||
    !(transaction.maxAge === undefined || transaction.maxAge >= 0) ||
    !['acr', 'resource'].every((name) => Array.isArray(transaction[name] ?? [])) ||
    TEXTS.some((name) => typeof transaction[name] !== 'string' || !transaction[name])
  ) {
    throw new ConfigurationError(
      'The transaction was not made by createAuthorizationRequest for this client.',
      'invalid_transaction',
      'transaction',
    );
  }
}
