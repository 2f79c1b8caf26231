import {
  type CryptoKeyPair,
  DPoP,
  type DPoPHandle,
  generateKeyPair,
  modifyAssertion,
  type WWWAuthenticateChallenge,
} from 'oauth4webapi';
import { checkFailed, type Subject } from '../checks.ts';
import type { Clock } from '../clock.ts';
import { metadataList, type ServerMetadata } from '../discovery/server-metadata.ts';
import { isRelierError } from '../errors.ts';
import { invalidOption, requireFlag, requireOptions } from '../options.ts';
import { unsupported } from '../protocol-errors.ts';
import { type Capability, capability, type DpopInside } from './capability.ts';
import { isSigningAlgorithm } from './create-client.ts';
import { isLongEnough, signingAlgorithmOf } from './key-algorithm.ts';

/** What {@link dpop} takes. */
export interface DpopOptions {
  /**
   * What the key is made for, where none is given.
   * @default 'ES256'
   */
  readonly algorithm?: 'ES256' | 'ES384' | 'ES512' | 'PS256' | 'Ed25519' | undefined;
  /**
   * The key that tokens are bound to, or a function that gets it, which is asked when it is first
   * needed, and again after it failed. The private half may be non-extractable. Tokens outlive the
   * process only with a key that does.
   * @default a new, non-extractable one
   */
  readonly keyPair?: CryptoKeyPair | (() => CryptoKeyPair | Promise<CryptoKeyPair>) | undefined;
  /**
   * Takes a token that the server did not bind to the key, though it was asked to. A downgrade.
   * @default false
   */
  readonly allowBearer?: boolean | undefined;
  /**
   * Added to the time in proofs, for a server whose clock is known to be off.
   * @default 0
   */
  readonly clockOffsetSeconds?: number | undefined;
}

/** The characters of a nonce (RFC 9449 section 8.1); two headers would be joined by a space. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Binds tokens to a key of this client, so that a stolen token is of no use without it. Proofs go
 * with pushed authorization, token, userinfo and resource requests; a server's nonces are kept by
 * origin and role, and asked-for ones are answered once.
 *
 * @param options `algorithm` or `keyPair`; `allowBearer`, `clockOffsetSeconds`.
 * @returns the value for `createClient({ dpop })`.
 * @throws ConfigurationError `invalid_option`; when used, `unsupported_by_server` where the server
 * lists algorithms without this one
 * @see RFC 9449
 *
 * @example
 * ```ts
 * import { createClient, dpop } from 'relier'
 *
 * createClient({ issuer: 'https://login.example.com', clientId: 'my-app', dpop: dpop() })
 * ```
 */
export function dpop(options: DpopOptions = {}): Capability<'dpop'> {
  requireOptions(options);
  const { algorithm = 'ES256', allowBearer = false, clockOffsetSeconds = 0, keyPair } = options;
  if (!isSigningAlgorithm(algorithm)) throw invalidOption('algorithm', 'is not a supported one');
  if (!Number.isFinite(clockOffsetSeconds)) {
    throw invalidOption('clockOffsetSeconds', 'must be a number');
  }
  requireFlag(allowBearer, 'allowBearer');
  const given =
    typeof keyPair === 'function' || keyPair === undefined ? keyPair : requireKeyPair(keyPair);
  let pair: Promise<CryptoKeyPair> | undefined;
  const keys = () => {
    pair ??= getKeyPair(given ?? (() => generateKeyPair(algorithm))).catch((error) => {
      pair = undefined;
      throw error;
    });
    return pair;
  };
  let thumbprint: string | undefined;
  const handles = new Map<Clock, Map<string, DPoPHandle>>();

  const assertSupported = async (server: ServerMetadata) => {
    const listed = metadataList(server, 'dpop_signing_alg_values_supported');
    const isKnown = listed?.includes(signingAlgorithmOf((await keys()).privateKey)) ?? true;
    if (!isKnown) throw unsupported('dpop_signing_alg_values_supported');
  };

  /** Makes proofs for one role of server, and keeps that role's nonces. */
  const handleOf = async (role: string, clock: Clock) => {
    const key = await keys();
    const ofClock = handles.get(clock) ?? new Map<string, DPoPHandle>();
    handles.set(clock, ofClock);
    let handle = ofClock.get(role);
    if (!handle) {
      handle = DPoP({}, key, {
        [modifyAssertion](_header, payload) {
          payload['iat'] = Math.floor(clock.now() / 1000 + clockOffsetSeconds);
        },
      });
      ofClock.set(role, handle);
    }
    return handle;
  };

  const inside: DpopInside = {
    allowBearer,
    assertSupported,
    async thumbprint() {
      thumbprint ??= await DPoP({}, await keys()).calculateThumbprint();
      return thumbprint;
    },
    async prove({ clock, isUnrepeatable, phase, role, server, subject, trace }, exchange) {
      await assertSupported(server);
      let hasNonce = false;
      const proof = {
        handle: await handleOf(role, clock),
        received(response: Response) {
          const nonce = response.headers.get('dpop-nonce');
          hasNonce = nonce !== null && NONCE.test(nonce);
          return hasNonce || nonce === null ? response : withoutNonce(response, subject);
        },
      };
      try {
        return await exchange(proof);
      } catch (error) {
        if (!hasNonce || !isNonceAsked(error) || isUnrepeatable) throw error;
        await Object(error).response?.body?.cancel();
        // A new proof, a new assertion, and nothing has been used up.
        trace?.({ type: 'retry', phase, reason: 'use_dpop_nonce' });
        return exchange(proof);
      }
    },
  };
  return capability(inside);
}

/** By an error of ours, or by one of an API's challenges. */
function isNonceAsked(thrown: unknown): boolean {
  const { cause, error } = Object(thrown);
  const challenges: Partial<WWWAuthenticateChallenge>[] = [cause ?? []].flat();
  const errors = [error, ...challenges.map(({ parameters }) => parameters?.error)];
  return errors.includes('use_dpop_nonce');
}

/** A nonce that cannot be sent back. */
function withoutNonce(response: Response, subject: Subject): Response {
  if (!response.ok) throw checkFailed(subject, 'dpop_nonce');
  // What was asked for has arrived, and is worth more than the next request's nonce.
  const { body, status } = response;
  const headers = new Headers(response.headers);
  headers.delete('dpop-nonce');
  return new Response(body, { status, headers });
}

async function getKeyPair(
  given: CryptoKeyPair | (() => CryptoKeyPair | Promise<CryptoKeyPair>),
): Promise<CryptoKeyPair> {
  if (typeof given !== 'function') return given;
  try {
    return requireKeyPair(await given());
  } catch (error) {
    // What it says may hold the key.
    throw isRelierError(error) ? error : invalidOption('keyPair', 'threw');
  }
}

function requireKeyPair(pair: CryptoKeyPair): CryptoKeyPair {
  const { privateKey, publicKey } = Object(pair);
  if (
    privateKey?.type !== 'private' ||
    !publicKey?.extractable ||
    !privateKey.usages?.includes('sign') ||
    !isLongEnough(privateKey)
  ) {
    throw invalidOption(
      'keyPair',
      'must be a private key to sign with and its extractable public key',
    );
  }
  return pair;
}
