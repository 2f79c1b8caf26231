import { invalidOption } from '../options.ts';

/** Private members of RSA, elliptic-curve and symmetric keys (RFC 7518 section 6). */
const PRIVATE_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

/** A private key is refused before it leaves. */
export function requirePublicKey(jwk: unknown, option: string): void {
  if (PRIVATE_MEMBERS.some((member) => member in Object(jwk))) {
    throw invalidOption(option, 'must be public');
  }
}
