import type { DPoPHandle } from 'oauth4webapi';
import type { Subject } from '../checks.ts';
import type { Clock } from '../clock.ts';
import type { ServerMetadata } from '../discovery/server-metadata.ts';
import type { ErrorPhase } from '../errors.ts';
import { invalidOption } from '../options.ts';
import type { Trace } from '../trace.ts';

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

/** What a client was given, seen from inside. */
export interface Capabilities {
  readonly dpop?: DpopInside | undefined;
  readonly decryption?: DecryptionInside | undefined;
  // The layer that calls upon these says what they are.
  readonly pushedAuthorization?: object | undefined;
  readonly requestObject?: object | undefined;
  readonly responseProtection?: object | undefined;
  readonly frontChannel?: object | undefined;
}

/** Tokens that are bound to a key (RFC 9449). */
export interface DpopInside {
  readonly allowBearer: boolean;
  /** Rejects where the server cannot take proofs with the key. */
  assertSupported(server: ServerMetadata): Promise<void>;
  thumbprint(): Promise<string>;
  /**
   * Runs an exchange with proofs; and once more if all it lacked was the nonce that its answer
   * brought (section 8).
   */
  prove<T>(call: ProvenCall, exchange: (proof: Proof) => Promise<T>): Promise<T>;
}

/** Whom a key is proved to, and in which exchange. */
export interface ProvenCall {
  readonly server: ServerMetadata;
  /** Servers of each kind have nonces of their own. */
  readonly role: 'authorization' | 'resource';
  readonly subject: Subject;
  readonly phase: ErrorPhase;
  readonly clock: Clock;
  readonly trace: Trace | undefined;
  /** The body of the request can be sent but once. */
  readonly isUnrepeatable?: boolean;
}

/** What one request proves the key with. */
export interface Proof {
  readonly handle: DPoPHandle;
  /** Takes note of an answer's nonce; returns the answer without one that cannot be used. */
  received(response: Response): Response;
}

/** Encrypted tokens and answers (RFC 7516). */
export interface DecryptionInside {
  decrypt(jwe: string): Promise<string>;
}

/** Hides a capability's inside from its owner. */
export function capability<Kind extends string>(inside: object): Capability<Kind> {
  return inside as Capability<Kind>;
}

/** What each capability can be told by. */
const METHODS = {
  dpop: 'prove',
  pushedAuthorization: 'push',
  requestObject: 'seal',
  responseProtection: 'open',
  frontChannel: 'verify',
  decryption: 'decrypt',
} as const;

/** The insides of what a client was given; `dpop` where `dpop()` was meant is worth a word. */
export function capabilitiesOf(options: CapabilityOptions): Capabilities {
  const given = Object.entries(METHODS).map(([name, method]) => {
    const value = options[name as keyof CapabilityOptions];
    if (value !== undefined && typeof Object(value)[method] !== 'function') {
      throw invalidOption(name, 'must be what the function of that purpose returns');
    }
    return [name, value];
  });
  return Object.fromEntries(given) as Capabilities;
}
