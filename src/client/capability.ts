import type { DPoPHandle } from 'oauth4webapi';
import type { Transaction } from '../authorization/transaction.ts';
import type { Subject } from '../checks.ts';
import type { ServerMetadata } from '../discovery/server-metadata.ts';
import { invalidOption } from '../options.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import type { ClientContext } from './create-client.ts';

declare const kind: unique symbol;

/**
 * Something a client can do beyond the basics: an imported value and not a name, so that a bundle
 * holds only what its client was given.
 */
export interface Capability<Kind extends string> {
  /** Tells one capability from another. */
  readonly [kind]: Kind;
}

/** The capabilities that a client can be given. */
export interface CapabilityOptions {
  /** Binds tokens to a key of this client: `dpop()`. */
  readonly dpop?: Capability<'dpop'> | undefined;
  /** Sends authorization requests to the server directly: `par()`. */
  readonly pushedAuthorization?: Capability<'pushedAuthorization'> | undefined;
  /** Signs authorization requests: `jar(key)`. */
  readonly requestObject?: Capability<'requestObject'> | undefined;
  /** Has authorization responses signed, and takes no others: `jarm()`. */
  readonly responseProtection?: Capability<'responseProtection'> | undefined;
  /** Takes ID tokens (and, where allowed, access tokens) in the response: `frontChannel()`. */
  readonly frontChannel?: Capability<'frontChannel'> | undefined;
  /** Reads encrypted tokens and answers: `jwe(keys)`. */
  readonly decryption?: Capability<'decryption'> | undefined;
}

/** What the capabilities are to the code that calls upon them. */
export interface Capabilities {
  readonly dpop?: DpopCapability | undefined;
  readonly pushedAuthorization?: PushedAuthorizationCapability | undefined;
  readonly requestObject?: RequestObjectCapability | undefined;
  readonly responseProtection?: ResponseProtectionCapability | undefined;
  readonly frontChannel?: FrontChannelCapability | undefined;
  readonly decryption?: DecryptionCapability | undefined;
}

/** Sender-constrained tokens (RFC 9449). */
export interface DpopCapability {
  readonly allowBearer: boolean;
  /** Makes proofs for one role of server, and keeps that role's nonces. */
  handle(
    context: ClientContext,
    server: ServerMetadata,
    role: 'authorization' | 'resource',
  ): Promise<DPoPHandle>;
  thumbprint(context: ClientContext): Promise<string>;
  /** Looks at the nonce of an answer; tells whether there is one. */
  hasNonce(subject: Subject, response: Response): boolean;
}

/** Pushed authorization requests (RFC 9126). */
export interface PushedAuthorizationCapability {
  /** The parameters for the browser; `undefined` where the server takes no pushed requests. */
  push(
    context: ClientContext,
    server: ServerMetadata,
    parameters: URLSearchParams,
    signal: AbortSignal | undefined,
  ): Promise<{ requestUri: string; expiresAt: number } | undefined>;
}

/** Signed request objects (RFC 9101). */
export interface RequestObjectCapability {
  seal(
    context: ClientContext,
    server: ServerMetadata,
    parameters: URLSearchParams,
  ): Promise<string>;
}

/** Signed authorization responses (JARM). */
export interface ResponseProtectionCapability {
  open(
    context: ClientContext,
    server: ServerMetadata,
    parameters: URLSearchParams,
    signal: AbortSignal | undefined,
  ): Promise<URLSearchParams>;
}

/** Tokens in the authorization response (OpenID Connect Core 1.0 sections 3.2 and 3.3). */
export interface FrontChannelCapability {
  verify(
    context: ClientContext,
    server: ServerMetadata,
    transaction: Transaction,
    parameters: URLSearchParams,
    signal: AbortSignal | undefined,
  ): Promise<TokenSet>;
}

/** Encrypted tokens and answers (RFC 7516). */
export interface DecryptionCapability {
  decrypt(jwe: string): Promise<string>;
}

/** Hides a capability's inside from its owner. */
export function capability<Kind extends string>(inside: object): Capability<Kind> {
  return inside as Capability<Kind>;
}

/** The insides of what a client was given; `dpop` where `dpop()` was meant is worth a word. */
export function capabilitiesOf(options: CapabilityOptions): Capabilities {
  const names = [
    'dpop',
    'pushedAuthorization',
    'requestObject',
    'responseProtection',
    'frontChannel',
    'decryption',
  ] as const;
  const given = names.map((name) => {
    const value = options[name];
    if (value !== undefined && typeof value !== 'object') {
      throw invalidOption(name, 'must be what the function of that purpose returns');
    }
    return [name, value];
  });
  return Object.fromEntries(given) as Capabilities;
}
